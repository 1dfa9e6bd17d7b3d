"""npz and npy files to arrays, safely: nothing is unpickled, and headers are compared with the size of the file."""

from __future__ import annotations

import ast
import errno
import struct
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from nnctl.data.lazy_array import Rows, is_large, joined, large
from nnctl.data.named_arrays import Arrays
from nnctl.data.readers.paths import Files
from nnctl.data.readers.row_file import RowFile, fit_in_memory, read_or_leave
from nnctl.errors import DataError

if TYPE_CHECKING:
    import zipfile

Array = np.ndarray

_BOMB_RATIO = 200  # decompressed bytes to file bytes; images of a single color stay far below
_BOMB_SIZE = 256 << 20
_CHUNK = 1 << 20  # bytes that are decompressed at once
_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")  # APPNOTE.TXT of PKWARE, 4.3.7


def read_arrays(files: Files) -> Arrays:
    """The arrays of the files; those of several files are joined along the first axis.

    The array of an npy file is called x. Large uncompressed arrays stay in their files, unless the files are small
    compared with the available memory. Raises DataError for objects (pickles), headers that promise more than the file
    has, and broken files.
    """
    loads = lru_cache(partial(fit_in_memory, files.paths))  # asked only if there are large arrays
    parts = [_read(path, loads) for path in files.paths]
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


def _read(path: Path, loads: Callable[[], bool]) -> dict[str, Array | Rows]:
    import zipfile  # imported here to keep start-up fast
    import zlib

    try:
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                return {"x": _read_array(file, path.stat().st_size, str(path), path, lambda: 0, loads)}
        with zipfile.ZipFile(path) as archive:
            return _read_members(archive, path, loads)
    except MemoryError:
        raise DataError(
            "does not fit into memory", str(path),
            "save it uncompressed, with numpy.savez or numpy.save: then rows are read when they are needed",
        ) from None  # fmt: skip
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error, struct.error,
            NotImplementedError, RuntimeError, SyntaxError, TypeError, KeyError) as error:  # fmt: skip
        # the errors of zipfile and numpy for a broken file
        if isinstance(error, OSError) and error.errno == errno.EMFILE:
            hint = "save the arrays in fewer files, or raise the limit with `ulimit -n`"
            raise DataError("too many files are open at once", str(path), hint) from None
        raise DataError(
            f"cannot be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            str(path),
            "write it again with numpy.savez(FILE, x=..., y=...)",
        ) from None


def _read_members(archive: zipfile.ZipFile, path: Path, loads: Callable[[], bool]) -> dict[str, Array | Rows]:
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
    for info in members:
        name = info.filename.removesuffix(".npy")
        with archive.open(info) as file:
            where = f'{path}: array "{name}"'
            start = partial(_stored_at, path, info)
            arrays[name] = _read_array(file, info.file_size, where, path, start, loads)
    return arrays


def _stored_at(path: Path, info: zipfile.ZipInfo) -> int | None:
    """Where the bytes of a member begin in a zip file; None if they are compressed, or not where the index says.

    Only the header of the member is read; to verify its checksum, the whole file would have to be read. That it is
    complete follows from its size, on which its npy header and the index of the zip file agree.
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


def _read_array(file: IO[bytes], size: int, where: str, path: Path, start: Callable[[], int | None],
                loads: Callable[[], bool]) -> Array | Rows:  # fmt: skip
    """One array in npy format of `size` bytes, including its header, which `file` is at.

    path, start: a file, and where the array begins in it, None if it is compressed. loads: whether a large array is
    loaded, and does not stay there.
    """
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
    first = start() if is_large(dtype, shape) and not fortran else None
    rows = None if first is None else RowFile(path, first + size - held, shape[0], held // shape[0])
    content = read_or_leave(lambda: _exactly(file, held), rows, loads)
    if isinstance(content, RowFile):
        return Rows.stored(content, dtype, shape)
    data = content.view(dtype)
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
