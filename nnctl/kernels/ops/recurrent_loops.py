"""All time steps of a recurrent layer, products and gates, in one compiled call.

skip: (steps, rows) True where a step is padding, or (0, 0) where none is. A padded step leaves the states, and in
backward their gradients, as they are. The NumPy references are in nn/layers/recurrent.
"""

import numpy as np

from nnctl.kernels.ops import recurrent_cells
from nnctl.kernels.primitives.gemm import packed_of, product_packed
from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import copy


@kernel
def lstm_forward(z, kernel, bias, hs, cs, read, skip):
    """z (steps, rows, 4 units), x W, becomes the gates; hs and cs (steps + 1, rows, units) are filled in."""
    packed = packed_of(kernel)
    for t in range(z.shape[0]):
        product_packed(hs[t], hs.shape[2], 1, packed, z[t], True)
        recurrent_cells.lstm_forward(z[t], bias, cs[t], cs[t + 1], read[t], hs[t + 1])
        if skip.size:
            _stay(cs[t], cs[t + 1], skip[t])
            _stay(hs[t], hs[t + 1], skip[t])


@kernel
def lstm_backward(z, back, cs, read, dys, dh, dc, skip):
    """z becomes its gradient, from those of every output (dys, or none) and of the last states; dh and dc become the
    starts'."""
    packed = packed_of(back)
    after_h, after_c = np.empty_like(dh), np.empty_like(dc)
    for t in range(z.shape[0] - 1, -1, -1):
        if dys.size:
            _add(dys[t], dh)
        if skip.size:
            copy(dh, after_h)
            copy(dc, after_c)
        recurrent_cells.lstm_backward(z[t], cs[t], read[t], dh, dc)
        if skip.size:
            _clear(z[t], skip[t])
        product_packed(z[t], z.shape[2], 1, packed, dh, False)
        if skip.size:
            _stay(after_h, dh, skip[t])
            _stay(after_c, dc, skip[t])


@kernel
def gru_forward(z, kernel, bias, hs, held, product, skip):
    """z (steps, rows, 3 units), x W + b, becomes the gates; hs (steps + 1, rows, units) is filled in."""
    packed = packed_of(kernel)
    for t in range(z.shape[0]):
        product_packed(hs[t], hs.shape[2], 1, packed, product, False)
        recurrent_cells.gru_forward(z[t], product, bias, hs[t], held[t], hs[t + 1])
        if skip.size:
            _stay(hs[t], hs[t + 1], skip[t])


@kernel
def gru_backward(z, back, hs, held, dys, dh, dp, skip):
    """z becomes its gradient and dp that of the state's product, from those of every output (dys, or none) and of the
    last state; dh becomes the start's."""
    packed = packed_of(back)
    after = np.empty_like(dh)
    for t in range(z.shape[0] - 1, -1, -1):
        if dys.size:
            _add(dys[t], dh)
        if skip.size:
            copy(dh, after)
        recurrent_cells.gru_backward(z[t], hs[t], held[t], dh, dp[t])
        if skip.size:
            _clear(z[t], skip[t])
            _clear(dp[t], skip[t])
        product_packed(dp[t], dp.shape[2], 1, packed, dh, True)
        if skip.size:
            _stay(after, dh, skip[t])


@kernel
def _add(x, into):
    for r in range(x.shape[0]):
        xr, ir = x[r], into[r]
        for j in range(xr.size):
            ir[j] += xr[j]


@kernel
def _stay(old, new, skip):
    """Rows of padding keep what they had."""
    for r in range(skip.size):
        if skip[r]:
            for j in range(new.shape[1]):
                new[r, j] = old[r, j]


@kernel
def _clear(x, skip):
    for r in range(skip.size):
        if skip[r]:
            x[r] = 0
