"""IDX files, the format of MNIST: a magic number, the sizes of the axes, then the values, in big-endian order.

    bytes 0-1  zero          byte 2  the type of the values    byte 3  the number of axes
    4 bytes per axis: its size                                 then the values, the last axis varying fastest

Source: LeCun, Cortes and Burges, The MNIST Database.
"""

from __future__ import annotations

import gzip
import io
import math
import re
import struct
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from nnctl.data.lazy_array import Rows, is_large, large
from nnctl.data.named_arrays import Arrays
from nnctl.data.readers.paths import is_idx
from nnctl.data.readers.row_file import RowFile, fit_in_memory, read_or_leave
from nnctl.errors import DataError

Array = np.ndarray

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_PIECE = 1 << 20  # bytes
_SPLITS = {"train": "train", "t10k": "test", "test": "test", "validation": "validation", "valid": "validation"}
_SPLIT = re.compile(rf"(?:^|[-_.])({'|'.join(_SPLITS)})(?=[-_.])", re.IGNORECASE)


def idx_files(folder: Path) -> list[Path]:
    """The IDX files in a folder, compressed or not, each once."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and is_idx(path):
            found.setdefault(path.name.removesuffix(".gz"), path)
    return list(found.values())


def read_idx_files(paths: Sequence[Path], source: str) -> Arrays:
    """x, images (rows, height, width, 1) or arrays of any other shape, and y, labels, from files named as in MNIST.

    Labels have one axis. The file name tells the split: train, or t10k (test); with several splits the arrays are
    called x_train, y_train, x_test, y_test. If only images are given, the file of their labels is read, too.
    """
    if not any("label" in path.name.lower() for path in paths):
        paths = [other for path in paths for other in (path, *_labels_beside(path, paths))]
    arrays: dict[str, Array | Rows] = {}
    several = len({_split_of(path) for path in paths}) > 1
    for path, values in zip(paths, _all_read(paths), strict=True):
        what = "labels" if values.ndim == 1 else "images"
        name = ("y" if values.ndim == 1 else "x") + (f"_{_split_of(path)}" if several else "")
        if name in arrays:
            raise DataError(f"there are two files of {what} for the same split ({_split_of(path)})", str(path),
                            "name one file of images and one of labels for each of train and test")  # fmt: skip
        arrays[name] = values.reshape(*values.shape, 1) if values.ndim == 3 else values
    divisors = {name: 255.0 for name, values in arrays.items() if name[0] == "x" and values.dtype == np.uint8}
    return Arrays(arrays, source, divisors)


def _all_read(paths: Sequence[Path]) -> list[Array | Rows]:
    """The arrays of all files, decompressed in parallel."""
    with ThreadPoolExecutor() as threads:
        return list(threads.map(lambda path: read_idx(path, paths), paths))


def _labels_beside(path: Path, given: Sequence[Path]) -> list[Path]:
    twin = path.name.replace("images", "labels").replace("idx3", "idx1")
    beside = [path.parent / name for name in (twin, twin.removesuffix(".gz"), f"{twin}.gz")]
    return [other for other in beside if twin != path.name and other not in given and other.is_file()][:1]


def _split_of(path: Path) -> str:
    """The split in a file's name, as in train-... and emnist-letters-test-..."""
    found = _SPLIT.search(path.name)
    return _SPLITS[found[1].lower()] if found else "train"


def read_idx(path: Path, beside: Sequence[Path] = ()) -> Array | Rows:
    """The array of an IDX file, compressed by gzip or not, as Rows if it is large. Raises DataError if header and
    contents do not match.

    beside: all files of the data set, which decide whether large arrays stay in their files.

    The header is not trusted: no more memory is used than the values of a valid file need, and a compressed file is
    decompressed no further than its header announces.
    """
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES or not 1 <= head[3] <= 4:
                raise DataError("is not an IDX file: it begins with " + (head.hex(" ") or "nothing"), str(path),
                                "use files like those of MNIST: train-images-idx3-ubyte.gz")  # fmt: skip
            shape = struct.unpack(f">{head[3]}I", _exactly(file, 4 * head[3], path))
            dtype = np.dtype(_TYPES[head[2]])
            wanted = math.prod(shape) * dtype.itemsize
            if path.suffix.lower() != ".gz":
                held = path.stat().st_size - 4 - 4 * head[3]
            else:  # gzip compresses to a thousandth at most
                held = min(wanted, 1100 * path.stat().st_size)
            if held != wanted:
                raise DataError(f"its header promises {wanted:,} bytes of shape {shape}, but the file has {held:,}",
                                str(path), "the file is truncated or damaged: download it again")  # fmt: skip
            stays = is_large(dtype, shape) and path.suffix.lower() != ".gz"
            rows = RowFile(path, file.tell(), shape[0], wanted // shape[0]) if stays else None
            data = read_or_leave(lambda: _exactly(file, wanted, path), rows, lambda: fit_in_memory(beside or [path]))
            if isinstance(data, RowFile):
                return Rows.stored(data, dtype, shape)
            if file.read(1):
                raise DataError(f"continues after the {wanted:,} bytes of its shape {shape}", str(path),
                                "the file is damaged: download it again")  # fmt: skip
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise DataError(f"cannot be read: {error}", str(path),
                        "the file is truncated or damaged: download it again") from None  # fmt: skip
    if not data:
        raise DataError(f"there are no values in its shape {shape}", str(path))
    values = np.frombuffer(data, dtype).reshape(shape)
    return large(values.astype(dtype.newbyteorder("="), copy=False))


def _exactly(file: io.BufferedIOBase, size: int, path: Path) -> bytearray:
    data = bytearray()
    while piece := file.read(min(_PIECE, size - len(data))):  # in one read, gzip would hold the data twice
        data += piece
    if len(data) != size:
        raise DataError(f"ends after {len(data):,} of {size:,} bytes", str(path),
                        "the file is truncated: download it again")  # fmt: skip
    return data
