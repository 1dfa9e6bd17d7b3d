"""What the command predict calls: predictions as columns, in the classes and units of the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnctl.data import Preprocessing
from nnctl.data.kept_columns import kept_columns
from nnctl.data.named_arrays import Arrays
from nnctl.data.prediction_rows import Given
from nnctl.data.preprocessing.sequence_tables import LongTable
from nnctl.data.readers.text_files import are_texts, text_names
from nnctl.data.table import Table, row_list
from nnctl.nn.activations import Activation, activations
from nnctl.nn.losses import Loss
from nnctl.nn.losses.base import probability_activation
from nnctl.nn.losses.ctc_decoding import Reading, decode
from nnctl.training.batching import cast
from nnctl.training.best_or_last import Kept
from nnctl.training.checks.inputs import check_inputs
from nnctl.training.evaluation import boundary
from nnctl.training.model import Model

Array = np.ndarray

PROBABILITY = "probability"  # the role of a column
ROW = "row"  # the name of the column with the row's number


@dataclass(frozen=True)
class Predictions:
    """What `predict` returns.

    columns: by name, all of one length, in the order they are written. roles: what each column is: "row" (which row it
    is), "kept" (of the input), "answer" or "probability". shares: by answer, the columns of its classes' probabilities.
    notes: a line for everything that was done to the input. trained_on: the files that the model was trained on. kept:
    the weights that were used.
    """

    columns: Mapping[str, Array]
    roles: Mapping[str, str]
    shares: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    trained_on: tuple[str, ...] = ()
    kept: Kept | None = None


@dataclass(frozen=True)
class OutputColumns:
    """The predictions of one output: its columns; and the numbers of the rows, as a message lists them, whose
    predictions are not finite."""

    column: str
    columns: tuple[PredictionColumn, ...]
    not_finite: str = ""

    def of_role(self, role: str) -> list[Array]:
        return [each.column for each in self.columns if each.role == role]


def predict_rows(model: Model, preprocessing: Preprocessing, given: Given,
                 reading: Reading | None = None) -> dict[str, OutputColumns]:  # fmt: skip
    """The predictions for rows, by output. Raises InputError for rows that do not fit the model."""
    check_inputs(model.graph, {"given": given.split})
    outputs, masks = model.predict(cast(given.split, model.program.dtype))
    found = {}
    for name, p in outputs.items():
        answer = _Answer(model, preprocessing.targets[name], name, p, masks.get(name))
        prefix = f"{name}_" if len(outputs) > 1 else ""
        if answer.coder.labels == "sequence":
            columns = answer.text(prefix, reading or Reading())
        elif answer.coder.classes:
            columns = answer.classes(prefix)
        else:
            columns = answer.numbers(prefix)
        bad = _not_finite(p, masks.get(name))
        listed = row_list(bad, numbers=given.split.names) if bad.any() else ""
        found[name] = OutputColumns(answer.column, tuple(columns), listed)
    return found


def side_by_side(model: Model, preprocessing: Preprocessing, given: Given, outputs: Mapping[str, OutputColumns],
                 source: str, keep: Sequence[str] = ()) -> Predictions:  # fmt: skip
    """The predictions of all outputs as the columns of one table.

    If the order does not tell which row is which, a column does: the file of an image or a text, the id of a sequence,
    or the row's number in the file if rows are left out or reordered. source: the files. keep: columns of them to
    include, or ("all",).
    """
    notes = list(given.notes)
    named = _names(preprocessing, given)
    kept = kept_columns(given, source, keep, notes, preprocessing.dataset.encoding) if keep else {}
    notes += [f"predictions of {each.column} are not finite in {each.not_finite}"
              for each in outputs.values() if each.not_finite]  # fmt: skip
    predicted = [column for each in outputs.values() for column in each.columns]
    dataset = preprocessing.dataset
    trained_on = (*(dataset.path or ()), *(dataset.validation_path or ()), *(dataset.test_path or ()))
    columns, roles, names = _side_by_side(named, kept, predicted, notes)
    shares: dict[str, tuple[str, ...]] = {}
    for each, name in zip(predicted, names, strict=True):
        if each.of is not None:
            whose = next(name for other, name in zip(predicted, names, strict=True) if other is each.of)
            shares[whose] = (*shares.get(whose, ()), name)
    return Predictions(columns, roles, shares, tuple(notes), trained_on, model.kept)


def _not_finite(p: Array, mask: Array | None) -> Array:
    """(rows,) bool: whether a prediction, of a time step that is not padding, is NaN or infinite."""
    wrong = ~np.isfinite(p)
    if mask is not None and mask.shape == p.shape[:2]:
        wrong &= mask.reshape(mask.shape + (1,) * (p.ndim - 2))
    rows: Array = wrong.reshape(len(p), -1).any(axis=1)
    return rows


def _names(preprocessing: Preprocessing, given: Given) -> dict[str, Array]:
    """The column that tells which row is which; none if the rows are exactly those of the file."""
    names = given.split.names
    if names is not None and isinstance(given.rows, LongTable):
        return {preprocessing.dataset.sequence.id: names}
    if names is not None and isinstance(given.rows, Arrays) and given.rows.names:
        return {"file": names}
    if isinstance(given.rows, Table) and are_texts(given.rows):
        return {"file": np.array(text_names(given.rows))}
    return {} if given.in_order or given.numbers is None else {ROW: given.numbers}


def _side_by_side(named: Mapping[str, Array], kept: Mapping[str, Array], predicted: Sequence[PredictionColumn],
                  notes: list[str]) -> tuple[dict[str, Array], dict[str, str], list[str]]:  # fmt: skip
    """All columns by name (which row it is, kept ones, predictions), their roles, and the names of the predictions.

    If two columns have the same name, the answer keeps it, else the probability, else the column that tells which row
    it is; a kept column is renamed, with a note.
    """
    answers: dict[str, PredictionColumn] = {}
    for each in sorted(predicted, key=lambda each: each.role):  # "answer" comes before "probability"
        answers[_unused(each.name, answers, "_{}")] = each
    names = {id(each): name for name, each in answers.items()}
    columns, roles = {}, {}
    for name, column in named.items():
        new = _unused(name, answers, "_number", "_number_{}")
        columns[new], roles[new] = column, "row"
    for name, column in kept.items():
        if name in named and name != ROW:  # the id of a sequence or the file of an image: it is there
            continue
        new = _unused(name, {*answers, *columns}, "_input", "_input_{}")
        if new != name:
            notes.append(
                f'the input\'s column "{name}" is written as "{new}", because the predictions have a column "{name}"'
            )
        columns[new], roles[new] = column, "kept"
    for each in predicted:
        columns[names[id(each)]], roles[names[id(each)]] = each.column, each.role
    return columns, roles, [names[id(each)] for each in predicted]


def _unused(name: str, taken: Container[str], *endings: str) -> str:
    """The name, with the first ending that makes it one that is not taken; {} in an ending counts from 1."""
    candidates = [name, *(name + ending.format(n) for ending in endings for n in range(1, 1000))]
    return next(candidate for candidate in candidates if candidate not in taken)


@dataclass(frozen=True, eq=False)
class PredictionColumn:
    """A column of an output's predictions.

    role: "answer" or "probability". of: of a class's probability, the column with the classes, or None.
    """

    name: str
    column: Array
    role: str = "answer"
    of: PredictionColumn | None = None


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

    def text(self, prefix: str, reading: Reading) -> list[PredictionColumn]:
        """The decoded text and its probability, which is that of all paths that are decoded so."""
        lengths = None if self.mask is None else np.count_nonzero(self.mask, axis=1)
        logits = self.model.gives_logits(self.name)
        width = {"width": reading.width} if reading.width else {}
        labels = decode(self.p, lengths, reading.way, **width, logits=logits)
        z = self.p if logits else np.log(np.maximum(self.p, np.finfo(self.p.dtype).tiny))
        forward: Callable[..., tuple[Array, Any]] = self.loss.forward  # this one takes the lengths as well
        cost, _ = forward(labels, z, lengths)
        return [
            PredictionColumn(self.column, self.coder.decode(labels)),
            PredictionColumn(f"{prefix}probability", np.exp(-cost), PROBABILITY),
        ]

    def classes(self, prefix: str) -> list[PredictionColumn]:
        """The class, and the probability of each class; for time steps or positions of a picture, the class of each
        one and its probability."""
        binary = self.coder.labels == "binary"
        p = probabilities(self.p, self.loss)
        sure = (self.p > boundary(self.loss)).astype(self.p.dtype) if binary else self.p
        if binary and p.shape[-1] == 1 and not self.loss.margins:
            p = np.concatenate([1 - p, p], axis=-1)
        if self.p.ndim == 2:
            answer = PredictionColumn(self.column, self.coder.decode(sure))
            shares = [] if self.loss.margins else [
                PredictionColumn(f"{prefix}probability_{word}", p[:, i], PROBABILITY, answer)
                for i, word in enumerate(self.coder.classes)
            ]  # fmt: skip
            return [answer, *shares]
        shape = len(self.p), math.prod(self.p.shape[1:-1])
        flat = self.coder.decode(sure.reshape(-1, sure.shape[-1]))
        columns = self._by_position(self.column, flat.reshape(shape))
        if not self.loss.margins:
            columns += self._by_position(f"{prefix}probability", p.max(axis=-1).reshape(shape), PROBABILITY)
        return columns

    def numbers(self, prefix: str) -> list[PredictionColumn]:
        """The numbers; for binary targets 0 or 1, and the probability of 1."""
        rows = len(self.p)
        binary = self.coder.labels == "binary" and not self.coder.gives_fractions
        p = probabilities(self.p, self.loss)  # also for targets that are fractions from 0 to 1
        said = self.coder.decode((self.p > boundary(self.loss)).astype(p.dtype) if binary else p)
        said = said.reshape(rows, -1)
        one_each = len(self.coder.columns) == said.shape[1]
        names = self.coder.columns if one_each else [f"{self.coder.columns[0]}_{i}" for i in range(said.shape[1])]
        columns = [
            PredictionColumn(name, column) for name, column in zip(names, self._without_padding(said).T, strict=True)
        ]
        if binary and not self.loss.margins:
            p = self._without_padding(p.reshape(rows, -1))
            columns += [
                PredictionColumn(f"{prefix}probability_{name}", p[:, i], PROBABILITY) for i, name in enumerate(names)
            ]
        return columns

    def _by_position(self, name: str, values: Array, role: str = "answer") -> list[PredictionColumn]:
        """A column for each time step or position, from (rows, positions)."""
        return [
            PredictionColumn(f"{name}_{position}", column, role)
            for position, column in enumerate(self._without_padding(values).T)
        ]

    def _without_padding(self, values: Array) -> Array:
        """(rows, steps * units) without the steps that are padding: floating-point numbers become NaN, others None."""
        if self.mask is None or self.mask.all() or values.shape[1] % self.mask.shape[1]:
            return values
        padding = np.repeat(~self.mask, values.shape[1] // self.mask.shape[1], axis=1)
        values = values.copy() if values.dtype.kind == "f" else values.astype(object)
        values[padding] = np.nan if values.dtype.kind == "f" else None
        return values


def probabilities(p: Array, loss: Loss) -> Array:
    """A model's output as probabilities: the sigmoid or softmax of logits; values of classes that do not sum to 1 (of
    sigmoids, if the loss divides by the sum) divided by their sum."""
    if loss.takes_logits:
        activation: Activation = activations.build(probability_activation(loss.labels))
        return activation.value(p)
    if not loss.normalizes:
        return p
    total = p.sum(axis=-1, keepdims=True)
    fractions = np.divide(p, total, out=np.full_like(p, 1 / p.shape[-1]), where=total > 0)
    return np.where(np.abs(total - 1) < 1e-4, p, fractions)  # softmax's values stay as they are
