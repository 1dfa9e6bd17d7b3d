"""The gradients of a convolution before a max-pooling, relu and bias, from only the places that were the largest.

Each block of a pooling passes its gradient to one of its places, and relu passes none where its output was 0; a product
over all places (kernels/ops/convolution.py) would multiply mostly zeros. Here each filter's windows that have a
gradient are listed, and only these are summed, for dw, or added to, for dx (kernels/primitives/windows.py). Names and
shapes are those of convolution.py.
"""

import numpy as np

from nnctl.kernels.primitives import windows
from nnctl.kernels.primitives.bias_relu import add_relu_backward
from nnctl.kernels.primitives.padding import beside_zeros, copy_inside
from nnctl.kernels.primitives.transpose import transpose
from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import pointer, table

LANES, WIDTH = windows.LANES, windows.WIDTH
_ROWS = tuple(windows.ROWS.get(vectors, 0) for vectors in range(max(windows.ROWS) + 1))


@kernel
def pays(shape, pool, dilations):
    """Whether windows one by one are less work than products over all places: these do, for a number of dw, as many
    multiplications as the pooling has places, but at twice the speed, and use whole vectors where a window's row does
    not fill them."""
    _, broad, channels, _ = shape
    run = broad * channels
    filled = -(-run // LANES) * LANES
    return dilations[1] == 1 and pool[0] * pool[1] * run >= 3 * filled


@kernel
def pooled_backward(x, w, y, dy, dw, dbias, dx, strides, before, dilations, pool, which):
    """dw, dbias (none where dw is empty), and dx where it is not empty. dy is used up."""
    tall, broad, channels, filters = w.shape
    run = broad * channels
    weights = np.empty((filters, tall * run if dx.size else 0), np.float32)
    sums = np.zeros((filters, tall * run if dw.size else 0), np.float32)
    if dx.size:
        transpose(table(w, 0, tall * run, filters), weights)
    high = max(before[0] + x.shape[1], (y.shape[1] * pool[0] - 1) * strides[0] + (tall - 1) * dilations[0] + 1)
    wide = max(before[1] + x.shape[2], (y.shape[2] * pool[1] - 1) * strides[1] + broad)
    inside = high == x.shape[1] and wide == x.shape[2]  # no window reaches beyond the image
    image = np.zeros((0 if inside or dw.size == 0 else high, wide, channels), np.float32)
    into = np.empty((0 if inside or dx.size == 0 else high, wide, channels), np.float32)
    places, values = np.empty(y.shape[1] * y.shape[2], np.int64), np.empty(y.shape[1] * y.shape[2], np.float32)
    shifts = np.empty(pool[0] * pool[1], np.int64)
    for k in range(shifts.size):
        shifts[k] = (k // pool[1] * strides[0] * wide + k % pool[1] * strides[1]) * channels
    steps = (pool[0] * strides[0] * wide * channels, pool[1] * strides[1] * channels)
    size = places.size * filters
    down = dilations[0] * wide * channels  # from one row of a window to the next
    for n in range(x.shape[0]):
        add_relu_backward(table(y, n * size, places.size, filters), table(dy, n * size, places.size, filters), dbias)
        if dw.size and not inside:
            beside_zeros(x[n], image[before[0] :], before[1])
        if dx.size:
            if inside:
                dx[n] = 0
            into[:] = 0
        for f in range(filters):
            count = _listed(dy[n], which[n], f, steps, shifts, places, values)
            for left in range(0, run, WIDTH):
                columns = min(WIDTH, run - left)
                most = _ROWS[(columns + LANES - 1) // LANES]
                for a in range(0, tall, most):
                    rows, here, place = min(most, tall - a), a * run + left, a * down + left
                    if dw.size:
                        windows.gather(pointer(sums, f * tall * run + here), run,
                                       pointer(x[n] if inside else image, place), down, pointer(places, 0),
                                       pointer(values, 0), count, columns, rows)  # fmt: skip
                    if dx.size:
                        windows.scatter(pointer(weights, f * tall * run + here), run,
                                        pointer(dx[n] if inside else into, place), down, pointer(places, 0),
                                        pointer(values, 0), count, columns, rows)  # fmt: skip
        if dx.size and not inside:
            copy_inside(into[before[0] :], dx[n], before[1])
    if dw.size:
        transpose(sums, dw)


@kernel
def _listed(dy, which, f, steps, shifts, places, values):
    """How many windows of filter f have a gradient; where these lie, and what it is."""
    count = 0
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            gradient = dy[i, j, f]
            places[count] = i * steps[0] + j * steps[1] + shifts[which[i, j, f]]
            values[count] = gradient
            count += gradient != 0  # no branch: it could not be predicted
    return count
