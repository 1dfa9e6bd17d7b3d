"""What the model answers for the sampled rows, output by output, in the form that the charts need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl.data import Preprocessing
from nnctl.data.dataset import Split, Target
from nnctl.data.preprocessing.targets import TargetCoder
from nnctl.nn.losses import Loss
from nnctl.reports.findings.document import Kind
from nnctl.training.batching import cast
from nnctl.training.evaluation import boundary
from nnctl.training.model import Model
from nnctl.training.model_metrics import target_names
from nnctl.training.prediction import probabilities

Array = np.ndarray


@dataclass(frozen=True)
class Answers:
    """One output's targets and predictions.

    name: of the target's column, or of the output. y, p: (rows, ...), as the loss takes them. mask: (rows, steps),
    which time steps are no padding, or None. losses: (rows,) the loss of each row. rebuilds: the target is the model's
    input.
    """

    name: str
    output: str
    kind: Kind
    target: Target
    coder: TargetCoder
    loss: Loss
    y: Array
    p: Array
    mask: Array | None
    losses: Array
    logits: bool
    rebuilds: bool = False

    def flat(self) -> tuple[Array, Array, Array]:
        """(y, p, place): targets and predictions of all time steps but padding, or of all positions of a picture,
        (n, ...), and the row of each."""
        place = np.arange(len(self.p))
        y, p = self.y, self.p
        if self.target.labels == "integer":
            y = y.reshape(p.shape[:-1])
        if p.ndim < 3:
            return y, p, place
        positions = p.shape[:-1]
        if y.shape[: len(positions)] != positions:
            return y.reshape(len(y), -1), p.reshape(len(p), -1), place
        real = np.ones(positions, bool)
        if self.mask is not None and self.mask.shape == positions[:2]:
            real &= self.mask.reshape(positions[:2] + (1,) * (len(positions) - 2))
        return y[real], p[real], np.broadcast_to(place.reshape(-1, *(1,) * (len(positions) - 1)), positions)[real]

    def class_answers(self) -> tuple[Array, Array, Array | None, Array]:
        """(actual, predicted, probabilities, place) of a target with classes: (n,) class numbers, (n, classes)
        probabilities or None for margins, and the row of each."""
        y, p, place = self.flat()
        shown = None if self.loss.margins else probabilities(p, self.loss)
        if self.target.labels == "binary":
            actual, predicted = y.reshape(len(y)) > 0.5, p.reshape(len(p)) > boundary(self.loss)
            if shown is not None:
                yes = shown.reshape(len(shown), 1)
                shown = np.concatenate([1 - yes, yes], axis=1)
            return actual.astype(int), predicted.astype(int), shown, place
        actual = y.argmax(axis=-1) if self.target.labels == "onehot" else y
        return actual.astype(int), p.argmax(axis=-1), shown, place

    def scores(self) -> Array:
        """(n, classes) numbers that are larger the surer the model is of a class, of any target with classes."""
        _, p, _ = self.flat()
        if self.target.labels == "binary":
            return np.concatenate([-p.reshape(len(p), 1), p.reshape(len(p), 1)], axis=1)
        return probabilities(p, self.loss) if not self.loss.margins else p


def answers_of(model: Model, preprocessing: Preprocessing, split: Split) -> tuple[dict[str, float], list[Answers]]:
    """The metrics on the rows, and the answers of each output."""
    rows = cast(split, model.program.dtype)
    metrics, outputs, masks = model.evaluate(rows)
    targets = {name: coder.target for name, coder in preprocessing.targets.items()}
    names = target_names(targets)
    found = []
    for output, coder in preprocessing.targets.items():
        loss, target = model.spec.losses[output], targets[output]
        y, p, mask = np.asarray(rows.targets[output]), outputs[output], masks.get(output)
        inputs = [entry.array for entry in preprocessing.array_inputs.values()]
        rebuilds = len(coder.columns) == 1 and coder.columns[0] in inputs
        kind: Kind = "other" if rebuilds else kind_of(target, y)
        found.append(Answers(
            names[output], output, kind, target, coder, loss, y, p, mask,
            row_losses(loss, y, p, mask, model.gives_logits(output)), model.gives_logits(output), rebuilds,
        ))  # fmt: skip
    return metrics, found


def kind_of(target: Target, y: Array) -> Kind:
    """What is predicted."""
    if target.labels == "sequence":
        return "ctc"
    if target.classes:
        return "binary" if len(target.classes) == 2 else "classification"
    if target.labels == "binary" and not target.soft and not np.any((y > 0) & (y < 1)):
        return "multilabel"
    return "regression" if target.labels in ("number", "binary") else "other"


def row_losses(loss: Loss, y: Array, p: Array, mask: Array | None, logits: bool) -> Array:
    """(rows,) the loss of each row: of time steps, the mean over those that are no padding."""
    forward: Callable[..., tuple[Array, Any]] = loss.forward
    if loss.wants_lengths:
        z = p if logits else np.log(np.maximum(p, np.finfo(p.dtype).tiny))
        each = forward(y, z, None if mask is None else np.count_nonzero(mask, axis=1))[0]
    else:
        each = forward(y, p)[0]
    each = np.asarray(each, np.float64)
    if mask is not None and each.shape[:2] == mask.shape:
        per_step = each.reshape(*mask.shape, -1).mean(axis=2)
        return np.asarray((per_step * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1))
    return np.asarray(each.reshape(len(each), -1).mean(axis=1))
