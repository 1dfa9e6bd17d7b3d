"""Files of the cache, mapped into memory: the system reads pages when they are accessed, and drops them when memory is
short.

Only files that nnctl writes are mapped, since they are never shortened: a process that reads a mapped page beyond the
end of its file is killed. For the files of a user see `nnctl.data.readers.row_file`.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnctl.data.readers.memory_size import machine_memory
from nnctl.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

Array = np.ndarray
_KEPT = 64 << 20  # bytes that stay mapped while all rows of a file are read


class MappedFile:
    """A whole file, mapped read-only. in_order: its rows are read one after the other, not in any order."""

    def __init__(self, path: Path, in_order: bool = False):
        self.path = path
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._size = len(self._map)
        self._read = 0
        # The system reads neighboring rows with each row, which helps a shuffled epoch if memory can keep them. Of
        # larger files, only the rows of a batch are read, all at once: a tenth of the time of reading them one by one.
        large = not in_order and self._size > machine_memory() / 2
        self._only_wanted = large and hasattr(mmap, "MADV_WILLNEED")
        if self._only_wanted:
            self._map.madvise(mmap.MADV_RANDOM)

    def array(self, dtype: DTypeLike, shape: tuple[int, ...]) -> Array:
        """The file from its beginning as an array in C order; it must not be written to."""
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._map, dtype, count).reshape(shape)

    def wanted(self, width: int, numbers: Array) -> None:
        """Announces that these rows of `width` bytes are read next."""
        if not self._only_wanted or not len(numbers):
            return
        if numbers[-1] - numbers[0] == len(numbers) - 1:
            begin, width = width * numbers[:1], width * len(numbers)
        else:
            begin = width * numbers
        for first in begin.tolist():
            page = first & -mmap.PAGESIZE
            self._map.madvise(mmap.MADV_WILLNEED, page, first + width - page)

    def passed(self, size: int) -> None:
        """So many bytes have been read in sequence: from time to time, the pages are unmapped. They remain in the
        system's cache, but no longer count as memory of the process. This is not done for scattered rows: mapping the
        pages of each batch again would take four times as long."""
        self._read += size
        if self._read > _KEPT and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
            self._read = 0

    def check(self) -> None:
        """Raises DataError if the file has become shorter, since reading beyond its end would kill the process."""
        size = self._map.size()
        if size < self._size:
            raise DataError(f"was truncated from {self._size:,} to {size:,} bytes while it was in use", str(self.path),
                            "do not change files of the cache while a run reads them")  # fmt: skip


class MappedRows:
    """The rows of a mapped file, `width` bytes each (a `Source` of `Rows`)."""

    read_ahead = True

    def __init__(self, path: Path, rows: int, width: int):
        self.width = width
        self._file = MappedFile(path)
        self._data = self._file.array(np.uint8, (rows, width))

    def __len__(self) -> int:
        return len(self._data)

    def take(self, numbers: Array, out: Array) -> None:
        self._file.check()
        self._file.wanted(self.width, numbers)
        np.take(self._data, numbers, axis=0, out=out, mode="clip")
        # all rows of a split are being read in order, in steps of less than two
        if len(numbers) and 0 <= numbers[-1] - numbers[0] < 2 * len(numbers):
            self._file.passed(len(numbers) * self.width)
