"""Files mapped into memory: the system reads pages when they are accessed, and drops them when memory is short."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.data.readers.memory_size import machine_memory
from nnctl.errors import DataError

if TYPE_CHECKING:
    import zipfile

_KEPT = 64 << 20  # bytes that stay mapped while all rows of a file are read
_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")  # APPNOTE.TXT of PKWARE, 4.3.7


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

    def array(self, dtype: np.dtype, shape: tuple[int, ...], offset: int) -> np.ndarray:
        """The array in C order that begins at `offset`; it must not be written to."""
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._map, dtype, count, offset).reshape(shape)

    def wanted(self, start: int, width: int, numbers: np.ndarray) -> None:
        """Announces that these rows of `width` bytes are read next; row 0 begins at `start`."""
        if not self._only_wanted or not len(numbers):
            return
        if numbers[-1] - numbers[0] == len(numbers) - 1:
            begin, width = start + width * numbers[:1], width * len(numbers)
        else:
            begin = start + width * numbers
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
            raise DataError(
                f"was truncated from {self._size:,} to {size:,} bytes while it was in use", str(self.path),
                "do not change a file while a run reads it: write the new one under another name, then rename it",
            )  # fmt: skip


def stored_at(path: Path, info: zipfile.ZipInfo) -> int | None:
    """Where the bytes of a member begin in a zip file; None if they are compressed, or not where the index says.

    Only the header of the member is read; to verify its checksum, all of a file that is mapped would have to be read.
    That it is complete follows from its size, on which its npy header and the index of the zip file agree.
    """
    import zipfile  # imported here to keep start-up fast

    packed = info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1  # bit 0: encrypted
    if packed or info.compress_size != info.file_size:
        return None
    with path.open("rb") as file:
        file.seek(info.header_offset)
        head = file.read(_LOCAL_HEADER.size)
        size = file.seek(0, 2)
    if len(head) < _LOCAL_HEADER.size:
        return None
    fields: tuple[Any, ...] = _LOCAL_HEADER.unpack(head)
    start = info.header_offset + _LOCAL_HEADER.size + fields[9] + fields[10]
    good = fields[0] == b"PK\3\4" and fields[3] == zipfile.ZIP_STORED and start + info.file_size <= size
    return start if good else None
