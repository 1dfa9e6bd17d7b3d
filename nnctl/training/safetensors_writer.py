"""Arrays as safetensors files, written piece by piece: the library's writer holds them twice more in memory, which for
a model of 3 million weights and their moments is 100 MB. Files are read with the library.

Format: 8 bytes, the header's length; the header, JSON of each array's type, shape and place; the arrays, the widest
types first, so that each lies at a multiple of its size. Source: github.com/huggingface/safetensors, README.

A signed file has as its metadata's first entry the SHA-256 of the whole file, as it is with 64 zeros in that place.
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
_AT = 8 + len(_START)  # of the checksum in a signed file


class Unsigned(ValueError):
    """The bytes are no signed file. metadata: what a file that is not signed says of itself, or None."""

    def __init__(self, metadata: Any):
        super().__init__("the file has no checksum")
        self.metadata = metadata


def pieces(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> Iterator[bytes | memoryview]:
    """The bytes of a file with these arrays and this metadata, one after the other. Raises KeyError for types that the
    format does not have."""
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
    """The same with a checksum of all of it."""
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
    """The metadata of a signed file. Raises Unsigned where it is none, ValueError where the checksum is not its own."""
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
