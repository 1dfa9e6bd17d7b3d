"""Targets encoded as the loss needs them, and predictions decoded to class names and the units of the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nnctl.data.dataset import Target
from nnctl.data.preprocessing.features import number_column
from nnctl.data.preprocessing.label_sequences import text_numbers, to_text, to_texts
from nnctl.data.preprocessing.target_values import binary_column, check_range
from nnctl.data.row_origin import located
from nnctl.data.table import Array, Table, listing
from nnctl.errors import DataError
from nnctl.quoting import yaml_map


@dataclass(frozen=True)
class TargetCoder:
    """A fitted target.

    labels, columns, shape, classes: as in Target. numeric: the classes are numbers in the data.
    shift, scale: of each numeric column; the model predicts (x - shift) / scale (0 and 1 unless `normalize` names it).
    lengths: the array with the number of labels of each row, or None; for rows of class numbers.
    soft: "binary" targets are fractions from 0 to 1, and so are the predictions.
    divisor: of pixels, whose values are given as fractions of it.
    """

    labels: str
    columns: tuple[str, ...]
    shape: tuple[int, ...]
    classes: tuple[str, ...] | None = None
    numeric: bool = False
    shift: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    lengths: str | None = None
    soft: bool = False
    divisor: float = 1.0

    @property
    def class_words(self) -> tuple[str, ...]:
        """The classes; only for a target that has some."""
        assert self.classes is not None, f"the target {self.columns} has no classes"
        return self.classes

    @property
    def target(self) -> Target:
        shift, scale = (tuple((np.asarray(each) / self.divisor).tolist()) for each in (self.shift, self.scale))
        return Target(self.labels, self.columns, self.shape, self.classes, self.soft, shift, scale)

    @property
    def gives_fractions(self) -> bool:
        """Whether the targets of a binary loss are fractions (soft targets, pixels of an autoencoder), not 0 or 1."""
        return self.labels == "binary" and (self.soft or bool(self.scale))

    def encode(self, table: Table) -> Array:
        """ "integer": (rows,) int32; "onehot": (rows, classes), "binary" and "number": (rows, units) float32;
        "sequence": (rows, longest) int32, class i as i + 1, padded with 0.

        Raises DataError for missing targets, and for classes that the training data did not have.
        """
        for name in self.columns:
            if (missing := table[name].missing).any():
                raise missing_target(table, name, missing)
        if self.labels == "sequence":
            [name] = self.columns
            return text_numbers(table[name].as_text(), self.class_words, table.where(name))
        if self.classes is None or len(self.columns) > 1:
            return self._encode_numbers(table)
        codes = self.class_numbers(table)
        if self.labels == "integer":
            return codes
        if self.labels == "binary":
            return codes.astype(np.float32)[:, None]
        onehot: Array = np.eye(len(self.classes), dtype=np.float32)[codes]
        return onehot

    def class_numbers(self, table: Table) -> Array:
        """(rows,) int32, of a target that is one column of classes."""
        [name] = self.columns
        column = table[name].as_text()
        place = {word: at for at, word in enumerate(self.class_words)}
        for code, word in enumerate(column.words):
            if word not in place and (here := column.values == code).any():
                at = located(table.where(name), here)
                raise DataError(
                    f'{at.rows}: "{word}" is not one of the classes {listing(self.class_words)}',
                    at.where,
                    "fix the value, or train again on data that contain this class",
                )
        numbers: Array = np.array([place.get(word, -1) for word in column.words], dtype=np.int32)[column.values]
        return numbers

    def _encode_numbers(self, table: Table) -> Array:
        columns = [binary_column(table, name) if self.labels == "binary" else number_column(table, name)
                   for name in self.columns]  # fmt: skip
        values = np.stack([column.values for column in columns], axis=1)
        if self.labels != "number":
            check_range(values, self.labels, table.where(", ".join(self.columns)), soft=self.soft)
        if self.scale:
            values = (values - self.shift) / self.scale
        return np.ascontiguousarray(values, dtype=np.float32)

    def decode(self, predicted: Array) -> Array:
        """Predictions as class names or in the units of the data: (rows,), or (rows, units) for several units.

        predicted: class probabilities (rows, classes), class numbers (rows,), probabilities of the second
        class (rows, 1), numbers (rows, units), or label numbers (rows, longest) of a "sequence", which become texts.
        """
        predicted = np.asarray(predicted)
        if self.labels == "sequence":
            return to_texts(predicted, self.class_words)
        if self.labels == "number" or self.gives_fractions:
            values: Array = predicted.astype(np.float64)
            if self.scale:
                values = values * self.scale + self.shift
            return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        if self.labels == "binary":
            chosen: Array = (predicted > 0.5).astype(np.int64)
            if self.classes is None:
                return chosen[:, 0] if chosen.shape[1:] == (1,) else chosen
            predicted = chosen.reshape(len(chosen))
        elif np.issubdtype(predicted.dtype, np.floating):
            predicted = predicted.argmax(axis=-1)
        words: Array = self._words()[predicted]
        return words

    def text(self, numbers: Array | Sequence[int]) -> str:
        """The label numbers of one row of a "sequence" as a text; 0 and negative numbers are skipped."""
        return to_text(numbers, self.class_words)

    def _words(self) -> Array:
        if not self.numeric:
            return np.array(self.class_words, dtype=object)
        numbers = np.array([float(word) for word in self.class_words])
        return numbers.astype(np.int64) if np.all(numbers == np.round(numbers)) else numbers

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TargetCoder:
        fields: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in value.items()}
        return cls(**fields)


def missing_target(table: Table, name: str, missing: Array) -> DataError:
    at = located(table.where(name), missing)
    return DataError(
        f"the target is missing in {missing.sum()} of {at.total} rows ({at.rows}){table.missing_told(name)}",
        at.where,
        f"remove these rows from the file, or train again with `missing: {yaml_map({name: 'drop'})}`",
    )


def target_notes(coders: Iterable[TargetCoder]) -> list[str]:
    """How the targets of binary losses are encoded."""
    notes, soft = [], []
    for coder in coders:
        if coder.labels == "binary" and coder.classes:
            notes.append(f'target "{coder.columns[0]}": {coder.classes[0]} is 0, {coder.classes[1]} is 1')
        if coder.soft:
            names = ", ".join(f'"{name}"' for name in coder.columns[:3]) + (", ..." if len(coder.columns) > 3 else "")
            soft.append(
                f"target {names}: fractions from 0 to 1 are taken as probabilities; accuracy counts a row as correct only"
                " if its target is exactly 0 or 1, so compare models by the loss or mae"
            )
    return [*notes, *soft]
