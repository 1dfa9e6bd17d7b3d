"""Columns as features: numbers and categories, and the rows of a table as their values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from nnctl.data.distinct_values import code_counts
from nnctl.data.readers.duckdb_types import called, hint
from nnctl.data.row_origin import located
from nnctl.data.table import Array, Column, Table, listing
from nnctl.errors import DataError
from nnctl.quoting import yaml_list, yaml_map

if TYPE_CHECKING:
    from nnctl.data.lazy_array import Rows

Encode = Literal["onehot", "integer"]
MISSING, RARE = "(missing)", "(rare)"


class Feature(Protocol):
    """A fitted column. width: the number of columns of its encoding."""

    @property
    def name(self) -> str: ...

    @property
    def width(self) -> int: ...

    def check(self, table: Table, notes: list[str]) -> None:
        """Notes of missing and unknown values. Raises DataError for those that no rule fills."""
        ...

    def values(self, table: Table) -> Array:
        """(rows, width) float64, of a table that was checked, or of some of its rows."""
        ...

    def to_json(self) -> dict[str, Any]: ...


class _Transformed:
    """What both kinds of features have."""

    def transform(self: Feature, table: Table, notes: list[str]) -> Array:
        """(rows, width) float64, with notes and errors as in `check`."""
        self.check(table, notes)
        return self.values(table)


@dataclass(frozen=True)
class Number(_Transformed):
    """x -> (x - shift) / scale; missing values become `fill` first, or are errors if it is None."""

    name: str
    fill: float | None = None
    rule: str = "error"
    shift: float = 0.0
    scale: float = 1.0

    width = 1

    def check(self, table: Table, notes: list[str]) -> None:
        missing = np.isnan(number_column(table, self.name).values)
        if missing.any():
            if self.fill is None:
                raise missing_error(table, self.name, missing, "median")
            notes.append(filled_note(self.name, missing, f"{self.fill:.6g} ({self.rule} of the training rows)"))

    def values(self, table: Table) -> Array:
        x = _numbers(table, self.name).values
        if self.fill is not None:
            x = np.where(np.isnan(x), self.fill, x)
        scaled: Array = (x - self.shift) / self.scale
        return scaled[:, None]

    def to_json(self) -> dict[str, Any]:
        return {"number": asdict(self)}


@dataclass(frozen=True)
class Category(_Transformed):
    """A word -> its index in `words`, as a one-hot row, or counted from 1 with encode "integer".

    Words that do not occur in the training rows become a row of zeros, or 0 (as in Keras' StringLookup).
    rare: words of the training rows that are combined as "(rare)". missing: missing values are a category.
    """

    name: str
    words: tuple[str, ...]
    encode: Encode = "onehot"
    missing: bool = False
    rare: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return len(self.words) if self.encode == "onehot" else 1

    def check(self, table: Table, notes: list[str]) -> None:
        column = table[self.name].as_text()
        missing = column.missing
        if missing.any():
            if not self.missing:
                raise missing_error(table, self.name, missing, "category")
            known = MISSING in self.words
            by = f'the category "{MISSING}"' if known else "no category, since no training row has a missing value"
            notes.append(filled_note(self.name, missing, by))
        known_words = {*self.words, *self.rare}
        if known_words.issuperset(column.words):
            return
        counts = code_counts(column.values, len(column.words))
        counts[[word in known_words for word in column.words]] = 0
        if total := int(counts.sum()):
            often = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
            words = [column.words[code] if n == 1 else f"{column.words[code]} {n} times"
                     for code, n in zip(often.tolist(), counts[often].tolist(), strict=True)]  # fmt: skip
            notes.append(
                f'column "{self.name}": {total} {"value does" if total == 1 else "values do"} not occur in the training'
                f" rows ({listing(words, 3)}) and {'counts' if total == 1 else 'count'} as no category"
            )

    def values(self, table: Table) -> Array:
        column = table[self.name].as_text()
        place = {word: at for at, word in enumerate(self.words)} | {word: self.words.index(RARE) for word in self.rare}
        codes: Array = np.array([place.get(w, -1) for w in column.words] + [place.get(MISSING, -1)])[column.values]
        if self.encode == "integer":
            numbers: Array = codes + 1.0
            return numbers[:, None]
        onehot = np.zeros((len(codes), len(self.words) + 1))
        onehot[np.arange(len(codes)), codes] = 1  # code -1 is the extra last column
        return onehot[:, :-1]

    def note(self) -> str:
        """How it is encoded, and its first words."""
        shown = listing(self.words, 5)
        if self.encode == "onehot":
            return f'column "{self.name}": encoded as {len(self.words)} one-hot columns ({shown})'
        return (
            f'column "{self.name}": categories 1 to {len(self.words)} ({shown}), 0 for any other; an Embedding needs'
            f" input_dim {len(self.words) + 1}"
        )

    def to_json(self) -> dict[str, Any]:
        return {"category": asdict(self)}


def feature_from_json(value: Mapping[str, Any]) -> Feature:
    [(kind, fields)] = value.items()
    if kind == "number":
        return Number(**fields)
    return Category(**{**fields, "words": tuple(fields["words"]), "rare": tuple(fields["rare"])})


def number_column(table: Table, name: str) -> Column:
    """The column as numbers. Raises DataError for words that are not numbers, and for infinite values."""
    column = _numbers(table, name)
    most = np.finfo(np.float32).max
    if np.fmax.reduce(column.values, initial=0) > most or np.fmin.reduce(column.values, initial=0) < -most:
        too_large = np.abs(column.values) > most
        row, at = int(np.flatnonzero(too_large)[0]), located(table.where(name), too_large)
        raise DataError(
            f"{at.rows}: {column.values[row]:g} is not a finite number in float32",
            at.where,
            "fix the value, or leave the field empty and fill it with `missing: median`",
        )
    return column


def _numbers(table: Table, name: str) -> Column:
    """The column as numbers. Raises DataError for words that are not numbers."""
    column = table.columns[name]
    if column.kind not in ("number", "text"):
        raise DataError(f"holds {called(column.type_name)} where numbers are expected", table.where(name),
                        hint(name, column.type_name))  # fmt: skip
    if column.kind == "text":
        values = np.full(len(column.words) + 1, np.nan)  # code -1, missing, is the last
        for code, word in enumerate(column.words):
            try:
                values[code] = float(word)
            except ValueError:
                at = located(table.where(name), column.values == code)
                raise DataError(
                    f'{at.hold} "{word}" where a number is expected',
                    at.where,
                    f"fix the value, or treat the column as words: `categorical: {yaml_list([name])}`",
                ) from None
        column = Column("number", values[column.values])
    return column


def missing_error(table: Table, name: str, missing: Array, rule: str) -> DataError:
    """The error of a model that was trained without a rule for missing values of this column, such as `rule`."""
    at = located(table.where(name), missing)
    return DataError(
        f"{missing.sum()} of {at.total} values {'is' if missing.sum() == 1 else 'are'} missing ({at.rows})"
        + table.missing_told(name),
        at.where,
        f"fill in the values, or train again with a rule for them: `missing: {yaml_map({name: rule})}`",
    )


def filled_note(name: str, missing: Array, by: str) -> str:
    return f'column "{name}": {_counted(missing, "missing value is", "missing values are")} taken as {by}'


def _counted(mask: Array, one: str, several: str) -> str:
    """The number of rows that a mask marks, with words: `1 value is`, `3 values are`."""
    count = int(mask.sum())
    return f"{count} {one if count == 1 else several}"


def total_width(features: Iterable[Feature]) -> int:
    """The number of columns of all encodings together."""
    return sum(feature.width for feature in features)


def matrix(features: Sequence[Feature], table: Table, notes: list[str]) -> Array | Rows:
    """(rows, sum of widths) float32, C-contiguous: the features side by side."""
    for feature in features:
        feature.check(table, notes)

    def write(rows: Table, out: Array) -> None:
        at = 0
        for feature in features:
            out[:, at : at + feature.width] = feature.values(rows)
            at += feature.width

    return table.encoded(lambda: str([feature.to_json() for feature in features]), total_width(features), write)
