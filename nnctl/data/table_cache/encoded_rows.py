"""The encoded rows of a table as a file: float32, one row after the other, so that a row is read at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from nnctl.data.lazy_array import Rows
from nnctl.data.table_cache.fingerprint import sample_sum
from nnctl.data.table_cache.folder import cannot_write, make_room, remove_leftovers, temporary_of
from nnctl.data.table_cache.mapped_file import MappedRows
from nnctl.progress import Progress

Array = np.ndarray


def write_encoded(path: Path, rows: int, width: int, blocks: Callable[[], Iterator[Array]]) -> Rows:
    """The rows in a file, which is written from the blocks if there is none. Raises DataError if the disk is full."""
    dtype = np.dtype(np.float32)
    size = rows * width * dtype.itemsize
    if not _is_whole(path, size):
        _write(path, size, rows, blocks())
    return Rows.stored(MappedRows(path, rows, width * dtype.itemsize), dtype, (rows, width))


def _is_whole(path: Path, size: int) -> bool:
    try:
        wanted = path.with_suffix(".sum").read_text(encoding="ascii")
        return path.stat().st_size == size and sample_sum(path) == wanted
    except (OSError, UnicodeDecodeError):
        return False


def _write(path: Path, size: int, rows: int, blocks: Iterator[Array]) -> None:
    make_room(size)
    remove_leftovers(path.parent)
    temporary = temporary_of(path)
    progress, done = Progress("encoding the rows"), 0
    try:
        with temporary.open("wb") as file:
            for block in blocks:
                file.write(block.data)
                done += len(block)
                progress.at(f"{done / rows:.0%}")
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".sum").write_text(sample_sum(temporary), encoding="ascii")
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path.parent, error) from None
    finally:
        temporary.unlink(missing_ok=True)
