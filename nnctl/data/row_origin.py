"""The file and row number that each row of a data set came from, for messages about rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Array = np.ndarray
_FILES = 3  # that one message names


@dataclass(frozen=True)
class Origin:
    """Where rows came from. files: what messages call them. file: (rows,) the index in `files` of each row's file.
    number: (rows,) the number of the row in that file, from 1."""

    files: tuple[str, ...]
    file: Array
    number: Array

    @classmethod
    def of(cls, files: Iterable[tuple[str, int]], number: Array | None = None) -> Origin:
        """The origin of all rows of the files (name, rows), in this order. number: if it is not 1, 2, ..."""
        names, sizes = zip(*files, strict=True)
        if number is None:
            number = np.concatenate([np.arange(1, size + 1, dtype=np.int32) for size in sizes])
        return cls(tuple(names), np.repeat(np.arange(len(names), dtype=_index_type(len(names))), sizes), number)

    @classmethod
    def joined(cls, parts: Sequence[Origin]) -> Origin:
        """The rows of all of them, in this order."""
        files = [name for part in parts for name in part.files]
        before = np.cumsum([0, *(len(part.files) for part in parts)])
        index = _index_type(len(files))
        file = [np.add(part.file, start, dtype=index) for part, start in zip(parts, before, strict=False)]
        return cls(tuple(files), np.concatenate(file), np.concatenate([part.number for part in parts]))

    def take(self, rows: Array) -> Origin:
        return Origin(self.files, self.file[rows], self.number[rows])


def _index_type(files: int) -> type[np.int16 | np.int32]:
    """The smallest type for an index of a file: there may be many rows, and each row may be a file."""
    return np.int16 if files <= np.iinfo(np.int16).max else np.int32


class Located(NamedTuple):
    """Rows as messages name them. rows: `row 7`, `rows 3, 9 of a.csv and row 2 of b.csv`. where: the place of an error
    about them. told: as `rows`, with the file's name whenever there are several files. total: the number of rows in
    these files."""

    rows: str
    where: str
    told: str
    total: int

    @property
    def hold(self) -> str:
        """The rows as the subject of a sentence: `row 7 holds`, `rows 3, 9 hold`."""
        return f"{self.rows} hold{'s' if self.rows.startswith('row ') and ' and ' not in self.rows else ''}"


class Where(str):
    """The place of an error about a column or an array, `data.csv: column "age"`, that knows where its rows came from.

    what: `column "age"`. origin: of its rows; None if they are the rows of one file, in order.
    """

    what: str
    origin: Origin | None

    def __new__(cls, text: str, what: str, origin: Origin | None) -> Where:
        self = super().__new__(cls, text)
        self.what, self.origin = what, origin
        return self


def located(where: str, mask: Array, most: int = 5, before: int = 0) -> Located:
    """Where the rows that a mask marks came from. most: how many rows of each file to name. before: how many rows
    precede those of the mask."""
    rows = np.flatnonzero(mask) + before
    if not isinstance(where, Where) or where.origin is None:
        shown = _rows(rows + 1, most)
        return Located(shown, str(where), shown, len(mask))
    origin = where.origin
    there, first = np.unique(origin.file[rows], return_index=True)
    there = there[np.argsort(first)]
    names = [origin.files[file] for file in there]
    each = [_rows(origin.number[rows[origin.file[rows] == file]], most) for file in there[:_FILES]]
    named = [f"{text} of {name}" for text, name in zip(each, names, strict=False)]
    told = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    if len(names) > _FILES:
        told = f"{', '.join(named)} and of {len(names) - _FILES} more files"
    total = int(np.isin(origin.file, there).sum())
    if len(origin.files) == 1:
        return Located(each[0], str(where), each[0], total)
    return Located(each[0] if len(names) == 1 else told, f"{listing(names, _FILES)}: {where.what}", told, total)


def _rows(numbers: Array, most: int) -> str:
    return ("row " if len(numbers) == 1 else "rows ") + listing(numbers, most)


def row_list(mask: Array, most: int = 5, before: int = 0, numbers: Array | None = None) -> str:
    """The first rows that a mask marks, counted from 1: `row 7`, `rows 3, 9, 12 and 5 more`.

    before: how many rows precede those of the mask. numbers: (rows,) the number of each row, if it is another.
    """
    return _rows(np.flatnonzero(mask) + 1 + before if numbers is None else numbers[mask], most)


def listing(names: Iterable[object], most: int = 8) -> str:
    """`a, b, c and 5 more`."""
    shown = [str(name) for name in names]
    if len(shown) <= most:
        return ", ".join(shown)
    return ", ".join(shown[:most]) + f" and {len(shown) - most} more"
