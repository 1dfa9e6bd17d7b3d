"""What ends a convolution, compiled, a row of places at a time: the largest of each block of places, bias and relu, and
back. Loops over one place's filters; a block of 2 by 2, which most poolings have, is one loop.

places (rows of a block, wide, filters), slopes likewise; y, dy, which (blocks, filters): which place of its block is
the largest, the first of equal ones, NaN before all.
"""

import numpy as np

from nnctl.kernels.compiling import kernel
from nnctl.kernels.memory import line

_ZERO = np.float32(0)
_PLACES = tuple(np.int32(k) for k in range(4))


@kernel
def largest(places, pool, bias, y, which):
    """y = max(0, the largest of each block + bias)."""
    blocks, filters = y.shape
    wide = places.shape[1]
    for j in range(blocks):
        yj, wj = y[j], which[j]
        if pool[0] == 2 and pool[1] == 2:
            _largest_of_four(
                line(places, 2 * j * filters, filters), line(places, (2 * j + 1) * filters, filters),
                line(places, (wide + 2 * j) * filters, filters), line(places, (wide + 2 * j + 1) * filters, filters),
                bias, yj, wj,
            )  # fmt: skip
            continue
        first = line(places, j * pool[1] * filters, filters)
        for f in range(filters):
            yj[f] = first[f]
            wj[f] = 0
        for k in range(1, pool[0] * pool[1]):
            place = (k // pool[1] * wide + j * pool[1] + k % pool[1]) * filters
            seen, number = line(places, place, filters), np.int32(k)
            for f in range(filters):
                more = _more(seen[f], yj[f])
                wj[f] = number if more else wj[f]
                yj[f] = seen[f] if more else yj[f]
        for f in range(filters):
            value = yj[f] + bias[f]
            yj[f] = _ZERO if value < 0 else value


@kernel
def _more(a, b):
    """Whether a is larger than b, NaN being the largest."""
    return (a > b) | ((a != a) & (b == b))


@kernel
def _largest_of_four(a, b, c, d, bias, y, which):
    for f in range(y.size):
        above, below = _more(b[f], a[f]), _more(d[f], c[f])
        up, down = b[f] if above else a[f], d[f] if below else c[f]
        lower = _more(down, up)
        number = _PLACES[1] if above else _PLACES[0]
        other = _PLACES[3] if below else _PLACES[2]
        which[f] = other if lower else number
        value = (down if lower else up) + bias[f]
        y[f] = _ZERO if value < 0 else value


@kernel
def to_the_largest(dy, which, slopes, pool):
    """Each block's gradient to its largest place, 0 to the others."""
    blocks, filters = dy.shape
    wide = slopes.shape[1]
    for j in range(blocks):
        dj, wj = dy[j], which[j]
        if pool[0] == 2 and pool[1] == 2:
            _to_one_of_two(dj, wj, line(slopes, 2 * j * filters, filters),
                           line(slopes, (2 * j + 1) * filters, filters), 0)  # fmt: skip
            _to_one_of_two(dj, wj, line(slopes, (wide + 2 * j) * filters, filters),
                           line(slopes, (wide + 2 * j + 1) * filters, filters), 2)  # fmt: skip
            continue
        for k in range(pool[0] * pool[1]):
            place = (k // pool[1] * wide + j * pool[1] + k % pool[1]) * filters
            into, number = line(slopes, place, filters), np.int32(k)
            for f in range(filters):
                into[f] = dj[f] if wj[f] == number else _ZERO


@kernel
def _to_one_of_two(dy, which, a, b, first):
    one, other = np.int32(first), np.int32(first + 1)
    for f in range(dy.size):
        a[f] = dy[f] if which[f] == one else _ZERO
        b[f] = dy[f] if which[f] == other else _ZERO


@kernel
def relu_back(y, dy, dbias):
    """dy, 0 where y is, and its sum over all places, added to dbias where there is one."""
    filters = y.shape[2]
    for k in range(y.shape[0] * y.shape[1]):
        yk, dk = line(y, k * filters, filters), line(dy, k * filters, filters)
        if dbias.size:
            for f in range(filters):
                d = _ZERO if yk[f] <= 0 else dk[f]
                dk[f] = d
                dbias[f] += d
        else:
            for f in range(filters):
                dk[f] = _ZERO if yk[f] <= 0 else dk[f]
