"""A column whose values stay in mapped files until they are used: of one file or of several, all rows or some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnctl.data.table import Array, Column


@dataclass(frozen=True)
class Part:
    """Values that follow those of the part before. codes: the code in the joined column of each code, -1 the last; None
    for numbers, and where they are the same."""

    values: Array
    codes: Array | None = None

    def at(self, rows: Array | slice) -> Array:
        values = self.values[rows]
        return values if self.codes is None else self.codes[values]


class LazyColumn(Column):
    """A column that reads its values whenever they are used, so that those of a table are never all in memory."""

    _parts: tuple[Part, ...]
    _rows: Array | None

    def __init__(self, column: Column, parts: Sequence[Part], rows: Array | None = None):
        """column: its kind and words. rows: which of the parts' rows these are, ascending; None: all."""
        for name in ("kind", "words", "called"):
            object.__setattr__(self, name, getattr(column, name))
        object.__setattr__(self, "_parts", tuple(parts))
        object.__setattr__(self, "_rows", rows)

    @property
    def values(self) -> Array:
        if self._rows is None and len(self._parts) == 1:
            return self._parts[0].at(slice(None))
        return self.read(slice(None))

    def read(self, rows: Array | slice) -> Array:
        """The values of some rows; their numbers are ascending."""
        total = sum(len(part.values) for part in self._parts)
        if self._rows is not None:
            rows = self._rows[rows]
        first, found = 0, []
        for part in self._parts:
            if isinstance(rows, slice):
                start, stop, _ = rows.indices(total)
                found.append(part.at(slice(max(0, start - first), max(0, stop - first))))
            else:
                low, high = np.searchsorted(rows, [first, first + len(part.values)])
                found.append(part.at(rows[low:high] - first))
            first += len(part.values)
        return found[0] if len(found) == 1 else np.concatenate(found)

    def select(self, rows: Array) -> LazyColumn:
        """Some of the rows, which are not read yet; their numbers are ascending."""
        return LazyColumn(self, self._parts, rows if self._rows is None else self._rows[rows])

    def take(self, rows: Array) -> Column:
        return Column(self.kind, self.values[rows], self.words, self.called)


def joined(columns: Sequence[Column]) -> LazyColumn:
    """Columns that follow each other; text if one of them is text. The words are those of all, as `stack` has them."""
    kinds = {column.kind for column in columns}
    if len(kinds) == 1 and "text" not in kinds:
        return LazyColumn(columns[0], [part for column in columns for part in _parts(column)])
    words: dict[str, int] = {}
    parts = []
    for column in map(Column.as_text, columns):
        codes = np.array([words.setdefault(word, len(words)) for word in column.words] + [-1], dtype=np.int32)
        parts += [Part(part.values, codes if part.codes is None else codes[part.codes]) for part in _parts(column)]
    return LazyColumn(Column("text", np.empty(0, np.int32), tuple(words)), parts)


def _parts(column: Column) -> Sequence[Part]:
    if isinstance(column, LazyColumn) and column._rows is None:
        return column._parts
    return [Part(column.values)]
