"""A table whose columns are mapped from the files of an entry, and whose encoded rows become a file of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from nnctl.data.lazy_array import Rows
from nnctl.data.readers.memory_map import MappedFile
from nnctl.data.table import Array, Column, Table
from nnctl.data.table_cache.encoded_rows import write_encoded
from nnctl.data.table_cache.folder import Entry

_BLOCK = 1 << 17  # rows that are encoded together


class SelectedColumn(Column):
    """Some rows of a mapped column, read whenever they are used, so that the columns of a table are never all in
    memory."""

    _column: Column
    _rows: Array

    def __init__(self, column: Column, rows: Array):
        for name in ("kind", "words", "called"):
            object.__setattr__(self, name, getattr(column, name))
        object.__setattr__(self, "_column", column)
        object.__setattr__(self, "_rows", rows)

    @property
    def values(self) -> Array:
        chosen: Array = self._column.values[self._rows]
        return chosen

    def take(self, rows: Array) -> Column:
        return replace(self._column, values=self._column.values[self._rows[rows]])


@dataclass(frozen=True)
class StoredTable(Table):
    """entry: where it is stored. files: that the columns are mapped from. chosen: (rows,) which rows of the entry these
    are; None: all."""

    entry: Entry | None = None
    files: tuple[MappedFile, ...] = ()
    chosen: Array | None = None
    whole: Mapping[str, Column] = field(default_factory=dict)  # the columns of the entry

    def take(self, rows: Array) -> Table:
        chosen = rows if self.chosen is None else self.chosen[rows]
        whole = self.whole or self.columns
        columns = {name: SelectedColumn(column, chosen) for name, column in whole.items()}
        return replace(self, columns=columns, rows=len(rows), origin=self.whole_origin.take(rows), chosen=chosen,
                       whole=whole)  # fmt: skip

    def encoded(self, key: Callable[[], str], width: int, encode: Callable[[Table, Array], None]) -> Array | Rows:
        assert self.entry is not None
        name = hashlib.sha256(key().encode())
        if self.chosen is not None:
            name.update(self.chosen.data)
        path = self.entry.folder / f"{name.hexdigest()[:16]}.encoded"
        return write_encoded(path, self.rows, width, lambda: self._encoded_blocks(width, encode))

    def _encoded_blocks(self, width: int, encode: Callable[[Table, Array], None]) -> Iterator[Array]:
        whole = self.whole or self.columns
        for first in range(0, self.rows, _BLOCK):
            rows = slice(first, min(first + _BLOCK, self.rows))
            taken = rows if self.chosen is None else self.chosen[rows]
            columns = {name: replace(column, values=column.values[taken]) for name, column in whole.items()}
            out = np.empty((rows.stop - first, width), np.float32)
            encode(Table(columns, len(out), self.source, self.formats), out)
            yield out
            for file in self.files:
                file.passed(len(out) * 8)
