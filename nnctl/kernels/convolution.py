"""Convolutions compiled, an image at a time: products (kernels/tile.py) that read the windows where they lie in the
image, so that none is copied out, and what follows them, bias, relu and max-pooling, while an image is in the cache.
NumPy's twins: layers/convolution.py and what layers/ended.py puts together.

x (rows, height, width, channels); y (rows, high, wide, filters); w (tall, broad, channels, filters); padded (height,
width + zeros, channels): room for one image with the zeros beside it, or (0, 0, 0) where there are none. Zeros above
and below are left out of the sums. strides, before (zeros above and to the left) and dilations: of two axes.
"""

import numpy as np

from nnctl.kernels.bias import add_columns, add_relu_backward
from nnctl.kernels.blocks import largest_ended, to_the_largest
from nnctl.kernels.compiling import kernel
from nnctl.kernels.memory import copy_line, nothing, pointer, table
from nnctl.kernels.padding import beside_zeros, copy_inside
from nnctl.kernels.pooled_convolution import pays, pooled_backward
from nnctl.kernels.products import tile_rows
from nnctl.kernels.tile import WIDTH, tile
from nnctl.kernels.turning import turn


@kernel
def forward(x, w, bias, y, padded, strides, before, dilations):
    """y = the windows of x times w, + bias where that is not empty."""
    padded[:] = 0
    for n in range(x.shape[0]):
        image = beside_zeros(x[n], padded, before[1])
        for i in range(y.shape[1]):
            _windows(image, w, y[n, i], i, strides, before, dilations, bias, 0, 0)


@kernel
def forward_summed(x, w, bias, shortcut, y, padded, strides, before, dilations, relu):
    """y = shortcut, as y, + the windows of x times w, + bias where that is not empty; with relu max(0, ...) of that."""
    padded[:] = 0
    size = y.shape[2] * y.shape[3]
    for n in range(x.shape[0]):
        image = beside_zeros(x[n], padded, before[1])
        for i in range(y.shape[1]):
            place = (n * y.shape[1] + i) * size
            copy_line(shortcut, place, y, place, size)
            _windows(image, w, y[n, i], i, strides, before, dilations, bias, relu, 1)


@kernel
def forward_ended(x, w, bias, y, padded, strides, before, dilations, pool, which, room):
    """y = max(0, the windows of x times w + bias), and of that the largest in every block of `pool` places, of which
    `which`, as y, tells the number. room (pool[0], wide, filters): for the places of a row of blocks. Without a pooling
    pool is (1, 1), and which and room are not looked at."""
    padded[:] = 0
    none = np.empty(0, np.float32)
    for n in range(x.shape[0]):
        image = beside_zeros(x[n], padded, before[1])
        for i in range(y.shape[1]):
            if pool[0] * pool[1] == 1:
                _windows(image, w, y[n, i], i, strides, before, dilations, bias, 1, 0)
                continue
            for k in range(pool[0]):
                _windows(image, w, room[k], i * pool[0] + k, strides, before, dilations, none, 0, 0)
            largest_ended(room, pool, bias, y[n, i], which[n, i])


@kernel
def backward(x, w, dy, dw, dbias, dx, padded, strides, before, dilations, onto):
    """dw, dbias and dx, each where it is not empty. onto: dx is added to what it holds; for strides of 1 alone."""
    dw[:] = 0
    dbias[:] = 0
    filters, places = dy.shape[3], dy.shape[1] * dy.shape[2]
    padded[:] = 0
    turned, beside = _for_inputs(w, dx, dy.shape[1], dy.shape[2], strides, before, dilations)
    for n in range(x.shape[0]):
        if dbias.size:
            add_columns(table(dy, n * places * filters, places, filters), dbias)
        _image_back(x[n], dy[n], w, dw, dx, n, padded, turned, beside, strides, before, dilations, onto)


@kernel
def backward_ended(x, w, y, dy, dw, dbias, dx, padded, strides, before, dilations, onto, pool, which, slopes):
    """dw, dbias (none where dw is empty), and dx where it is not empty; onto: added to what it holds, for strides of 1
    and no pooling alone. dy becomes the gradient before relu. slopes (high, wide, filters): room for the gradient of an
    image's places before the pooling; without one it is not looked at."""
    dbias[:] = 0
    if pays(w.shape, pool, dilations):
        pooled_backward(x, w, y, dy, dw, dbias, dx, strides, before, dilations, pool, which)
        return
    dw[:] = 0
    padded[:] = 0
    pooled = pool[0] * pool[1] > 1
    high, wide = (slopes.shape[0], slopes.shape[1]) if pooled else (dy.shape[1], dy.shape[2])
    turned, beside = _for_inputs(w, dx, high, wide, strides, before, dilations)
    filters, places = y.shape[3], y.shape[1] * y.shape[2]
    size = places * filters
    for n in range(x.shape[0]):
        add_relu_backward(table(y, n * size, places, filters), table(dy, n * size, places, filters), dbias)
        if pooled:
            for i in range(dy.shape[1]):
                to_the_largest(dy[n, i], which[n, i], slopes[i * pool[0] : (i + 1) * pool[0]], pool)
        _image_back(x[n], slopes if pooled else dy[n], w, dw, dx, n, padded, turned, beside, strides, before, dilations, onto)


# One image


@kernel
def _windows(image, w, y, i, strides, before, dilations, bias, relu, keep):
    """y (wide, filters) = row i of the windows times w, + y where that is to be kept; with a bias, ... + bias, and with
    relu max(0, ...) of that."""
    tall, broad, channels, filters = w.shape
    height, row = image.shape[0], image.shape[1] * channels
    top = i * strides[0] - before[0]
    first = max(0, -(top // dilations[0])) if top < 0 else 0  # rows of the window that are in the image
    end = min(tall, (height - 1 - top) // dilations[0] + 1)
    # of a window's row the numbers lie side by side, unless it is dilated
    side = dilations[1] == 1
    wide = y.shape[0]
    for left in range(0, filters, WIDTH):
        columns = min(WIDTH, filters - left)
        each = _even(wide, tile_rows(columns))
        ends = pointer(bias, left) if bias.size else nothing()
        for j in range(0, wide, each):
            high = min(each, wide - j)
            place = (top + first * dilations[0]) * row + j * strides[1] * channels
            if side:
                run = broad * channels
                tile(pointer(image, place), strides[1] * channels, dilations[0] * row, 1,
                     pointer(w, first * run * filters + left), run * filters, filters, pointer(y, j * filters + left),
                     filters, max(0, end - first), run, columns, high, keep, ends, relu)  # fmt: skip
                continue
            if end <= first:
                tile(pointer(image, 0), 0, 0, 0, pointer(w, 0), 0, 0, pointer(y, j * filters + left), filters, 0, 0,
                     columns, high, keep, ends, relu)  # fmt: skip
            for a in range(first, end):
                tile(pointer(image, place + (a - first) * dilations[0] * row), strides[1] * channels,
                     dilations[1] * channels, 1, pointer(w, a * broad * channels * filters + left), channels * filters,
                     filters, pointer(y, j * filters + left), filters, broad, channels, columns, high, keep or a > first,
                     ends if a == end - 1 else nothing(), relu)  # fmt: skip


@kernel
def _image_back(x, dy, w, dw, dx, n, padded, turned, beside, strides, before, dilations, onto):
    """Adds an image's share to dw, and makes dx[n] where dx is not empty."""
    if dw.size:
        _weights(beside_zeros(x, padded, before[1]), dy, w.shape, dw, strides, before, dilations)
    if dx.size == 0:
        return
    tall, broad = w.shape[:2]
    if strides[0] == 1 and strides[1] == 1:  # a convolution of dy with the window turned round
        zeros = ((tall - 1) * dilations[0] - before[0], (broad - 1) * dilations[1] - before[1])
        none = np.empty(0, np.float32)
        slopes = beside_zeros(dy, beside, zeros[1])
        for i in range(dx.shape[1]):
            _windows(slopes, turned, dx[n, i], i, strides, zeros, dilations, none, 0, onto)
        return
    beside[:] = 0
    for i in range(dy.shape[0]):
        for a in range(tall):
            up = i * strides[0] + a * dilations[0] - before[0]
            if 0 <= up < dx.shape[1]:
                for b in range(broad):
                    _inputs(dy[i], turned[a, b], beside[up], b * dilations[1], strides[1])
    copy_inside(beside, dx[n], before[1])


@kernel
def _for_inputs(w, dx, high, wide, strides, before, dilations):
    """For dx: the windows' weights (tall, broad, filters, channels), and room for an image with zeros beside it, of dy
    or, with strides, of dx."""
    tall, broad, channels, filters = w.shape
    here = dx.size > 0
    turned = np.empty((tall, broad, filters, channels if here else 0), np.float32)
    once = strides[0] == 1 and strides[1] == 1
    if here:
        for a in range(tall):
            for b in range(broad):
                if once:
                    turn(w[a, b], turned[tall - 1 - a, broad - 1 - b])
                else:
                    turn(w[a, b], turned[a, b])
    reach = (broad - 1) * dilations[1]
    if not here:
        return turned, np.zeros((0, 0, 0), np.float32)
    if once:
        zeros = dx.shape[2] + reach - wide  # to the left and to the right of dy
        return turned, np.zeros((high if zeros else 0, wide + zeros, filters), np.float32)
    return turned, np.zeros((dx.shape[1], max(dx.shape[2] + before[1], (wide - 1) * strides[1] + reach + 1), channels),
                            np.float32)  # fmt: skip


@kernel
def _weights(image, dy, shape, dw, strides, before, dilations):
    """Adds the image's share of the gradient to dw."""
    tall, broad, channels, filters = shape
    height, row = image.shape[0], image.shape[1] * channels
    high, wide = dy.shape[:2]
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
                    tile(pointer(image, start + r), 1, strides[0] * row, strides[1] * channels,
                         pointer(dy, first * wide * filters + left), wide * filters, filters,
                         pointer(dw, ((a * broad + b) * channels + r) * filters + left), filters, end - first, wide,
                         columns, min(each, run - r), 1, nothing(), 0)  # fmt: skip


@kernel
def _inputs(dy, turned, into, first, stride):
    """Adds the gradient that a row of windows gives to one of their places, which in the first one is `first`."""
    wide, filters = dy.shape
    channels = turned.shape[1]
    for left in range(0, channels, WIDTH):
        columns = min(WIDTH, channels - left)
        each = _even(wide, tile_rows(columns))
        for j in range(0, wide, each):
            tile(pointer(dy, j * filters), filters, 0, 1, pointer(turned, left), 0, channels,
                 pointer(into, (first + j * stride) * channels + left), stride * channels, 1, filters, columns,
                 min(each, wide - j), 1, nothing(), 0)  # fmt: skip


@kernel
def _even(count, most):
    """Rows of a tile, where `count` rows are cut into as few tiles of about one height as there can be."""
    return -(-count // -(-count // most))
