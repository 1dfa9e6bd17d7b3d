"""Compiled elementwise operations. NumPy releases and takes Python's lock for each of them, which costs more than the
sum of a small layer where threads meet. The NumPy references are nn/layers/activation.py, nn/layers/merge.py and
nn/layers/regularization.py.

All arrays are contiguous and have one axis; of parts of matrices, the rows are contiguous.
"""

import numpy as np

from nnctl.kernels.primitives.philox import philox
from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import row_of

# Rows whose random bits are drawn at once: what has just been written in small pieces is slow to be read in large ones.
_DRAWN = 8


@kernel
def relu(x, y):
    """y = max(x, 0), NaN where there is NaN; y may be x."""
    for i in range(x.size):
        y[i] = 0 if x[i] < 0 else x[i]


@kernel
def relu_back(y, dy):
    """dy becomes the gradient of x."""
    for i in range(y.size):
        dy[i] = 0 if y[i] <= 0 else dy[i]


@kernel
def add(a, b, y):
    """y = a + b; y may be a."""
    for i in range(y.size):
        y[i] = a[i] + b[i]


@kernel
def drop(x, bits, limit, scale, mask, y):
    """mask = scale where the random bits are at least the limit, else 0; y = x mask."""
    limit, scale = np.int32(limit), np.float32(scale)
    for i in range(x.size):
        mask[i] = scale if bits[i] >= limit else np.float32(0)
        y[i] = x[i] * mask[i]


@kernel
def times(a, y):
    """y becomes y a."""
    for i in range(y.size):
        y[i] = y[i] * a[i]


@kernel
def drop_part(x, mask, y, draw, step, row, column, wide, limit, scale):
    """Dropout of part of a batch, which begins at that row and that column, a multiple of 16, of rows of `wide`
    numbers: mask = scale where the random bits are at least the limit, else 0; y = x mask.

    draw (6): the state of the layer's random bits (kernels/primitives/philox.py) but for the step and the row.
    """
    state, buffer = _drawing(draw, step), _bits_buffer(x.shape[1])
    for first in range(0, x.shape[0], _DRAWN):
        end = min(first + _DRAWN, x.shape[0])
        bits = _drawn(state, buffer, row + first, end - first, column, wide)
        for r in range(first, end):
            drop(row_of(x, r), bits[r - first], limit, scale, row_of(mask, r), row_of(y, r))


@kernel
def drop_in_place(x, draw, step, row, column, wide, limit, scale):
    """The same without a mask: x becomes x mask."""
    state, buffer, limit = _drawing(draw, step), _bits_buffer(x.shape[1]), np.int32(limit)
    for first in range(0, x.shape[0], _DRAWN):
        end = min(first + _DRAWN, x.shape[0])
        bits = _drawn(state, buffer, row + first, end - first, column, wide)
        for r in range(first, end):
            numbers, xr = bits[r - first], row_of(x, r)
            for j in range(xr.size):
                xr[j] *= scale if numbers[j] >= limit else np.float32(0)


@kernel
def _drawing(draw, step):
    state = np.empty(6, np.uint64)
    for k in range(6):
        state[k] = draw[k]
    state[2] = step
    return state


@kernel
def _bits_buffer(columns):
    return np.empty((_DRAWN, 4 * ((columns + 15) // 16)), np.uint64)


@kernel
def _drawn(state, bits, row, rows, column, wide):
    """The random bits of some rows' numbers from `column` on, (rows, numbers)."""
    for r in range(rows):
        state[0] = (row + r) * ((wide + 15) // 16) + column // 16
        philox(state, bits[r])
    return bits.view(np.uint16)


@kernel
def times_part(a, y):
    """y becomes y a."""
    for r in range(y.shape[0]):
        times(row_of(a, r), row_of(y, r))
