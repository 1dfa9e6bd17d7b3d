"""Arrays as safetensors files, written piece by piece: the library's writer holds them twice more in memory, which for
a model of 3 million weights and their moments is 100 MB. Files are read with the library.

Format: 8 bytes, the header's length; the header, JSON of each array's type, shape and place; the arrays, the widest
types first, so that each lies at a multiple of its size. Source: github.com/huggingface/safetensors, README.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import numpy as np

TYPES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8",
    "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip


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
