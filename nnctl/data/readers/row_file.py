"""Rows that stay in the user's file until a batch needs them.

They are read by position (pread), not mapped into memory. Of a mapped file that somebody shortens while a run reads it,
the next access kills the process; a read ends early, which becomes an error message.
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from nnctl.data.readers.memory_size import available_memory, machine_memory
from nnctl.errors import DataError

Array = np.ndarray
Content = TypeVar("Content")
# Files that together take less than this part of the available memory are loaded: a row in memory is found in a tenth
# of the time that reading it takes.
_LOADED = 1 / 4
_ADVICE = hasattr(os, "posix_fadvise")


def fit_in_memory(paths: Sequence[Path]) -> bool:
    """Whether uncompressed files are small enough to be loaded as a whole."""
    return sum(path.stat().st_size for path in paths) <= _LOADED * available_memory()


def read_or_leave(read: Callable[[], Content], rows: RowFile | None, fit: Callable[[], bool]) -> Content | RowFile:
    """The content of an array, or its rows in the file if it does not `fit`, or if memory runs out while it is read.

    rows: None if they cannot stay in the file, as in a compressed one.
    """
    if rows is not None and not fit():
        return rows
    try:
        return read()
    except MemoryError:
        if rows is None:
            raise
        return rows


def _allow_more_files_than(number: int) -> None:
    """Raises the soft limit of open files, which is 1024 on most systems, to the hard limit where a file has a number
    beyond half of it: each array of each file of the data set is open as long as its rows are used."""
    try:
        import resource  # Windows has none, and no such limit
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if number > soft // 2 and soft != hard:
        with contextlib.suppress(ValueError, OSError):  # a system that allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class RowFile:
    """Rows of `width` bytes in a file, one after the other from byte `start` (a `Source` of `Rows`).

    Raises DataError if the file has been changed since.
    """

    def __init__(self, path: Path, start: int, rows: int, width: int):
        self.path = path
        self.width = width
        self._start, self._rows = start, rows
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._file)
        _allow_more_files_than(self._file)
        self._position = threading.Lock()
        self._read = getattr(os, "preadv", self._seek_and_read)  # Windows has no preadv
        self._state = self._size, self._time = self._now()
        # The system reads neighboring rows with each row, which helps a shuffled epoch if memory can keep them. Of
        # larger files, only the rows of a batch are read, all at once: a tenth of the time of reading them one by one.
        # For those that memory can keep, a thread that reads ahead costs more than it gains.
        self.read_ahead = self._size > machine_memory() / 2
        self._only_wanted = _ADVICE and self.read_ahead
        if self._only_wanted:
            os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_RANDOM)

    def __len__(self) -> int:
        return self._rows

    def take(self, numbers: Array, out: Array) -> None:
        """Reads rows, in the order of their numbers, to `out`, (rows, width) bytes."""
        bounds = [0, *(np.flatnonzero(np.diff(numbers) != 1) + 1).tolist(), len(numbers)]  # of rows in sequence
        firsts = numbers[bounds[:-1]].tolist() if len(numbers) else []
        places = [
            (self._start + first * self.width, begin * self.width, end * self.width)
            for first, begin, end in zip(firsts, bounds, bounds[1:], strict=False)
        ]
        if self._only_wanted:
            for place, begin, end in places:
                os.posix_fadvise(self._file, place, end - begin, os.POSIX_FADV_WILLNEED)
        into, read, file = out.reshape(-1).data, self._read, self._file
        for place, begin, end in places:
            # one call is enough, except for more than 2 GB, and for a file that ends here
            while begin < end and (count := read(file, (into[begin:end],), place)):
                begin += count
                place += count
            if begin < end:
                raise self._changed()
        if self._now() != self._state:
            raise self._changed()

    def _seek_and_read(self, file: int, into: tuple[memoryview], place: int) -> int:
        """As os.preadv."""
        with self._position:
            os.lseek(file, place, os.SEEK_SET)
            content = os.read(file, len(into[0]))
        into[0][: len(content)] = content
        return len(content)

    def _now(self) -> tuple[int, int]:
        state = os.fstat(self._file)
        return state.st_size, state.st_mtime_ns

    def _changed(self) -> DataError:
        size, _ = self._now()
        what = f"truncated from {self._size:,} to {size:,} bytes" if size < self._size else "written to"
        return DataError(f"was {what} while it was in use", str(self.path),
                         "do not change a file while a run reads it: write the new one under another name, "
                         "then rename it")  # fmt: skip
