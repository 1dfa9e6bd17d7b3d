"""A table in memory: columns of numbers, dates or words, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from nnctl.counted import counted
from nnctl.data.distinct_values import BLOCK, code_counts, present_numbers
from nnctl.data.row_origin import Array, Origin, Where
from nnctl.data.row_origin import listing as listing
from nnctl.data.row_origin import row_list as row_list
from nnctl.errors import DataError
from nnctl.similar_names import alike

if TYPE_CHECKING:
    from nnctl.data.columns.column_format import ColumnFormat
    from nnctl.data.lazy_array import Rows

Kind = Literal["number", "text", "date", "time", "nested"]


@dataclass(frozen=True)
class Column:
    """One column.

    number: values float64, NaN if missing. date: the same, in microseconds since 1970; time: since midnight.
    text: values int32, indices in `words`, -1 if missing; the words are distinct, in any order.
    nested (lists, structs): values that cannot be used, all missing. called: the type of the column in the file.
    """

    kind: Kind
    values: Array
    words: tuple[str, ...] = ()
    called: str = ""

    @property
    def missing(self) -> Array:
        """(rows,) bool."""
        return self.values < 0 if self.kind == "text" else np.isnan(self.values)

    def take(self, rows: Array) -> Column:
        return replace(self, values=self.values[rows])

    def distinct(self) -> tuple[str | float, ...]:
        """The values that occur, sorted: numbers by size, words alphabetically."""
        if self.kind == "text":
            present = np.flatnonzero(code_counts(self.values, len(self.words)))
            return tuple(sorted(self.words[code] for code in present))
        return tuple(present_numbers(self.values).tolist())

    def value(self, row: int) -> str | float | None:
        if self.missing[row]:
            return None
        return self.words[self.values[row]] if self.kind == "text" else float(self.values[row])

    @property
    def type_name(self) -> str:
        """The SQL name of the type; for a column that is not read, its type in the file."""
        return self.called or {"date": "DATE", "time": "TIME", "number": "DOUBLE"}.get(self.kind, "VARCHAR")

    def as_text(self) -> Column:
        """The same column as words; numbers and dates are written as usual (1, not 1.0; 2023-01-31)."""
        if self.kind == "text":
            return self
        values, present = self.values, present_numbers(self.values)
        codes = np.empty(len(values), np.int32)
        for first in range(0, len(values), BLOCK):
            block = values[first : first + BLOCK]
            places = np.searchsorted(present, block)  # of NaN: behind the last
            codes[first : first + BLOCK] = np.where(places == len(present), -1, places)
        return Column("text", codes, tuple(map(_WORDS.get(self.kind, number_word), present)))

    @classmethod
    def of_words(cls, values: Sequence[str | None]) -> Column:
        """A text column of str values, None if missing."""
        words = tuple(word for word in dict.fromkeys(values) if word is not None)
        index: dict[str | None, int] = {word: code for code, word in enumerate(words)}
        index[None] = -1
        codes = np.fromiter(map(index.__getitem__, values), dtype=np.int32, count=len(values))
        return cls("text", codes, words)


def text_columns(fields: Mapping[str, Sequence[str]], missing: Set[str]) -> dict[str, Column]:
    """Text columns by name. fields: their words, row by row. missing: the words that mean a missing value."""
    return {name: Column.of_words([None if word in missing else word for word in words])
            for name, words in fields.items()}  # fmt: skip


def missing_note(words: Mapping[str, Mapping[str, int]]) -> list[str]:
    """A note of the words that count as missing values, by column and word; none if there are none."""
    if not words:
        return []
    shown = [
        f'{", ".join(f"{word!r}" for word in counts)} in column "{name}" ({counted(sum(counts.values()), "row")})'
        for name, counts in words.items()
    ]
    return [f"words taken as missing values: {listing(shown)}; `missing_values: []` keeps them as words"]


def number_word(value: float) -> str:
    """A number as a class or category name: `3`, `2.5`."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def date_word(microseconds: float) -> str:
    """A date as 2023-01-31, with the time of day if there is one."""
    text = str(np.datetime64(int(microseconds), "us")).removesuffix(".000000")
    return text.removesuffix("T00:00:00")


def time_word(microseconds: float) -> str:
    """A time of day as 13:05:00."""
    return str(np.datetime64(int(microseconds), "us"))[11:].removesuffix(".000000")


_WORDS = {"date": date_word, "time": time_word}


class Occurrences(NamedTuple):
    """The number of rows with a value, and of distinct values. Of numbers, 2 stands for any larger number as well."""

    present: int
    distinct: int


@dataclass(frozen=True)
class Table:
    """Columns of one length. source: what messages call the files it came from.

    formats: of each column of the files, to read other files in the same way. numbers: (rows,) the row of the file,
    from 1, that each row of a query's result came from; None without a query, and if that is unknown.
    total: the number of rows of the files, of which a query may leave some out. missing_words: by column, the words
    that count as missing values, and in how many rows they occur. notes: what could have been understood differently.
    origin: the file and row number of each row; None if they are the rows of `source`, in order. splits: the numbers of
    the rows of splits with files of their own, just after reading.
    """

    columns: Mapping[str, Column]
    rows: int
    source: str
    formats: Mapping[str, ColumnFormat] = field(default_factory=dict)
    numbers: Array | None = None
    notes: tuple[str, ...] = ()
    total: int | None = None
    missing_words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    origin: Origin | None = None
    splits: Mapping[str, Array] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def take(self, rows: Array) -> Table:
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        numbers = None if self.numbers is None else self.numbers[rows]
        return replace(self, columns=columns, rows=len(rows), numbers=numbers, origin=self.whole_origin.take(rows))

    def loaded(self, rows: Array) -> Table:
        """Some of the rows, in memory; their numbers are ascending."""
        return self.take(rows)

    def encoded(self, key: Callable[[], str], width: int, encode: Callable[[Table, Array], None]) -> Array | Rows:
        """(rows, width) float32, which `encode` writes, given some of the rows and their part of the result.

        key: tells different results apart; a table that is stored on disk stores them there, too.
        """
        out = np.empty((self.rows, width), np.float32)
        encode(self, out)
        return out

    @property
    def is_stored(self) -> bool:
        """Whether its rows stay on disk."""
        return False

    def stacked(self, others: Sequence[Table]) -> Table:
        """The rows of this table, then those of others, which have its columns: see `stack`."""
        return self._with_rows_of(others, {name: _join([self[name], *(table[name] for table in others)])
                                           for name in self.columns})  # fmt: skip

    def _with_rows_of(self, others: Sequence[Table], columns: Mapping[str, Column]) -> Table:
        tables = [self, *others]
        notes = tuple(dict.fromkeys(note for table in tables for note in table.notes))
        origin = Origin.joined([table.whole_origin for table in tables])
        words: dict[str, dict[str, int]] = {}
        for table in tables:
            for name, counts in table.missing_words.items():
                mine = words.setdefault(name, {})
                mine |= {word: count + mine.get(word, 0) for word, count in counts.items()}
        return Table(columns, sum(table.rows for table in tables), self.source, self.formats, None, notes,
                     missing_words=words, origin=origin)  # fmt: skip

    @property
    def whole_origin(self) -> Origin:
        """The file and row number of each row, never None."""
        return self.origin or Origin.of([(self.source, self.rows)], self.numbers)

    def missing_told(self, column: str) -> str:
        """What a message about missing values adds if words counted as such; otherwise nothing."""
        words = self.missing_words.get(column)
        if not words:
            return ""
        return f"; {listing(repr(word) for word in words)} there counts as missing unless `missing_values: []` is given"

    def where(self, column: str) -> Where:
        origin = self.origin if self.numbers is None else self.whole_origin
        return Where(f'{self.source}: column "{column}"', f'column "{column}"', origin)

    def gaps(self, names: Iterable[str]) -> Iterator[tuple[str, Array]]:
        """Each column with missing values, and (rows,) bool, whether its value is missing."""
        for name in dict.fromkeys(names):
            if (mask := self.columns[name].missing).any():
                yield name, mask

    def occurrences(self, names: Iterable[str]) -> dict[str, Occurrences]:
        """How many values the columns have, and how many distinct ones."""
        found = {}
        for name in names:
            values = self.columns[name].values
            if self.columns[name].kind == "text":
                counts = code_counts(values, len(self.columns[name].words))
                found[name] = Occurrences(int(counts.sum()), int(np.count_nonzero(counts)))
            else:
                present = len(values) - int(np.count_nonzero(np.isnan(values)))
                one = present and np.fmin.reduce(values) == np.fmax.reduce(values)
                found[name] = Occurrences(present, min(present, 1 if one else 2))
        return found

    def require_all(self, wanted: Mapping[str, Iterable[str]]) -> None:
        """Raises DataError for the first key of the config that names unknown columns."""
        for key, names in wanted.items():
            self.require(names, key)

    def require(self, names: Iterable[str], key: str) -> None:
        """Raises DataError that lists the names that are not columns, with the most similar column."""
        absent = [name for name in dict.fromkeys(names) if name not in self.columns]
        if absent:
            raise DataError(
                f"{key} names {listing(absent)}, which {'is' if len(absent) == 1 else 'are'} not in the data",
                self.source,
                suggestion(absent[0], self.columns) + f"columns: {listing(self.columns, 20)}",
            )


def stack(tables: Sequence[Table]) -> Table:
    """The rows of all tables, with the columns of the first; a column is text if it is text in one of them.

    Raises DataError if a table lacks a column.
    """
    first, *others = tables
    for other in others:
        absent = [name for name in first.columns if name not in other.columns]
        if absent:
            raise DataError(f"lacks {listing(absent)}, which {first.source} has", other.source, "add these columns")
    return first.stacked(others)


def _join(columns: Sequence[Column]) -> Column:
    kinds = {column.kind for column in columns}
    if len(kinds) == 1 and "text" not in kinds:
        return replace(columns[0], values=np.concatenate([column.values for column in columns]))
    words: dict[str, int] = {}
    codes = []
    for column in map(Column.as_text, columns):
        new = np.array([words.setdefault(word, len(words)) for word in column.words] + [-1], dtype=np.int32)
        codes.append(new[column.values])  # code -1 is the last entry, which is -1 again
    return Column("text", np.concatenate(codes), tuple(words))


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean age? `, or nothing."""
    near = alike(name, known)
    return f"did you mean {near[0]}? " if near else ""
