"""A table whose columns are mapped from the files of entries, and whose encoded rows become a file of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnctl.data.lazy_array import Rows
from nnctl.data.table import Array, Column, Table
from nnctl.data.table_cache.encoded_rows import write_encoded
from nnctl.data.table_cache.folder import Entry
from nnctl.data.table_cache.lazy_column import LazyColumn, Part, joined
from nnctl.data.table_cache.mapped_file import MappedFile

_BLOCK = 1 << 17  # rows that are encoded together


@dataclass(frozen=True)
class StoredTable(Table):
    """entries: where the rows are stored, one entry after the other. files: that the columns are mapped from. chosen:
    (rows,) which of the entries' rows these are, ascending; None: all."""

    entries: tuple[Entry, ...] = ()
    files: tuple[MappedFile, ...] = ()
    chosen: Array | None = None

    def take(self, rows: Array) -> Table:
        chosen = rows if self.chosen is None else self.chosen[rows]
        columns = {name: _lazy(column).select(rows) for name, column in self.columns.items()}
        return replace(self, columns=columns, rows=len(rows), origin=self.whole_origin.take(rows), chosen=chosen)

    def loaded(self, rows: Array) -> Table:
        columns = {
            name: Column(column.kind, _lazy(column).select(rows).values, column.words, column.called)
            for name, column in self.columns.items()
        }
        origin = self.whole_origin.take(rows)
        return Table(columns, len(rows), self.source, self.formats, missing_words=self.missing_words, origin=origin)

    @property
    def is_stored(self) -> bool:
        return True

    def stacked(self, others: Sequence[Table]) -> Table:
        tables = [self, *(table for table in others if isinstance(table, StoredTable))]
        if len(tables) <= len(others) or any(table.chosen is not None for table in tables):
            return super().stacked(others)
        columns = {name: joined([table[name] for table in tables]) for name in self.columns}
        return StoredTable(**vars(self._with_rows_of(others, columns)),
                           entries=tuple(entry for table in tables for entry in table.entries),
                           files=tuple(file for table in tables for file in table.files))  # fmt: skip

    def encoded(self, key: Callable[[], str], width: int, encode: Callable[[Table, Array], None]) -> Array | Rows:
        name = hashlib.sha256(key().encode())
        name.update("/".join(entry.name for entry in self.entries[1:]).encode())
        if self.chosen is not None:
            name.update(np.ascontiguousarray(self.chosen).data)
        path = self.entries[0].folder / f"{name.hexdigest()[:16]}.encoded"
        return write_encoded(path, self.rows, width, lambda: self._encoded_blocks(width, encode))

    def _encoded_blocks(self, width: int, encode: Callable[[Table, Array], None]) -> Iterator[Array]:
        columns = {name: _lazy(column) for name, column in self.columns.items()}
        for first in range(0, self.rows, _BLOCK):
            rows = np.arange(first, min(first + _BLOCK, self.rows))
            some = {name: column.select(rows) for name, column in columns.items()}
            out = np.empty((len(rows), width), np.float32)
            encode(Table(some, len(rows), self.source, self.formats), out)
            yield out
            for file in self.files:
                file.passed(len(out) * 8)


def _lazy(column: Column) -> LazyColumn:
    return column if isinstance(column, LazyColumn) else LazyColumn(column, [Part(column.values)])
