"""What ends a convolution, compiled, a row of places at a time: the largest of each block of places, bias and relu, and
the pooling back. Loops over one place's filters; blocks of 2 by 2, which most poolings have, by vectors
(kernels/pooled.py).

places (rows of a block, wide, filters), slopes likewise; y, dy, which (blocks, filters): which place of its block is
the largest, the first of equal ones, NaN before all.
"""

import numpy as np

from nnctl.kernels import pooled
from nnctl.kernels.compiling import kernel
from nnctl.kernels.memory import line, pointer

_ZERO = np.float32(0)


@kernel
def largest(places, pool, bias, y, which):
    """y = max(0, the largest of each block + bias)."""
    blocks, filters = y.shape
    wide = places.shape[1]
    done = filters - filters % pooled.SIDE if pool[0] == 2 and pool[1] == 2 else 0
    for j in range(blocks):
        yj, wj = y[j], which[j]
        if done:
            pooled.largest(pointer(places, 2 * j * filters), wide * filters, pointer(bias, 0), pointer(y, j * filters),
                           pointer(which, j * filters), filters)  # fmt: skip
        if done == filters:
            continue
        first = line(places, j * pool[1] * filters, filters)
        for f in range(done, filters):
            yj[f] = first[f]
            wj[f] = 0
        for k in range(1, pool[0] * pool[1]):
            place = (k // pool[1] * wide + j * pool[1] + k % pool[1]) * filters
            seen, number = line(places, place, filters), np.int32(k)
            for f in range(done, filters):
                more = _more(seen[f], yj[f])
                wj[f] = number if more else wj[f]
                yj[f] = seen[f] if more else yj[f]
        for f in range(done, filters):
            value = yj[f] + bias[f]
            yj[f] = _ZERO if value < 0 else value


@kernel
def _more(a, b):
    """Whether a is larger than b, NaN being the largest."""
    return (a > b) | ((a != a) & (b == b))


@kernel
def to_the_largest(dy, which, slopes, pool):
    """Each block's gradient to its largest place, 0 to the others."""
    blocks, filters = dy.shape
    wide = slopes.shape[1]
    done = filters - filters % pooled.SIDE if pool[0] == 2 and pool[1] == 2 else 0
    for j in range(blocks):
        dj, wj = dy[j], which[j]
        if done:
            pooled.to_the_largest(pointer(dy, j * filters), pointer(which, j * filters),
                                  pointer(slopes, 2 * j * filters), wide * filters, filters)  # fmt: skip
        if done == filters:
            continue
        for k in range(pool[0] * pool[1]):
            place = (k // pool[1] * wide + j * pool[1] + k % pool[1]) * filters
            into, number = line(slopes, place, filters), np.int32(k)
            for f in range(done, filters):
                into[f] = dj[f] if wj[f] == number else _ZERO
