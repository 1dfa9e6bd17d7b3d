"""Compiled max-pooling: one pass over each window. The NumPy reference is nn/layers/pooling.py.

Where the windows are blocks side by side, whole vectors do it (kernels/primitives/pool_blocks.py). Else an inner loop
writes one array only and has few others beside it: with many, the compiler cannot prove them apart and gives up
vectorizing (a loop that kept the largest one's place in bytes was 30 times as slow).
"""

import numpy as np

from nnctl.kernels.primitives.pool_blocks import largest, to_the_largest
from nnctl.kernels.toolchain.jit import kernel

_NONE = np.float32(0)  # an integer 0 would make float64 of the choice


@kernel
def blocks_forward(x, y, which, pool):
    """y (rows, height, width, channels): the largest of each block of x, and which of its places that is, as y."""
    for n in range(y.shape[0]):
        for i in range(y.shape[1]):
            largest(x[n, i * pool[0] : (i + 1) * pool[0]], pool, y[n, i], which[n, i])


@kernel
def blocks_backward(dy, which, dx, pool):
    """dx: each block's gradient at its largest place, 0 elsewhere."""
    for n in range(dy.shape[0]):
        if dx.shape[1] % pool[0] or dx.shape[2] % pool[1]:  # places of no block
            dx[n] = 0
        for i in range(dy.shape[1]):
            to_the_largest(dy[n, i], which[n, i], dx[n, i * pool[0] : (i + 1) * pool[0]], pool)


@kernel
def max_forward(x, y, sizes, strides, before):
    """y (rows, height, width, channels): the largest of each window of x, NaN where there is one."""
    channels = x.shape[3]
    for n in range(y.shape[0]):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                out = y[n, i, j]
                out[:] = -np.inf
                for a in range(sizes[0]):
                    up = i * strides[0] + a - before[0]
                    if up < 0 or up >= x.shape[1]:
                        continue
                    for b in range(sizes[1]):
                        across = j * strides[1] + b - before[1]
                        if across < 0 or across >= x.shape[2]:
                            continue
                        seen = x[n, up, across]
                        for c in range(channels):
                            out[c] = out[c] if out[c] >= seen[c] or out[c] != out[c] else seen[c]


@kernel
def max_backward(x, y, dy, dx, sizes, strides, before):
    """Adds each window's gradient to dx, at the first of the window's places that hold the largest number.

    dy is used up: what is left of it after a window is 0."""
    channels = x.shape[3]
    for n in range(y.shape[0]):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                largest, left = y[n, i, j], dy[n, i, j]
                for a in range(sizes[0]):
                    up = i * strides[0] + a - before[0]
                    if up < 0 or up >= x.shape[1]:
                        continue
                    for b in range(sizes[1]):
                        across = j * strides[1] + b - before[1]
                        if across < 0 or across >= x.shape[2]:
                            continue
                        seen, into = x[n, up, across], dx[n, up, across]
                        for c in range(channels):
                            found = seen[c] == largest[c]
                            into[c] += left[c] if found else _NONE
                            left[c] = _NONE if found else left[c]
