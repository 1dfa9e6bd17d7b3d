"""What `predict` answers: predictions in the data's own words, a column for each thing said about a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.activations import activations
from nnctl.decoding import Reading, decode
from nnctl.losses import Loss
from nnctl.training.evaluation import boundary
from nnctl.training.folder import model_of
from nnctl.training.model import Model, cast
from nnctl.training.refusals import check_inputs, check_reading
from nnctl.training.saved import load_model

Array = np.ndarray


@dataclass(frozen=True)
class Predictions:
    """Columns by name, all of one length, in the order they are to be written."""

    columns: Mapping[str, Array]


def predict(run: Path, source: str, *, reading: Reading | None = None) -> Predictions:
    """Predictions, in the data's own words, for each row of raw files."""
    model, preprocessing = load_model(model_of(run))
    if reading:
        check_reading(model.spec, run)
    part, _ = preprocessing.apply(source, with_targets=False)
    check_inputs(model.graph, {"given": part})
    with model.executor:
        outputs, masks = model.predict(cast(part, model.program.dtype))
    columns: dict[str, Array] = {}
    if part.names is not None:  # of image files, or the ids of sequences
        sequence = preprocessing.dataset.sequence
        columns[sequence.id if sequence else "file"] = part.names
    for name, p in outputs.items():
        answer = _Answer(model, preprocessing.targets[name], name, p, masks.get(name))
        prefix = f"{name}_" if len(outputs) > 1 else ""
        if answer.coder.labels == "sequence":
            columns |= answer.text(prefix, reading or Reading())
        elif answer.coder.classes:
            columns |= answer.classes(prefix)
        else:
            columns |= answer.numbers(prefix)
    return Predictions(columns)


@dataclass(frozen=True)
class _Answer:
    """One output's predictions as columns. p (rows, ...), or (rows, steps, ...); mask (rows, steps) or None."""

    model: Model
    coder: Any  # nnctl.data's TargetCoder
    name: str
    p: Array
    mask: Array | None

    @property
    def loss(self) -> Loss:
        return self.model.spec.losses[self.name]

    @property
    def column(self) -> str:
        return self.coder.columns[0] if len(self.coder.columns) == 1 else self.name

    def text(self, prefix: str, reading: Reading) -> dict[str, Array]:
        """What is read, and the probability of it: of all paths that read so."""
        lengths = None if self.mask is None else np.count_nonzero(self.mask, axis=1)
        logits = self.model.gives_logits(self.name)
        width = {"width": reading.width} if reading.width else {}
        labels = decode(self.p, lengths, reading.way, **width, logits=logits)
        z = self.p if logits else np.log(np.maximum(self.p, np.finfo(self.p.dtype).tiny))
        cost, _ = self.loss.forward(labels, z, lengths)
        return {self.column: self.coder.decode(labels), f"{prefix}probability": np.exp(-cost)}

    def classes(self, prefix: str) -> dict[str, Array]:
        """The class, and the probability of each; in steps, each step's class and its probability."""
        binary = self.coder.labels == "binary"
        p = probabilities(self.p, self.loss)
        sure = (self.p > boundary(self.loss)).astype(self.p.dtype) if binary else self.p
        if binary and p.shape[-1] == 1 and not self.loss.margins:
            p = np.concatenate([1 - p, p], axis=-1)
        if self.p.ndim == 2:
            shares = {} if self.loss.margins else {
                f"{prefix}probability_{word}": p[:, i] for i, word in enumerate(self.coder.classes)
            }  # fmt: skip
            return {self.column: self.coder.decode(sure)} | shares
        steps = self.p.shape[1]
        flat = self.coder.decode(sure.reshape(-1, sure.shape[-1]))
        columns = self._by_step(self.column, flat.reshape(len(self.p), steps))
        if not self.loss.margins:
            columns |= self._by_step(f"{prefix}probability", p.max(axis=-1))
        return columns

    def numbers(self, prefix: str) -> dict[str, Array]:
        """The numbers; of yes-or-no answers, 0 or 1, and the probability of 1."""
        rows = len(self.p)
        binary = self.coder.labels == "binary" and not self.coder.gives_fractions
        p = probabilities(self.p, self.loss)  # of a fraction from 0 to 1 too
        said = self.coder.decode((self.p > boundary(self.loss)).astype(p.dtype) if binary else p)
        said = said.reshape(rows, -1)
        one_each = len(self.coder.columns) == said.shape[1]
        names = self.coder.columns if one_each else [f"{self.coder.columns[0]}_{i}" for i in range(said.shape[1])]
        columns = dict(zip(names, self._real(said).T, strict=True))
        if binary and not self.loss.margins:
            p = self._real(p.reshape(rows, -1))
            columns |= {f"{prefix}probability_{name}": p[:, i] for i, name in enumerate(names)}
        return columns

    def _by_step(self, name: str, values: Array) -> dict[str, Array]:
        """A column for each time step, from (rows, steps)."""
        return {f"{name}_{step}": column for step, column in enumerate(self._real(values).T)}

    def _real(self, values: Array) -> Array:
        """(rows, steps * units) with nothing where a step is padding: NaN in numbers with a fraction, else None."""
        if self.mask is None or self.mask.all() or values.shape[1] % self.mask.shape[1]:
            return values
        padding = np.repeat(~self.mask, values.shape[1] // self.mask.shape[1], axis=1)
        values = values.copy() if values.dtype.kind == "f" else values.astype(object)
        values[padding] = np.nan if values.dtype.kind == "f" else None
        return values


def probabilities(p: Array, loss: Loss) -> Array:
    """What a model gives, as probabilities: of logits their sigmoid or softmax; of classes' values that do not sum to 1
    (sigmoids, where the loss divides by the sum) their shares of it."""
    if getattr(loss, "from_logits", False):
        return activations.build("sigmoid" if loss.labels == "binary" else "softmax").value(p)
    if not loss.normalizes:
        return p
    total = p.sum(axis=-1, keepdims=True)
    shares = np.divide(p, total, out=np.full_like(p, 1 / p.shape[-1]), where=total > 0)
    return np.where(np.abs(total - 1) < 1e-4, p, shares)  # softmax' own as they are
