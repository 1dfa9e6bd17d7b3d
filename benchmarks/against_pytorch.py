"""The torch engine against a training loop written by hand in PyTorch, in one process, in turns epoch by epoch.

    python benchmarks/against_pytorch.py mlp cnn --epochs 20

A machine's speed changes from minute to minute; two loops that take turns every second change together. The
hand-written loop is that of workers/in_torch.py with fused Adam, in the default memory format and with channels last;
nnctl's has its metrics, logs, guard and checkpoints. Both compute on one thread. Needs PyTorch beside nnctl.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import processes
from workloads import WORKLOADS

sys.path[:0] = [str(processes.ROOT), str(processes.HERE / "workers")]

import torch  # noqa: E402
from rows import model_of, parts_of  # noqa: E402
from torch_model import Graph, loss_of, optimizer_of, tensors  # noqa: E402

from nnctl import config  # noqa: E402
from nnctl.training import runner  # noqa: E402
from nnctl.training.events import EpochEnded, Event  # noqa: E402


class HandWritten:
    """One epoch of the loop of workers/in_torch.py."""

    def __init__(self, description: dict, folder: str, channels_last: bool):
        [self.x], [self.y], lengths, _ = tensors(parts_of(folder, description)["train"], channels_last)
        self.model = Graph(description)
        if channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        self.loss = loss_of(*description["losses"][0])
        self.optimizer, _ = optimizer_of(description, self.model.parameters(), fused=True)
        self.batch, self.lengths = description["batch"], lengths

    def epoch(self) -> None:
        total, correct = 0.0, 0
        for chosen in torch.randperm(len(self.x)).split(self.batch):
            xb, yb = self.x[chosen], self.y[chosen]
            counted = {name: a[chosen] for name, a in self.lengths.items()}
            self.optimizer.zero_grad()
            [out] = self.model([xb], counted)
            loss = self.loss(out, yb, next(iter(counted.values()), None), True)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(chosen)
            if self.y.ndim == 1:
                correct += (out.argmax(1) == yb).sum().item()


def measured(name: str, epochs: int, channels_last: bool) -> tuple[float, float, float]:
    """Milliseconds of an iteration of the torch engine and of the hand-written loop, and the median of the ratios."""
    workload = WORKLOADS[name]
    per_epoch, turn = workload.rows // workload.batch, max(1, workload.repeats // 2)
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        made = processes.prepare("workload", name, folder)
        if made.rc:
            raise SystemExit(f"{name}: {made.said}")
        by_hand = HandWritten(model_of(folder), folder, channels_last)
        began, ended = 0.0, 0

        def take_turns(event: Event) -> None:
            nonlocal began, ended
            if not isinstance(event, EpochEnded):
                return
            ended += 1
            if ended % turn:
                return
            now = time.perf_counter()
            if ended > turn:  # the first turn warms up
                ours.append(now - began)
            for _ in range(turn):
                by_hand.epoch()
            if ended > turn:
                theirs.append(time.perf_counter() - now)
            began = time.perf_counter()

        overrides = [f"epochs={(epochs + 1) * turn}", "engine.threads=1", "engine.backend=torch"]
        runner.train(config.load(f"{folder}/config.json", overrides), folder=Path(folder, "run"),
                     subscribers=[take_turns])  # fmt: skip
    iteration = turn * per_epoch / 1000
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    return statistics.median(ours) / iteration, statistics.median(theirs) / iteration, statistics.median(ratios)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="+", choices=list(WORKLOADS), metavar="WORKLOAD")
    parser.add_argument("--epochs", type=int, default=20, help="turns of each loop that are counted")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| model, batch | torch engine, ms | by hand, ms | by hand / torch engine |")
    print("| --- | ---: | ---: | ---: |")
    for name in arguments.workload:
        workload = WORKLOADS[name]
        forms = (False, True) if len(workload.shape) == 3 else (False,)
        # the faster form of the hand-written loop counts
        ms, by_hand, ratio = min((measured(name, arguments.epochs, form) for form in forms), key=lambda found: found[2])
        print(f"| {workload.label} | {ms:.3g} | {by_hand:.3g} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
