"""Files mapped into memory: the system reads the pages that are looked at, and drops them when memory is short."""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.errors import DataError

if TYPE_CHECKING:
    import zipfile

_KEPT = 64 << 20  # bytes of a file that a look at all its rows leaves in sight
_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")  # APPNOTE.TXT of PKWARE, 4.3.7


class MappedFile:
    """A whole file, mapped to be read only."""

    def __init__(self, path: Path):
        self.path = path
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._size = len(self._map)
        self._seen = 0
        # A row brings its neighbours along, which a shuffled epoch wants later, if there is room to keep them. Where
        # there is not, only what is wanted is read, and all rows of a batch at once: a tenth of the time of one by one.
        self._sparing = self._size > machine_memory() / 2 and hasattr(mmap, "MADV_WILLNEED")
        if self._sparing:
            self._map.madvise(mmap.MADV_RANDOM)

    def array(self, dtype: np.dtype, shape: tuple[int, ...], offset: int) -> np.ndarray:
        """The array in C order whose first value is at `offset`; not to be written to."""
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._map, dtype, count, offset).reshape(shape)

    def wanted(self, start: int, width: int, numbers: np.ndarray) -> None:
        """Rows of `width` bytes, of which number 0 begins at `start`, are looked at next."""
        if not self._sparing or not len(numbers):
            return
        if numbers[-1] - numbers[0] == len(numbers) - 1:
            begin, width = start + width * numbers[:1], width * len(numbers)
        else:
            begin = start + width * numbers
        for first in begin.tolist():
            page = first & -mmap.PAGESIZE
            self._map.madvise(mmap.MADV_WILLNEED, page, first + width - page)

    def passed(self, size: int) -> None:
        """So many bytes have been read, one after the other: now and then, what was is put out of sight. The system
        has it in its cache still, and would take it back when memory is short, but else it counts as the process's
        own. Not for scattered rows: a batch's would take four times as long to come into sight again each time."""
        self._seen += size
        if self._seen > _KEPT and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
            self._seen = 0
        # A row brings its neighbours along, which a shuffled epoch wants later, if there is room to keep them. Where
        # there is not, only what is wanted is read, and all rows of a batch at once: a tenth of the time of one by one.
        self._sparing = self._size > machine_memory() / 2 and hasattr(mmap, "MADV_WILLNEED")
        if self._sparing:
            self._map.madvise(mmap.MADV_RANDOM)

    def check(self) -> None:
        """Raises DataError where the file has become shorter: to read what is no longer there ends the process."""
        size = self._map.size()
        if size < self._size:
            raise DataError(
                f"was cut from {self._size:,} to {size:,} bytes while it was in use", str(self.path),
                "leave a file alone while a run reads it: write the new one under another name, then rename it",
            )  # fmt: skip


def machine_memory() -> float:
    """Bytes of memory that the machine has; infinite where it does not tell."""
    try:
        if os.name == "nt":
            return _windows_memory()
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return float("inf")


def _windows_memory() -> float:
    import ctypes  # only here, since it takes time to load

    class MemoryStatus(ctypes.Structure):
        """Windows' MEMORYSTATUSEX."""

        _fields_ = (
            ("length", ctypes.c_uint32), ("percent_used", ctypes.c_uint32), ("total", ctypes.c_uint64),
            ("others", ctypes.c_uint64 * 6),
        )  # fmt: skip

    status = MemoryStatus(ctypes.sizeof(MemoryStatus))
    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009  (mypy checks for a system that has none)
    return float(status.total) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else float("inf")


def stored_at(path: Path, info: zipfile.ZipInfo) -> int | None:
    """Where in a zip file the bytes of a member begin; None where these are packed, or not as the index says.

    Only the member's own header is read: its checksum would mean to read all of a file that is mapped so as not to be
    read. That a member is whole follows from its size, which its npy header and the zip file's index agree on.
    """
    import zipfile

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
