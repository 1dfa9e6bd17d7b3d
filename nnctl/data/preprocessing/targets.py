"""Targets that are columns of a table: encoded as the loss needs them, and predictions decoded to classes and units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nnctl.data.dataset import Target
from nnctl.data.preprocessing.feature_fitting import fit_number
from nnctl.data.preprocessing.features import number_column
from nnctl.data.preprocessing.label_sequences import fit_alphabet, text_numbers, to_text, to_texts
from nnctl.data.preprocessing.target_values import FOR_NUMBERS, binary_column, check_range, has_fractions
from nnctl.data.row_origin import located
from nnctl.data.table import Array, Column, Table, listing, number_word
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
        """Predictions as class names or in the units of the data: (rows,), (rows, steps), or (rows, units) for several
        units.

        predicted: class probabilities (rows, classes), class numbers (rows,), probabilities of the second class
        (rows, 1) or (rows, steps, 1), numbers (rows, units), or label numbers (rows, longest) of a "sequence", which
        become texts.
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
            predicted = chosen[..., 0] if chosen.ndim > 1 and chosen.shape[-1] == 1 else chosen
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
                f"target {names}: fractions from 0 to 1 are taken as probabilities; accuracy counts a row as correct"
                " only if its target is exactly 0 or 1, so compare models by the loss or mae"
            )
    return [*notes, *soft]


def fit_target(table: Table, columns: Sequence[str], labels: str, train: Array | None = None,
               normalize: Mapping[str, str] | None = None,
               alphabet: Sequence[str] | None = None) -> TargetCoder:  # fmt: skip
    """The coder of target columns for a loss with these labels.

    labels: "integer", "onehot", "binary", "number" or "sequence". Classes come from all rows, in sorted order; shift
    and scale of the numeric columns that `normalize` names come from the rows `train`. alphabet: of a "sequence".
    Raises DataError if the columns do not suit the labels, with a hint about the loss that does.
    """
    columns = tuple(columns)
    for name in columns:
        if (kind := table.columns[name].kind) in ("date", "time", "nested"):
            raise DataError(
                f"a target cannot be a {kind} column", table.where(name),
                "convert it to a number or a word with `query`",
            )  # fmt: skip
    if labels == "number":
        return _fit_numbers(table, columns, train, normalize or {})
    if labels == "sequence":
        return _fit_texts(table, columns, alphabet)
    if len(columns) > 1:
        return _fit_flags(table, columns, labels)
    [name] = columns
    column, where = table[name], table.where(name)
    classes = column.distinct()
    if len(classes) < 2:
        raise DataError(f"the target has only one value, {listing(classes)}", where, "there is nothing to learn")
    if labels == "binary" and column.kind == "number" and has_fractions(column.values):
        coder = TargetCoder(labels, columns, (1,), soft=True)
        check_range(column.values[~column.missing], labels, where, soft=True)
        return coder
    _refuse_continuous(column, len(classes), where)
    words = tuple(item if isinstance(item, str) else number_word(item) for item in classes)
    if labels == "binary" and len(words) != 2:
        raise DataError(
            f"a binary loss needs 2 classes, but the target has {len(words)} ({listing(words)})",
            where,
            f"use `loss: sparse_categorical_crossentropy` and a last layer of {len(words)} units with softmax",
        )
    shape = {"integer": (), "onehot": (len(words),), "binary": (1,)}[labels]
    return TargetCoder(labels, columns, shape, words, numeric=column.kind == "number")


def _refuse_continuous(column: Column, distinct: int, where: str) -> None:
    values = column.values[~column.missing]
    if column.kind == "text":
        if distinct > 20 and distinct > len(values) / 2:
            raise DataError(
                f"the target has {distinct} different texts in {len(values)} rows: it looks like a name, not a class",
                where,
                "choose another column with `target:`",
            )
        return
    if np.isinf(values).any():
        at = located(where, np.isinf(column.values))
        raise DataError(f"{at.rows}: the target is infinite", at.where, "fix the value")
    fractions = np.any(values != np.round(values))
    if distinct > 20 and (fractions or distinct > len(values) / 5):
        raise DataError(
            f"the target has {distinct} different numbers in {len(values)} rows, but the loss needs classes",
            where,
            FOR_NUMBERS,
        )


def _fit_numbers(table: Table, columns: tuple[str, ...], train: Array | None,
                 normalize: Mapping[str, str]) -> TargetCoder:  # fmt: skip
    for name in columns:
        column = table.columns[name]
        if column.kind == "text" and not _all_numbers(column.words):
            classes = len(column.words)
            loss = "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy"
            raise DataError(
                f"the target is text ({listing(sorted(column.words), 3)}), but the loss needs numbers",
                table.where(name),
                f"for these {classes} classes use `loss: {loss}`",
            )
    rows = np.arange(table.rows) if train is None else train
    fitted = [fit_number(table, name, rows, "error", normalize.get(name, "none")) for name in columns]
    scaled = any(normalize.get(name, "none") != "none" for name in columns)
    return TargetCoder(
        "number", columns, (len(columns),),
        shift=tuple(number.shift for number in fitted) if scaled else (),
        scale=tuple(number.scale for number in fitted) if scaled else (),
    )  # fmt: skip


def _all_numbers(words: Sequence[str]) -> bool:
    try:
        return all(float(word) == float(word) for word in words)
    except ValueError:
        return False


def _fit_texts(table: Table, columns: tuple[str, ...], alphabet: Sequence[str] | None) -> TargetCoder:
    if len(columns) > 1:
        raise DataError(f"the loss needs one column of texts, but the target has {len(columns)}: {listing(columns)}",
                        table.source, "choose one with `target:`")  # fmt: skip
    [name] = columns
    column, where = table[name].as_text(), table.where(name)
    classes = fit_alphabet(column, alphabet, where)
    longest = text_numbers(column, classes, where).shape[1]
    return TargetCoder("sequence", columns, (longest,), classes)


def _fit_flags(table: Table, columns: tuple[str, ...], labels: str) -> TargetCoder:
    """Several columns for one output: one-hot columns, or the flags of a multi-label target."""
    if labels == "integer":
        raise DataError(
            f"the loss needs one column of classes, but the target has {len(columns)}: {listing(columns)}",
            table.source,
            "for one-hot columns use `loss: categorical_crossentropy`; for several outputs write "
            "`target: {OUTPUT: COLUMN}`",
        )
    soft = labels == "binary" and any(has_fractions(binary_column(table, name).values) for name in columns)
    coder = TargetCoder(labels, columns, (len(columns),), columns if labels == "onehot" else None, soft=soft)
    if not any(table[name].missing.any() for name in columns):
        coder.encode(table)
    return coder
