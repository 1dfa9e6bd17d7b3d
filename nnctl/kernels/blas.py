"""Matrix products inside compiled loops, by the OpenBLAS that NumPy has brought along.

Numba itself would want SciPy for them. A whole sequence's loop, products included, then runs without Python, so that
two threads never wait for each other's interpreter lock. Importing this raises ImportError where NumPy has another
BLAS (a distribution's, Apple's): callers then take the products in Python.
"""

import ctypes

from llvmlite import binding
from numba import types
from numba.extending import intrinsic
from threadpoolctl import threadpool_info

from nnctl.kernels.compiling import kernel

_SYMBOL = "scipy_cblas_sgemm64_"  # of the OpenBLAS in NumPy's wheels: C interface, 64-bit sizes
_ROW_MAJOR, _NO_TRANSPOSE, _TRANSPOSE = 101, 111, 112


def _address() -> int:
    for library in threadpool_info():
        if library["user_api"] == "blas":
            handle = ctypes.CDLL(library["filepath"])
            if hasattr(handle, _SYMBOL):
                return ctypes.cast(getattr(handle, _SYMBOL), ctypes.c_void_p).value
    raise ImportError(f"NumPy's BLAS has no {_SYMBOL}")


# by name, not by address, so that compiled code can be kept for the next process
binding.add_symbol("nnctl_sgemm", _address())
_sgemm = types.ExternalFunction(
    "nnctl_sgemm",
    types.void(
        types.int32, types.int32, types.int32, types.int64, types.int64, types.int64,
        types.float32, types.voidptr, types.int64, types.voidptr, types.int64, types.float32, types.voidptr, types.int64,
    ),
)  # fmt: skip


@intrinsic
def _pointer(context, array):
    """Where an array's numbers begin."""

    def build(context, builder, signature, arguments):
        [kind], [value] = signature.args, arguments
        data = context.make_array(kind)(context, builder, value).data
        return builder.bitcast(data, context.get_value_type(types.voidptr))

    return types.voidptr(array), build


@kernel
def times(a, b, c, keep):
    """c = a b + keep c, for float32 matrices whose rows are contiguous; c must overlap neither."""
    _sgemm(_ROW_MAJOR, _NO_TRANSPOSE, _NO_TRANSPOSE, a.shape[0], b.shape[1], a.shape[1], 1.0,
           _pointer(a), a.strides[0] // 4, _pointer(b), b.strides[0] // 4, keep, _pointer(c), c.strides[0] // 4)  # fmt: skip


@kernel
def times_left(a, b, c, keep):
    """c = a^T b + keep c."""
    _sgemm(_ROW_MAJOR, _TRANSPOSE, _NO_TRANSPOSE, a.shape[1], b.shape[1], a.shape[0], 1.0,
           _pointer(a), a.strides[0] // 4, _pointer(b), b.strides[0] // 4, keep, _pointer(c), c.strides[0] // 4)  # fmt: skip


@kernel
def times_right(a, b, c, keep):
    """c = a b^T + keep c."""
    _sgemm(_ROW_MAJOR, _NO_TRANSPOSE, _TRANSPOSE, a.shape[0], b.shape[0], a.shape[1], 1.0,
           _pointer(a), a.strides[0] // 4, _pointer(b), b.strides[0] // 4, keep, _pointer(c), c.strides[0] // 4)  # fmt: skip
