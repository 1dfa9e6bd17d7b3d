"""npz and npy files to arrays, safely: nothing is unpickled, and headers are compared with the size of the file."""

from __future__ import annotations

import ast
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from nnctl.data.lazy_array import Rows, is_large, joined, large
from nnctl.data.named_arrays import Arrays
from nnctl.data.readers.memory_map import MappedFile, stored_at
from nnctl.data.readers.paths import Files
from nnctl.errors import DataError

if TYPE_CHECKING:
    import zipfile

Array = np.ndarray
Place = tuple[MappedFile, int]  # a mapped file, and an offset in it

_BOMB_RATIO = 200  # decompressed bytes to file bytes; images of a single color stay far below
_BOMB_SIZE = 256 << 20
_CHUNK = 1 << 20  # bytes that are decompressed at once


def read_arrays(files: Files) -> Arrays:
    """The arrays of the files; those of several files are joined along the first axis.

    The array of an npy file is called x. Large uncompressed arrays are mapped, not read. Raises DataError for objects
    (pickles), headers that promise more than the file has, and broken files.
    """
    parts = [_read(path) for path in files.paths]
    first = parts[0]
    for path, part in zip(files.paths[1:], parts[1:], strict=True):
        for name in first.keys() | part.keys():
            shapes = [arrays[name].shape[1:] if name in arrays else None for arrays in (first, part)]
            if shapes[0] != shapes[1]:
                raise DataError(
                    f'array "{name}" has rows of shape {shapes[1]}, but {shapes[0]} in {files.paths[0]}',
                    str(path),
                    "give all files the same arrays",
                )
    if len(parts) > 1:
        first = {name: joined([part[name] for part in parts]) for name in first}
    return Arrays(first, files.name)


def _read(path: Path) -> dict[str, Array | Rows]:
    import zipfile  # imported here to keep start-up fast
    import zlib

    try:
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                return {"x": _read_array(file, path.stat().st_size, str(path), lambda: (MappedFile(path), 0))}
        with zipfile.ZipFile(path) as archive:
            return _read_members(archive, path)
    except MemoryError:
        raise DataError(
            "does not fit into memory", str(path),
            "save it uncompressed, with numpy.savez or numpy.save: then rows are read when they are needed",
        ) from None  # fmt: skip
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error, struct.error,
            NotImplementedError, RuntimeError, SyntaxError, TypeError, KeyError) as error:  # fmt: skip
        # the errors of zipfile and numpy for a broken file
        raise DataError(
            f"cannot be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            str(path),
            "write it again with numpy.savez(FILE, x=..., y=...)",
        ) from None


def _read_members(archive: zipfile.ZipFile, path: Path) -> dict[str, Array | Rows]:
    members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
    if not members:
        raise DataError("contains no arrays", str(path), "write it with numpy.savez(FILE, x=..., y=...)")
    inflated, held = sum(info.file_size for info in members), path.stat().st_size
    if inflated > _BOMB_SIZE and inflated > _BOMB_RATIO * held:
        raise DataError(
            f"{held:,} bytes would decompress to {inflated:,}",
            str(path),
            "if this is intended, save it uncompressed with numpy.savez",
        )
    arrays: dict[str, Array | Rows] = {}
    maps: list[MappedFile] = []

    def place(info: zipfile.ZipInfo) -> Place | None:
        if (start := stored_at(path, info)) is None:
            return None
        if not maps:
            maps.append(MappedFile(path))
        return maps[0], start

    for info in members:
        name = info.filename.removesuffix(".npy")
        with archive.open(info) as file:
            where = f'{path}: array "{name}"'
            arrays[name] = _read_array(file, info.file_size, where, partial(place, info))
    return arrays


def _read_array(file: IO[bytes], size: int, where: str, place: Callable[[], Place | None]) -> Array | Rows:
    """One array in npy format of `size` bytes, including its header. place: where it can be mapped, or None."""
    head = file.read(8)
    if head[:6] != b"\x93NUMPY" or head[6] not in (1, 2, 3):
        raise DataError("is not in npy format", where, "write it with numpy.save or numpy.savez")
    width, kind = (2, "<H") if head[6] == 1 else (4, "<I")
    [length] = struct.unpack(kind, file.read(width))
    if length > 10_000 or length > size:
        raise DataError(f"its header claims {length:,} bytes", where, "save the file again")
    header = ast.literal_eval(file.read(length).decode("utf-8" if head[6] == 3 else "latin1"))
    dtype = np.lib.format.descr_to_dtype(header["descr"])
    shape, fortran = header["shape"], header["fortran_order"]
    if dtype.hasobject:
        raise DataError(
            "holds Python objects, which are not read (unpickling can run code)",
            where,
            "save arrays of numbers: text as dtype str, rows of unequal length padded to one length",
        )
    if dtype.kind not in "biufU":
        raise DataError(f"is of type {dtype}, not numbers", where, "save an array of numbers")
    count = 1
    for length_of_axis in shape:
        if not isinstance(length_of_axis, int) or length_of_axis < 0:
            raise DataError(f"its header gives the shape {shape}", where, "save the file again")
        count *= length_of_axis
    held = size - 8 - width - length
    if count * dtype.itemsize != held:
        raise DataError(
            f"its header promises {count * dtype.itemsize:,} bytes of shape {shape}, but the file has {held:,}",
            where,
            "the file is truncated or damaged: save it again",
        )
    if not shape:
        raise DataError("is a single number, not rows", where, "save an array whose first axis is the rows")
    # in Fortran order a row is scattered over the whole file: it is read and transposed once
    if is_large(dtype, shape) and not fortran and (mapped := place()):
        whole, start = mapped
        start += size - held
        return Rows.of(whole.array(dtype, shape, start), whole, start)
    data = np.frombuffer(_exactly(file, held), dtype=dtype)
    return large(data.reshape(shape[::-1]).T if fortran else data.reshape(shape))


def _exactly(file: IO[bytes], size: int) -> Array:
    """(size,) bytes."""
    data, at = np.empty(size, np.uint8), 0  # memory is not used before it is written to
    while at < size and (chunk := file.read(min(_CHUNK, size - at))):
        data[at : at + len(chunk)] = np.frombuffer(chunk, np.uint8)
        at += len(chunk)
    if at != size:
        raise DataError(f"ends after {at:,} of {size:,} bytes", hint="save the file again")
    return data
