"""A config's training as a PyTorch script: build, train with validation, evaluate, save. Timed as a whole process.

    python script_torch.py FOLDER EPOCHS

Eager, with fused Adam; the arrays are ready (see prepare.py). Ends with 3 where PyTorch has no form of the config.
"""

import sys

import torch
from rows import model_of, parts_of
from torch_metrics import METRICS
from torch_model import Graph, NotExpressed, loss_of, optimizer_of, tensors

EVALUATED = 1024  # rows at once where nothing is trained


class Figures:
    """The running loss and metrics of a pass over the data."""

    def __init__(self, description: dict):
        kinds = [[kind for kind, _ in given if kind in METRICS] for given in description["metrics"]]
        self.metrics = [[METRICS[kind]() for kind in given] for given in kinds]
        self.loss, self.rows = 0.0, 0

    def add(self, y, outputs, loss) -> None:
        self.loss += loss.item() * len(y[0])
        self.rows += len(y[0])
        with torch.no_grad():
            for metrics, target, output in zip(self.metrics, y, outputs, strict=True):
                for metric in metrics:
                    metric.add(target, output)

    def results(self) -> list[float]:
        return [self.loss / max(1, self.rows), *(metric.result() for given in self.metrics for metric in given)]


class Training:
    def __init__(self, description: dict):
        self.description = description
        self.model = Graph(description)
        self.losses = [loss_of(*loss) for loss in description["losses"]]
        self.optimizer, self.schedule = optimizer_of(description, self.model.parameters())
        given = description["optimizer"][1]
        self.clip = given.get("clipnorm") or given.get("global_clipnorm")

    def loss(self, outputs, y, lengths, weights=None):
        total = 0.0
        for function, factor, output, target, name in zip(
            self.losses, self.description["loss_weights"], outputs, y, self.description["output_lengths"], strict=True
        ):
            counted = lengths.get(name)
            if weights is None:
                found = function(output, target, counted, True)
            else:
                found = (function(output, target, counted, False) * weights).mean()
            total = total + (found if factor == 1 else factor * found)
        for rate, weight in self.model.regularized:
            total = total + rate * weight.square().sum()
        return total

    def epoch(self, data) -> list[float]:
        x, y, lengths, weights = data
        figures, batch = Figures(self.description), self.description["batch"]
        self.model.train()
        order = torch.randperm(len(x[0]))
        for rows in order.split(batch):
            yb = [a[rows] for a in y]
            counted = {name: a[rows] for name, a in lengths.items()}
            self.optimizer.zero_grad()
            outputs = self.model([a[rows] for a in x], counted)
            loss = self.loss(outputs, yb, counted, None if weights is None else weights[rows])
            loss.backward()
            if self.clip:  # over all weights at once, PyTorch's ready form; Keras clips each weight by itself
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            if self.schedule:
                self.schedule.step()
            figures.add(yb, outputs, loss)
        return figures.results()

    def evaluate(self, data) -> list[float]:
        x, y, lengths, _ = data
        figures = Figures(self.description)
        self.model.eval()
        with torch.no_grad():
            for first in range(0, len(x[0]), EVALUATED):
                rows = slice(first, first + EVALUATED)
                yb = [a[rows] for a in y]
                counted = {name: a[rows] for name, a in lengths.items()}
                outputs = self.model([a[rows] for a in x], counted)
                figures.add(yb, outputs, self.loss(outputs, yb, counted))
        return figures.results()


def main(folder: str, epochs: int) -> None:
    torch.manual_seed(0)
    description = model_of(folder)
    training = Training(description)
    parts = {name: tensors(part) for name, part in parts_of(folder, description).items()}
    for _ in range(epochs):
        training.epoch(parts["train"])
        if "validation" in parts:
            training.evaluate(parts["validation"])
    if "test" in parts:
        print(training.evaluate(parts["test"]))
    torch.save(training.model.state_dict(), f"{folder}/saved.pt")


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except NotExpressed as error:
        print(error, file=sys.stderr)
        sys.exit(3)
