"""Writes safetensors files piece by piece. The library's writer holds all arrays in memory two more times, which is
100 MB for a model of 3 million weights and their moments. Files are read with the library.

Format: 8 bytes with the header's length; the header, JSON with each array's type, shape and position; the arrays, the
widest types first, so that each starts at a multiple of its size. Source: github.com/huggingface/safetensors, README.

The first metadata entry of a signed file is the SHA-256 of the whole file, computed with 64 zeros in its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

TYPES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8",
    "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip

_SIGNATURE = "sha256"
_START = f'{{"__metadata__":{{"{_SIGNATURE}":"'.encode()
_ZEROS = b"0" * 64
_AT = 8 + len(_START)  # where the checksum of a signed file is


class Unsigned(ValueError):
    """The bytes are not a signed file. metadata: the metadata of an unsigned file, or None."""

    def __init__(self, metadata: Any):
        super().__init__("the file has no checksum")
        self.metadata = metadata


def pieces(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> Iterator[bytes | memoryview]:
    """The bytes of a file with these arrays and this metadata, in pieces. Raises KeyError for types that the format
    does not have."""
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    start = 0
    order = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    for name in order:
        array = arrays[name]
        end = start + array.nbytes
        header[name] = {"dtype": TYPES[str(array.dtype)], "shape": array.shape, "data_offsets": (start, end)}
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little")
    yield text
    for name in order:
        yield np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8).data


def signed(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> Iterator[bytes | memoryview]:
    """The same, with a checksum of the whole file."""
    metadata = {_SIGNATURE: _ZEROS.decode(), **metadata}
    digest = hashlib.sha256()
    for piece in pieces(arrays, metadata):
        digest.update(piece)
    written = pieces(arrays, metadata)
    yield next(written)
    header = bytes(next(written))
    assert header.startswith(_START + _ZEROS)
    yield _START + digest.hexdigest().encode() + header[len(_START) + 64 :]
    yield from written


def verified(content: bytes) -> dict[str, str]:
    """The metadata of a signed file. Raises Unsigned if it is not signed, ValueError if the checksum does not match."""
    if content[8:_AT] != _START:
        raise Unsigned(_metadata(content))
    digest = hashlib.sha256(content[:_AT])
    digest.update(_ZEROS)
    digest.update(memoryview(content)[_AT + 64 :])
    if digest.hexdigest().encode() != content[_AT : _AT + 64]:
        raise ValueError("its checksum is not that of its content")
    metadata: dict[str, str] = _metadata(content)
    return metadata


def _metadata(content: bytes) -> Any:
    size = int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8 : 8 + size]) if size < len(content) else None
    except (ValueError, RecursionError):
        return None
    return header.get("__metadata__") if isinstance(header, dict) else None
