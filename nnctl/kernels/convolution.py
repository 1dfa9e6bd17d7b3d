"""Convolutions compiled, some rows at a time: their windows are copied out, multiplied and, going back, their gradients
added up while they are in the second-level cache. NumPy's twin: layers/convolution.py.

x (rows, height, width, channels); y (rows, *positions, filters); w (window * channels, filters);
columns (a few rows, *positions, *sizes, channels): room for the windows.
"""

import numpy as np

from nnctl.kernels.blas import times, times_left, times_right
from nnctl.kernels.compiling import kernel

_ZERO, _ONE = np.float32(0), np.float32(1)


@kernel
def forward(x, w, y, columns, strides, before, dilations):
    """y = the windows of x times w."""
    for first in range(0, x.shape[0], columns.shape[0]):
        end = min(first + columns.shape[0], x.shape[0])
        part = columns[: end - first]
        copy_out(x[first:end], part, strides, before, dilations)
        times(_rows(part, w.shape[0]), w, _rows(y[first:end], w.shape[1]), _ZERO)


@kernel
def backward(x, w, dy, dw, dx, columns, strides, before, dilations):
    """dw, and dx where it is not empty."""
    dw[:] = 0
    dx[:] = 0
    for first in range(0, x.shape[0], columns.shape[0]):
        end = min(first + columns.shape[0], x.shape[0])
        part = columns[: end - first]
        rows, slopes = _rows(part, w.shape[0]), _rows(dy[first:end], w.shape[1])
        if dw.size:
            copy_out(x[first:end], part, strides, before, dilations)
            times_left(rows, slopes, dw, _ONE)
        if dx.size:
            times_right(slopes, w, rows, _ZERO)
            add_back(part, dx[first:end], strides, before, dilations)


@kernel
def _rows(x, width):
    return x.reshape(x.size // width, width)


@kernel
def copy_out(x, columns, strides, before, dilations):
    """Every window of x, zeros where it reaches into the padding."""
    rows, high, wide, tall, broad, channels = columns.shape
    height, width = x.shape[1], x.shape[2]
    if channels == 1:
        _copy_places(x[:, :, :, 0], columns[:, :, :, :, :, 0], strides, before, dilations)
        return
    windows = columns.reshape(rows, high, wide, tall, broad * channels)
    lines = x.reshape(rows, height, width * channels)
    # with dilation 1 a row of the window is one run of numbers in both
    runs, length = (1, broad) if dilations[1] == 1 else (broad, 1)
    for n in range(rows):
        for i in range(high):
            for a in range(tall):
                up = i * strides[0] + a * dilations[0] - before[0]
                if up < 0 or up >= height:
                    windows[n, i, :, a] = 0
                    continue
                line = lines[n, up]
                for j in range(wide):
                    window = windows[n, i, j, a]
                    for b in range(runs):
                        first = j * strides[1] + b * dilations[1] - before[1]
                        low, end = max(0, -first), min(length, width - first)
                        if end - low < length:
                            window[b * channels : (b + length) * channels] = 0
                        if end <= low:
                            continue
                        run = window[(b + low) * channels : (b + end) * channels]
                        seen = line[(first + low) * channels : (first + end) * channels]
                        for c in range(run.size):
                            run[c] = seen[c]


@kernel
def _copy_places(x, columns, strides, before, dilations):
    """The same for one channel: a place of the window at a time, for all windows of a line."""
    rows, high, wide, tall, broad = columns.shape
    for n in range(rows):
        for i in range(high):
            for a in range(tall):
                up = i * strides[0] + a * dilations[0] - before[0]
                for b in range(broad):
                    into = columns[n, i, :, a, b]
                    if up < 0 or up >= x.shape[1]:
                        into[:] = 0
                        continue
                    line, shift = x[n, up], b * dilations[1] - before[1]
                    for j in range(wide):
                        place = j * strides[1] + shift
                        into[j] = line[place] if 0 <= place < line.size else 0


@kernel
def add_back(columns, dx, strides, before, dilations):
    """Adds every window's gradient to the places of dx that it saw."""
    rows, high, wide, tall, broad, channels = columns.shape
    height, width = dx.shape[1], dx.shape[2]
    windows = columns.reshape(rows, high, wide, tall, broad * channels)
    lines = dx.reshape(rows, height, width * channels)
    runs, length = (1, broad) if dilations[1] == 1 else (broad, 1)
    for n in range(rows):
        for i in range(high):
            for a in range(tall):
                up = i * strides[0] + a * dilations[0] - before[0]
                if up < 0 or up >= height:
                    continue
                line = lines[n, up]
                for j in range(wide):
                    window = windows[n, i, j, a]
                    for b in range(runs):
                        first = j * strides[1] + b * dilations[1] - before[1]
                        low, end = max(0, -first), min(length, width - first)
                        if end <= low:
                            continue
                        run = window[(b + low) * channels : (b + end) * channels]
                        into = line[(first + low) * channels : (first + end) * channels]
                        for c in range(run.size):
                            into[c] += run[c]
