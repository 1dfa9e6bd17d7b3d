"""Compiled convolutions, a few images at a time. The products (kernels/primitives/gemm_microkernel.py) read the windows
where they lie in the images, so that none is copied; bias, relu and max-pooling follow while the results are in the
cache. The NumPy references are nn/layers/convolution.py and engine/fusions/conv_pool_relu.py.

x (rows, height, width, channels); y (rows, high, wide, filters); w (tall, broad, channels, filters); padded (images,
height, width + zeros, channels) is a buffer for the images that are computed together, with the zeros beside them, or
(images, 0, 0, 0) where there are none. Zeros above and below are left out of the sums. strides, before (zeros above and
to the left) and dilations: of two axes.
"""

import numpy as np

from nnctl.kernels.ops.conv_pool_backward import pays, pooled_backward
from nnctl.kernels.primitives.bias_relu import add_columns, add_relu_backward
from nnctl.kernels.primitives.convolution_microkernel import tile_across, tile_across_two, tile_of_two, tile_over
from nnctl.kernels.primitives.gemm import tile_rows
from nnctl.kernels.primitives.gemm_microkernel import ACROSS, LANES, WIDTH, tile
from nnctl.kernels.primitives.padding import copy_inside, images_beside_zeros
from nnctl.kernels.primitives.pool_blocks import largest_ended, to_the_largest
from nnctl.kernels.primitives.transpose import transpose
from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import copy_line, line, nothing, pointer, table


@kernel
def forward(x, w, bias, y, padded, strides, before, dilations):
    """y = the windows of x times w, + bias where that is not empty."""
    _forward(x, w, bias, y, padded, strides, before, dilations, 0, 0)


@kernel
def forward_summed(x, w, bias, shortcut, y, padded, strides, before, dilations, relu):
    """y = shortcut, as y, + the windows of x times w + bias; with relu max(0, ...) of that."""
    size = y.shape[1] * y.shape[2] * y.shape[3]
    for n in range(x.shape[0]):
        copy_line(shortcut, n * size, y, n * size, size)
    _forward(x, w, bias, y, padded, strides, before, dilations, relu, 1)


@kernel
def forward_ended(x, w, bias, y, padded, geometry, pooling):
    """y = max(0, the windows of x times w + bias), and of that the largest in every block of the pooling. geometry,
    pooling: see convolution_arguments.py."""
    strides, before, dilations = geometry
    pool, which, places = pooling
    if pool[0] * pool[1] == 1:
        _forward(x, w, bias, y, padded, strides, before, dilations, 1, 0)
        return
    padded[:] = 0
    none = np.empty(0, np.float32)
    wide, row = places.shape[1], places.shape[1] * places.shape[2]
    for n in range(x.shape[0]):
        image = images_beside_zeros(x, n, 1, padded, before[1])
        for i in range(y.shape[1]):
            for k in range(pool[0]):
                _windows(image, w, line(places, k * row, row), 0, wide, i * pool[0] + k, strides, before, dilations,
                         none, 0, 0)  # fmt: skip
            largest_ended(places, pool, bias, y[n, i], which[n, i])


@kernel
def backward(x, w, dy, dw, dbias, dx, padded, strides, before, dilations, onto):
    """dw, dbias and dx, each where it is not empty. onto: dx is added to what it holds; for strides of 1 alone."""
    dw[:] = 0
    dbias[:] = 0
    filters, places = dy.shape[3], dy.shape[1] * dy.shape[2]
    padded[:] = 0
    many = padded.shape[0]
    transposed, beside = _for_inputs(w, dx, dy.shape[1], dy.shape[2], strides, before, dilations, many)
    for n in range(0, x.shape[0], many):
        here = dy[n : min(n + many, x.shape[0])]
        if dbias.size:
            add_columns(table(dy, n * places * filters, here.shape[0] * places, filters), dbias)
        _images_back(x, here, n, w, dw, dx, padded, transposed, beside, strides, before, dilations, onto)


@kernel
def backward_ended(x, w, y, dy, gradients, padded, geometry, pooling):
    """The gradients of forward_ended; dy becomes the gradient before relu. gradients, geometry, pooling: see
    convolution_arguments.py."""
    dw, dbias, dx, onto = gradients
    strides, before, dilations = geometry
    pool, which, before_pool = pooling
    dbias[:] = 0
    if pays(w.shape, pool, dilations):
        pooled_backward(x, w, y, dy, dw, dbias, dx, strides, before, dilations, pool, which)
        return
    dw[:] = 0
    padded[:] = 0
    pooled = pool[0] * pool[1] > 1
    high, wide = (before_pool.shape[1], before_pool.shape[2]) if pooled else (dy.shape[1], dy.shape[2])
    many = 1 if pooled else padded.shape[0]
    transposed, beside = _for_inputs(w, dx, high, wide, strides, before, dilations, many)
    filters, places = y.shape[3], y.shape[1] * y.shape[2]
    size = places * filters
    for n in range(0, x.shape[0], many):
        here = dy[n : min(n + many, x.shape[0])]
        rows = here.shape[0] * places
        add_relu_backward(table(y, n * size, rows, filters), table(dy, n * size, rows, filters), dbias)
        if pooled:
            for i in range(dy.shape[1]):
                to_the_largest(dy[n, i], which[n, i], before_pool[0, i * pool[0] : (i + 1) * pool[0]], pool)
            here = before_pool
        _images_back(x, here, n, w, dw, dx, padded, transposed, beside, strides, before, dilations, onto)


# A few images


@kernel
def _forward(x, w, bias, y, padded, strides, before, dilations, relu, keep):
    """y = the windows of x times w, + y where that is to be kept, with bias and relu as `_windows` has them."""
    padded[:] = 0
    many, row = padded.shape[0], y.shape[2] * y.shape[3]
    for n in range(0, x.shape[0], many):
        images = images_beside_zeros(x, n, min(many, x.shape[0] - n), padded, before[1])
        for i in range(y.shape[1]):
            _windows(images, w, line(y, (n * y.shape[1] + i) * row, row), y.shape[1] * row, y.shape[2], i, strides,
                     before, dilations, bias, relu, keep)  # fmt: skip


@kernel
def _windows(images, w, y, jump, wide, i, strides, before, dilations, bias, relu, keep):
    """y (wide, filters), as a line, = row i of an image's windows times w, + y where that is to be kept; with a bias,
    ... + bias, and with that and relu max(0, ...) of it all. The next image's y lies `jump` numbers further on."""
    tall, broad, channels, filters = w.shape
    height, row = images.shape[1], images.shape[2] * channels
    top = i * strides[0] - before[0]
    first = max(0, -(top // dilations[0])) if top < 0 else 0  # rows of the window that are in the image
    end = min(tall, (height - 1 - top) // dilations[0] + 1)
    # of a window's row the numbers lie side by side, unless it is dilated: then each is a sum of its own
    runs, run = (1, broad * channels) if dilations[1] == 1 else (broad, channels)
    for left in range(0, filters, WIDTH):
        columns = min(WIDTH, filters - left)
        most = tile_rows(columns)
        each = _even(wide, most)
        two = 2 * wide <= most
        across = columns <= LANES and broad == ACROSS and strides[1] == 1 and runs == 1
        deep, ends = max(0, end - first), pointer(bias, left) if bias.size else nothing()
        for j in range(0, wide, each):
            high = min(each, wide - j)
            k = 0
            while k < images.shape[0]:
                both = two and k + 1 < images.shape[0]
                to = pointer(y, k * jump + j * filters + left)
                place = (k * height + top + first * dilations[0]) * row + j * strides[1] * channels
                start = first * broad * channels * filters + left
                if across:
                    _across(pointer(images, place), height * row, dilations[0] * row, pointer(w, start), w.shape, to,
                            jump, both, deep, columns, high, keep, ends, relu)  # fmt: skip
                for b in range(0 if across else runs):
                    a = pointer(images, place + b * dilations[1] * channels)
                    weights = pointer(w, start + b * channels * filters)
                    end_it = ends if b == runs - 1 else nothing()
                    if both:
                        tile_of_two(a, strides[1] * channels, height * row, dilations[0] * row, 1, weights,
                                    broad * channels * filters, filters, to, filters, jump, deep, run, columns, high,
                                    keep or b > 0, end_it, relu)  # fmt: skip
                    else:
                        tile(a, strides[1] * channels, dilations[0] * row, 1, weights, broad * channels * filters,
                             filters, to, filters, deep, run, columns, high, keep or b > 0, end_it, relu)  # fmt: skip
                k += 2 if both else 1


@kernel
def _across(a, apart, down, weights, shape, to, jump, both, deep, columns, high, keep, ends, relu):
    """Windows side by side, in whose rows a filter's sums are one vector: of an image at a, or of that and the next
    one, `apart` numbers further on. down: from one row of a window to the next."""
    _, broad, channels, filters = shape
    beside, below = channels * filters, broad * channels * filters
    if both:
        tile_across_two(a, channels, apart, down, 1, weights, beside, below, filters, to, filters, jump, deep, channels,
                        columns, high, keep, ends, relu)  # fmt: skip
    else:
        tile_across(a, channels, down, 1, weights, beside, below, filters, to, filters, deep, channels, columns, high,
                    keep, ends, relu)  # fmt: skip


@kernel
def _images_back(x, dy, n, w, dw, dx, padded, transposed, beside, strides, before, dilations, onto):
    """Adds the gradients of some images from n on, whose outputs' are dy, to dw, and computes theirs in dx unless that
    is empty."""
    if dw.size:
        _weights(images_beside_zeros(x, n, dy.shape[0], padded, before[1]), dy, w.shape, dw, strides, before, dilations)
    if dx.size == 0:
        return
    tall, broad = w.shape[:2]
    if strides[0] == 1 and strides[1] == 1:  # a convolution of dy with the window rotated by 180 degrees
        zeros = ((tall - 1) * dilations[0] - before[0], (broad - 1) * dilations[1] - before[1])
        none = np.empty(0, np.float32)
        gradients = images_beside_zeros(dy, 0, dy.shape[0], beside, zeros[1])
        row = dx.shape[2] * dx.shape[3]
        for i in range(dx.shape[1]):
            _windows(gradients, transposed, line(dx, (n * dx.shape[1] + i) * row, row), dx.shape[1] * row, dx.shape[2],
                     i, strides, zeros, dilations, none, 0, onto)  # fmt: skip
        return
    for k in range(dy.shape[0]):
        beside[:] = 0
        for i in range(dy.shape[1]):
            for a in range(tall):
                up = i * strides[0] + a * dilations[0] - before[0]
                if 0 <= up < dx.shape[1]:
                    for b in range(broad):
                        _inputs(dy[k, i], transposed[a, b], beside[0, up], b * dilations[1], strides[1])
        copy_inside(beside[0], dx[n + k], before[1])


@kernel
def _for_inputs(w, dx, high, wide, strides, before, dilations, many):
    """For dx: the windows' weights (tall, broad, filters, channels), and a buffer for `many` images of dy with zeros
    beside them or, with strides, for one of dx."""
    tall, broad, channels, filters = w.shape
    here = dx.size > 0
    transposed = np.empty((tall, broad, filters, channels if here else 0), np.float32)
    once = strides[0] == 1 and strides[1] == 1
    if here:
        for a in range(tall):
            for b in range(broad):
                if once:
                    transpose(w[a, b], transposed[tall - 1 - a, broad - 1 - b])
                else:
                    transpose(w[a, b], transposed[a, b])
    reach = (broad - 1) * dilations[1]
    if not here:
        return transposed, np.zeros((0, 0, 0, 0), np.float32)
    if once:
        zeros = dx.shape[2] + reach - wide  # to the left and to the right of dy
        return transposed, np.zeros((many if zeros else 0, high, wide + zeros, filters), np.float32)
    wide = max(dx.shape[2] + before[1], (wide - 1) * strides[1] + reach + 1)
    return transposed, np.zeros((1, dx.shape[1], wide, channels), np.float32)


@kernel
def _weights(images, dy, shape, dw, strides, before, dilations):
    """Adds the images' gradient of the weights to dw."""
    tall, broad, channels, filters = shape
    height, row = images.shape[1], images.shape[2] * channels
    high, wide = dy.shape[1:3]
    runs, run = (1, broad * channels) if dilations[1] == 1 else (broad, channels)
    for a in range(tall):
        shift = a * dilations[0] - before[0]
        first = -(shift // strides[0]) if shift < 0 else 0  # windows whose row a is in the image
        end = min(high, (height - 1 - shift) // strides[0] + 1)
        if end <= first:
            continue
        for b in range(runs):
            start = (first * strides[0] + shift) * row + b * dilations[1] * channels
            for left in range(0, filters, WIDTH):
                columns = min(WIDTH, filters - left)
                each = _even(run, tile_rows(columns))
                for r in range(0, run, each):
                    tile_over(pointer(images, start + r), 1, height * row, strides[0] * row, strides[1] * channels,
                              pointer(dy, first * wide * filters + left), high * wide * filters, wide * filters,
                              filters, pointer(dw, ((a * broad + b) * channels + r) * filters + left), filters,
                              images.shape[0], end - first, wide, columns, min(each, run - r), 1, nothing(),
                              0)  # fmt: skip


@kernel
def _inputs(dy, transposed, into, first, stride):
    """Adds the gradient that a row of windows gives to one of their places, which in the first one is `first`."""
    wide, filters = dy.shape
    channels = transposed.shape[1]
    for left in range(0, channels, WIDTH):
        columns = min(WIDTH, channels - left)
        each = _even(wide, tile_rows(columns))
        for j in range(0, wide, each):
            tile(pointer(dy, j * filters), filters, 0, 1, pointer(transposed, left), 0, channels,
                 pointer(into, (first + j * stride) * channels + left), stride * channels, 1, filters, columns,
                 min(each, wide - j), 1, nothing(), 0)  # fmt: skip


@kernel
def _even(count, most):
    """Rows of a tile, where `count` rows are cut into as few tiles of about one height as there can be."""
    return -(-count // -(-count // most))
