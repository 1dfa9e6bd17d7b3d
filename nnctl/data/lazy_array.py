"""Rows of a large array: read from a file, or from memory, and encoded only when a batch needs them.

A data set that is larger than memory is never loaded as a whole: a split of it is a list of row numbers, and its values
are converted (divided, scaled, cast) batch by batch. Statistics over all rows are computed in `blocks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

Array = np.ndarray
# Bytes from which an array becomes Rows: below that, a copy costs less than gathering every block.
LARGE = 16 << 20
_BLOCK = 1 << 20  # bytes of the rows in one of `blocks`

# A step of the encoding: from (rows as stored or from the previous step, one value per row or None, array to write to
# or None for a new one) to the encoded rows. It may write to its first argument.
Step = Callable[[Array, Array | None, Array | None], Array]


class Source(Protocol):
    """Where rows are stored, `width` bytes each, numbered from 0. read_ahead: whether to read them before they are
    needed, in a thread, since the processor would wait for the disk."""

    width: int
    read_ahead: bool

    def __len__(self) -> int: ...

    def take(self, numbers: Array, out: Array) -> None:
        """Copies rows to `out`, (rows, width) bytes."""


class _Memory:
    """The rows of an array, as bytes, (rows, width).

    They are bytes because np.take first copies the *whole* array if it is not aligned (as most members of npz files)
    or has the other byte order (IDX).
    """

    read_ahead = False

    def __init__(self, array: Array):
        self.width = array.dtype.itemsize * prod(array.shape[1:])
        data = np.ascontiguousarray(array).view(np.ndarray).reshape(len(array), -1).view(np.uint8)
        self.data = data.reshape(len(array), self.width)

    def __len__(self) -> int:
        return len(self.data)

    def take(self, numbers: Array, out: Array) -> None:
        # the mode "raise" would write to a buffer first; the numbers are known to be in range
        np.take(self.data, numbers, axis=0, out=out, mode="clip")


@dataclass(frozen=True)
class _Piece:
    """The rows of one source. first: the number of its first row."""

    source: Source
    first: int


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows of one array, or of several arrays joined along the first axis.

    shape, dtype: of the encoded rows, as those of an array. To compute with the values, use `blocks`, or
    `numpy.asarray` if there are few rows.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    _pieces: tuple[_Piece, ...]
    _stored: np.dtype  # the type in the pieces; below, the shape of a row there
    _row: tuple[int, ...]
    _numbers: Array | None = None  # (rows,) which of the pieces' rows these are; None: all
    _steps: tuple[tuple[Step, Array | None], ...] = ()  # each with one value per row, in the order of these rows

    @classmethod
    def of(cls, array: Array) -> Rows:
        """The rows of an array in memory."""
        return cls.stored(_Memory(array), array.dtype, array.shape)

    @classmethod
    def stored(cls, source: Source, dtype: np.dtype, shape: tuple[int, ...]) -> Rows:
        """The rows in a source, of an array in C order."""
        return cls(shape, dtype.newbyteorder("="), (_Piece(source, 0),), dtype, shape[1:])

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
    def in_file(self) -> bool:
        """Whether rows are read from a file."""
        return not all(isinstance(piece.source, _Memory) for piece in self._pieces)

    @property
    def read_ahead(self) -> bool:
        """Whether a thread should read batches before they are needed."""
        return any(piece.source.read_ahead for piece in self._pieces)

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

    def then(self, step: Step, row: tuple[int, ...], dtype: DTypeLike | None = None, each: Array | None = None) -> Rows:
        """The rows after one more step, whose result has rows of the shape `row`. each: (rows,) one value per row."""
        dtype = self.dtype if dtype is None else np.dtype(dtype)
        return replace(self, shape=(len(self), *row), dtype=dtype, _steps=(*self._steps, (step, each)))

    def astype(self, dtype: DTypeLike, copy: bool = False) -> Rows:
        if self.dtype == dtype:
            return self
        return self.then(lambda block, _, out: _given(block.astype(dtype, copy=False), out), self.shape[1:], dtype)

    def gather(self, rows: Array | slice = slice(None), out: Array | None = None) -> Array:
        """(rows, *shape[1:]), C-contiguous, a copy. rows: numbers counted from 0, or a slice.

        out: where to write them, of that shape and dtype. Raises DataError if the file has been changed.
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
        """(array, numbers): an array, and which of its rows these are. If the rows are in memory and need no encoding,
        it is the array that holds them, which must not be written to, and nothing is copied; otherwise a copy."""
        stored = rows if self._numbers is None else self._numbers[rows]
        for piece in () if self._steps or self.dtype != self._stored else self._pieces:
            if not isinstance(piece.source, _Memory):
                continue
            array = piece.source.data.view(self._stored)
            if (
                array.flags.aligned
                and len(rows)
                and piece.first <= stored.min()
                and stored.max() < piece.first + len(array)
            ):
                return array.reshape(len(array), *self._row), stored - piece.first
        return self.gather(rows), np.arange(len(rows))

    def _fits(self, out: Array) -> bool:
        """Whether the rows as stored fill `out` exactly."""
        return out.dtype == self._stored and out.flags.c_contiguous and prod(out.shape[1:]) == prod(self._row)

    def _fill(self, numbers: Array, block: Array) -> None:
        target = block.view(np.uint8).reshape(len(block), self._pieces[0].source.width)
        if len(self._pieces) == 1:
            self._pieces[0].source.take(numbers, target)
            return
        for piece in self._pieces:
            there = np.flatnonzero((numbers >= piece.first) & (numbers < piece.first + len(piece.source)))
            some = np.empty((len(there), target.shape[1]), np.uint8)
            piece.source.take(numbers[there] - piece.first, some)
            target[there] = some

    def __getitem__(self, rows: int | np.integer | slice | Array | Sequence[int]) -> Array:
        if isinstance(rows, int | np.integer):
            row: Array = self.gather(np.array([rows % len(self)]))[0]
            return row
        if not isinstance(rows, slice):
            rows = np.asarray(rows)
            rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return self.gather(rows)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        """All rows at once."""
        return self.gather().astype(self.dtype if dtype is None else dtype, copy=False)


def _given(block: Array, out: Array | None) -> Array:
    if out is None:
        return block
    out[...] = block
    return out


def is_large(dtype: np.dtype, shape: Sequence[int]) -> bool:
    """Whether an array should become Rows. Text and arrays of one number per row should not: they take no more memory
    than the order of an epoch."""
    return dtype.kind != "U" and prod(shape[1:]) > 1 and dtype.itemsize * prod(shape) >= LARGE


def large(array: Array) -> Array | Rows:
    """The array, or its Rows if it is large."""
    return Rows.of(array) if is_large(array.dtype, array.shape) else array


def chosen(array: Array | Rows, rows: Array) -> Array | Rows:
    """Some rows of an array: a copy, or a selection if the array is large."""
    array = large(array) if isinstance(array, np.ndarray) else array
    if isinstance(array, Rows):
        return array.select(rows)
    if len(rows) == len(array) and np.array_equal(rows, np.arange(len(array))):
        return array
    some: Array = array[rows]
    return some


def joined(arrays: Sequence[Array | Rows]) -> Array | Rows:
    """The arrays joined along the first axis; nothing is copied if one of them is large. Their rows have one shape."""
    if not any(isinstance(array, Rows) for array in arrays):
        return np.concatenate(arrays)
    several = [array if isinstance(array, Rows) else Rows.of(array) for array in arrays]
    first = several[0]
    if any(rows._stored != first._stored or rows._steps or rows._numbers is not None for rows in several):
        # several types: rare, and usually small
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
    """(number of the first row, rows), block by block; those of an array are views and must not be written to."""
    size = max(1, _BLOCK // max(1, array.nbytes // max(1, len(array))))
    for first in range(0, len(array), size):
        yield first, array[first : first + size]


def extent(array: Array | Rows) -> tuple[Any, Any]:
    """The smallest and the largest value."""
    ends = [(block.min(), block.max()) for _, block in blocks(array)]
    return min(low for low, _ in ends), max(high for _, high in ends)
