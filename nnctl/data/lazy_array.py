"""Rows of a large array: gathered when they are asked for, out of a mapped file or of memory, and encoded then.

A set that is larger than memory is never held: a part of it is the numbers of its rows, and what is done to its values
(the division, the scaling, the dtype) is done to the rows of a batch. Sums over all rows are taken in `blocks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from nnctl.data.readers.memory_map import MappedFile

Array = np.ndarray
# Bytes from which an array is worth being seen as Rows: below, a copy costs less than a gather for every block.
LARGE = 16 << 20
_BLOCK = 1 << 20  # bytes of the rows that `blocks` gives at once

# A step of the encoding: (rows as stored or as the step before left them, each row's own figure or None, where to
# write or None for a new array) to the rows as they are from here on. It may write into what it is given.
Step = Callable[[Array, Array | None, Array | None], Array]


@dataclass(frozen=True)
class _Piece:
    """Rows of one file or array as bytes, (rows, bytes of a row). first: the number of its first row.

    As bytes, because np.take copies the *whole* of an array first that is not aligned (members of an npz file
    hardly ever are) or of the other byte order (IDX).
    """

    data: Array
    first: int
    file: MappedFile | None
    start: int = 0  # where in the file number 0 begins

    def take(self, numbers: Array, out: Array) -> None:
        """Rows by their numbers here, from 0 on."""
        if self.file is not None:
            self.file.check()
            self.file.wanted(self.start, self.data.shape[1], numbers)
        # any other mode than "raise" writes to `out` itself; the numbers are ours and in range
        np.take(self.data, numbers, axis=0, out=out, mode="clip")
        self._looked_at(numbers)

    def _looked_at(self, numbers: Array) -> None:
        """The rows of these numbers, ascending in steps of less than two where they are a look at all of a part."""
        if self.file is not None and len(numbers) and 0 <= numbers[-1] - numbers[0] < 2 * len(numbers):
            self.file.passed(len(numbers) * self.data.shape[1])


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows of one array, or of several one after the other.

    shape, dtype: as an array's, of the rows as they are given out. Compared and computed with it is by `blocks`, or
    through `numpy.asarray` where there are few.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    _pieces: tuple[_Piece, ...]
    _stored: np.dtype  # in the pieces; and the shape of a row before the steps
    _row: tuple[int, ...]
    _numbers: Array | None = None  # (rows,) which of the pieces' rows; None: all
    _steps: tuple[tuple[Step, Array | None], ...] = ()  # with one figure a row, in the order of these rows

    @classmethod
    def of(cls, array: Array, file: MappedFile | None = None, start: int = 0) -> Rows:
        """The rows of an array in C order; file: that it is a map of, from `start` on."""
        width = array.dtype.itemsize * prod(array.shape[1:])
        data = np.ascontiguousarray(array).view(np.ndarray).reshape(len(array), -1).view(np.uint8)
        piece = _Piece(data.reshape(len(array), width), 0, file, start)
        return cls(array.shape, array.dtype.newbyteorder("="), (piece,), array.dtype, array.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    @property
    def mapped(self) -> bool:
        """Whether rows come from a file, so that getting them may take long."""
        return any(piece.file is not None for piece in self._pieces)

    def reshape(self, rows: int, *row: int) -> Rows:
        """The same rows in another shape."""
        if rows != len(self) or prod(row) * rows != self.size:
            raise ValueError(f"{self.shape} cannot become {(rows, *row)}")
        if not self._steps:
            return replace(self, shape=(rows, *row), _row=row)
        return self.then(lambda block, _, out: _given(block.reshape(len(block), *row), out), row)

    def select(self, rows: Array | slice) -> Rows:
        """Some of the rows, by number or slice; nothing is read."""
        numbers = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else np.asarray(rows)
        if numbers.dtype == bool:
            numbers = np.flatnonzero(numbers)
        steps = tuple((step, None if each is None else each[numbers]) for step, each in self._steps)
        of_all = numbers if self._numbers is None else self._numbers[numbers]
        return replace(self, shape=(len(numbers), *self.shape[1:]), _numbers=of_all, _steps=steps)

    def then(self, step: Step, row: tuple[int, ...], dtype: Any = None, each: Array | None = None) -> Rows:
        """The rows after one more step, which makes rows of the shape `row`. each: (rows,) a figure of every row."""
        dtype = self.dtype if dtype is None else np.dtype(dtype)
        return replace(self, shape=(len(self), *row), dtype=dtype, _steps=(*self._steps, (step, each)))

    def astype(self, dtype: Any, copy: bool = False) -> Rows:
        if self.dtype == dtype:
            return self
        return self.then(lambda block, _, out: _given(block.astype(dtype, copy=False), out), self.shape[1:], dtype)

    def gather(self, rows: Array | slice = slice(None), out: Array | None = None) -> Array:
        """(rows, *shape[1:]), C-contiguous and the caller's own. rows: numbers from 0 on, or a slice.

        out: where to write them, of that shape and dtype. Raises DataError where a file has become shorter.
        """
        numbers = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else np.asarray(rows)
        stored = numbers if self._numbers is None else self._numbers[numbers]
        if not self._steps and out is not None and self._fits(out):
            self._fill(stored, out)
            return out
        if len(self._steps) == 1 and out is not None and self._fits(out):
            block = out.reshape(len(stored), *self._row)  # the step works in place
        else:
            block = np.empty((len(stored), *self._row), self._stored)
        self._fill(stored, block)
        block = block.astype(self._stored.newbyteorder("="), copy=False)
        if not self._steps:
            return _given(block, out)
        for step, each in self._steps[:-1]:
            block = step(block, None if each is None else each[numbers], None)
        step, each = self._steps[-1]
        return step(block, None if each is None else each[numbers], out)

    def found(self, rows: Array) -> tuple[Array, Array]:
        """(array, numbers): an array, and which of its rows these are. Where they lie in memory as they are given out,
        it is what they lie in, not to be written to, and nothing is copied; else they are gathered."""
        stored = rows if self._numbers is None else self._numbers[rows]
        for piece in () if self._steps or self.mapped or self.dtype != self._stored else self._pieces:
            array = piece.data.view(self._stored)
            if (
                array.flags.aligned
                and len(rows)
                and piece.first <= stored.min()
                and stored.max() < piece.first + len(array)
            ):
                return array.reshape(len(array), *self._row), stored - piece.first
        return self.gather(rows), np.arange(len(rows))

    def _fits(self, out: Array) -> bool:
        """Whether rows as they are stored take the memory of `out`, no more and no less."""
        return out.dtype == self._stored and out.flags.c_contiguous and prod(out.shape[1:]) == prod(self._row)

    def _fill(self, numbers: Array, block: Array) -> None:
        target = block.view(np.uint8).reshape(len(block), self._pieces[0].data.shape[1])
        if len(self._pieces) == 1:
            self._pieces[0].take(numbers, target)
            return
        for piece in self._pieces:
            there = np.flatnonzero((numbers >= piece.first) & (numbers < piece.first + len(piece.data)))
            some = np.empty((len(there), target.shape[1]), np.uint8)
            piece.take(numbers[there] - piece.first, some)
            target[there] = some

    def __getitem__(self, rows: Any) -> Array:
        if isinstance(rows, int | np.integer):
            row: Array = self.gather(np.array([rows % len(self)]))[0]
            return row
        if not isinstance(rows, slice):
            rows = np.asarray(rows)
            rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return self.gather(rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """All rows at once."""
        return self.gather().astype(self.dtype if dtype is None else dtype, copy=False)


def _given(block: Array, out: Array | None) -> Array:
    if out is None:
        return block
    out[...] = block
    return out


def is_large(dtype: np.dtype, shape: Sequence[int]) -> bool:
    """Whether an array is worth being seen as Rows. Text and single numbers a row are not: these take no more than the
    order of an epoch does."""
    return dtype.kind != "U" and prod(shape[1:]) > 1 and dtype.itemsize * prod(shape) >= LARGE


def large(array: Array) -> Array | Rows:
    """The array, or where it is large, its rows."""
    return Rows.of(array) if is_large(array.dtype, array.shape) else array


def chosen(array: Array | Rows, rows: Array) -> Array | Rows:
    """Some rows: a copy of an array's, or where that is large, a selection."""
    array = large(array) if isinstance(array, np.ndarray) else array
    if isinstance(array, Rows):
        return array.select(rows)
    if len(rows) == len(array) and np.array_equal(rows, np.arange(len(array))):
        return array
    some: Array = array[rows]
    return some


def joined(arrays: Sequence[Array | Rows]) -> Array | Rows:
    """One after the other, nothing copied where one is large. Their rows have one shape."""
    if not any(isinstance(array, Rows) for array in arrays):
        return np.concatenate(arrays)
    several = [array if isinstance(array, Rows) else Rows.of(array) for array in arrays]
    first = several[0]
    if any(rows._stored != first._stored or rows._steps or rows._numbers is not None for rows in several):
        # of several types: rare, and small as a rule
        dtype = np.result_type(*(rows.dtype for rows in several))
        several = [Rows.of(np.asarray(rows, dtype)) for rows in several]
        first = several[0]
    pieces: list[_Piece] = []
    count = 0
    for rows in several:
        pieces += (replace(piece, first=piece.first + count) for piece in rows._pieces)
        count += len(rows)
    return replace(first, shape=(count, *first.shape[1:]), _pieces=tuple(pieces))


def blocks(array: Array | Rows) -> Iterator[tuple[int, Array]]:
    """(number of its first row, rows) one block after another: of an array views, not to be written to."""
    size = max(1, _BLOCK // max(1, array.nbytes // max(1, len(array))))
    for first in range(0, len(array), size):
        yield first, array[first : first + size]


def extent(array: Array | Rows) -> tuple[Any, Any]:
    """The smallest and the largest value."""
    ends = [(block.min(), block.max()) for _, block in blocks(array)]
    return min(low for low, _ in ends), max(high for _, high in ends)
