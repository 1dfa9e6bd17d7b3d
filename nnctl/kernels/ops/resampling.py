"""Compiled resampling of images. The NumPy reference is nn/layers/augmentation/resampling.py."""

import numpy as np

from nnctl.kernels.toolchain.jit import kernel

CONSTANT, NEAREST, REFLECT, WRAP = range(4)


@kernel
def resample(x, down, across, y, fill_mode, bilinear, fill_value):
    """y[n, i, j] = x at the place (down[n, i, j], across[n, i, j]), between pixels by their nearness. down and across:
    of size 1 along the last two axes where all are the same."""
    height, width, channels = x.shape[1:]
    columns, column_weights = np.empty(width, np.int64), np.empty(width, np.float64)
    for n in range(y.shape[0]):
        for i in range(height):
            if i == 0 or across.shape[1] > 1:
                for j in range(width):
                    columns[j], column_weights[j] = _first(across[n, i, min(j, across.shape[2] - 1)], bilinear)
            row, row_weight = 0, 0.0
            for j in range(width):
                if j == 0 or down.shape[2] > 1:
                    row, row_weight = _first(down[n, min(i, down.shape[1] - 1), j], bilinear)
                out, column, column_weight = y[n, i, j], columns[j], column_weights[j]
                if bilinear and 0 <= row < height - 1 and 0 <= column < width - 1:  # all four are inside
                    above, below = x[n, row], x[n, row + 1]
                    weights = _weights(row_weight, column_weight)
                    for c in range(channels):
                        out[c] = (above[column, c] * weights[0] + above[column + 1, c] * weights[1]
                                  + below[column, c] * weights[2] + below[column + 1, c] * weights[3])  # fmt: skip
                    continue
                out[:] = 0
                inside = 0.0
                for a in range(2 if bilinear else 1):
                    for b in range(2 if bilinear else 1):
                        weight = (row_weight if a else 1 - row_weight) * (column_weight if b else 1 - column_weight)
                        up, left = row + a, column + b
                        if fill_mode == CONSTANT and not (0 <= up < height and 0 <= left < width):
                            continue
                        inside += weight
                        seen = x[n, _filled(up, height, fill_mode), _filled(left, width, fill_mode)]
                        part = np.float32(weight)
                        for c in range(channels):
                            out[c] += seen[c] * part
                if fill_mode == CONSTANT and fill_value != 0:
                    rest = np.float32((1 - inside) * fill_value)
                    for c in range(channels):
                        out[c] += rest


@kernel
def _weights(down, across):
    """Of the four pixels around a place: above and to the left, above and to the right, and the same below."""
    return (np.float32((1 - down) * (1 - across)), np.float32((1 - down) * across),
            np.float32(down * (1 - across)), np.float32(down * across))  # fmt: skip


@kernel
def _first(place, bilinear):
    """The pixel before a place, or the nearest one, and the weight of the one after it."""
    if bilinear:
        first = np.floor(place)
        return int(first), place - first
    return int(np.floor(place + 0.5)), 0.0


@kernel
def _filled(place, n, fill_mode):
    if fill_mode == WRAP:
        return place % n
    if fill_mode == REFLECT:
        place = place % (2 * n)
        return min(place, 2 * n - 1 - place)
    return min(max(place, 0), n - 1)
