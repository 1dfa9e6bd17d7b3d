"""The result of a DuckDB query, piece by piece, as NumPy arrays: DuckDB's Arrow C stream, read with ctypes.

DuckDB's own ways into NumPy return all rows at once, and those that return pieces need pandas or pyarrow. The layout of
the structures below is fixed: https://arrow.apache.org/docs/format/CStreamInterface.html
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import duckdb

Array = np.ndarray


class _Array(ctypes.Structure):
    """ArrowArray."""


class _Stream(ctypes.Structure):
    """ArrowArrayStream."""


_Array._fields_ = (
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64), ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))), ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))), ("private_data", ctypes.c_void_p),
)  # fmt: skip
_Stream._fields_ = (
    ("get_schema", ctypes.c_void_p),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.c_void_p),  # DuckDB does it when the capsule is deleted
    ("private_data", ctypes.c_void_p),
)


def pieces(rows: duckdb.DuckDBPyRelation, dtypes: Sequence[Any]) -> Iterator[list[Array]]:
    """The columns of some tens of thousands of rows at a time; in the order of the rows, if DuckDB has one thread.

    dtypes: of the columns, float64 or int32 as the query casts them. There must be no NULL. The arrays are valid until
    the next piece. Raises duckdb.Error.
    """
    import duckdb  # imported here to keep start-up fast

    capsule = rows.__arrow_c_stream__()
    address = ctypes.pythonapi.PyCapsule_GetPointer
    address.restype, address.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    stream = ctypes.cast(address(capsule, b"arrow_array_stream"), ctypes.POINTER(_Stream)).contents
    while True:
        piece = _Array()
        if stream.get_next(ctypes.byref(stream), ctypes.byref(piece)):
            raise duckdb.Error((stream.get_last_error(ctypes.byref(stream)) or b"").decode("utf-8", "replace"))
        if not piece.release:
            return
        try:
            yield [_values(piece.children[at].contents, np.dtype(dtype)) for at, dtype in enumerate(dtypes)]
        finally:
            piece.release(ctypes.byref(piece))


def _values(column: Any, dtype: np.dtype) -> Array:
    end = column.offset + column.length
    if not end:
        return np.empty(0, dtype)
    held = (ctypes.c_char * (dtype.itemsize * end)).from_address(column.buffers[1])
    return np.frombuffer(held, dtype)[column.offset :]
