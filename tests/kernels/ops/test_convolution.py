"""Convolutions of small images, which go through the products several at once, against sums over windows in float64."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from nnctl import kernels

pytestmark = pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")

ROWS, HEIGHT, CHANNELS, SIZE = 7, 3, 2, 3  # rows: no whole number of groups, nor of pairs


def arrays(wide, filters):
    rng = np.random.default_rng(wide * filters)
    shapes = (ROWS, HEIGHT, wide, CHANNELS), (SIZE, SIZE, CHANNELS, filters), (filters,), (ROWS, HEIGHT, wide, filters)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def windows_of(x):
    """Of every place of x (rows, height, width, channels) the window around it: (..., SIZE, SIZE, channels)."""
    seen = sliding_window_view(np.pad(x.astype(np.float64), ((0, 0), (1, 1), (1, 1), (0, 0))), (SIZE, SIZE), (1, 2))
    return np.moveaxis(seen, 3, -1)


def widths():
    """All that are done by two images at once, each with every number of vectors, whole and not, and some beyond."""
    from nnctl.kernels.primitives.gemm_microkernel import LANES, MOST_ROWS

    for vectors, most in MOST_ROWS.items():
        for filters in (vectors * LANES, vectors * LANES - 1):
            for wide in range(1, most + 2 if vectors == 1 else most // 2 + 2):
                yield wide, filters


def test_small_images():
    convolution, geometry = kernels.Kernels().convolution, ((1, 1), (1, 1), (1, 1))
    none = np.empty(0, np.float32)
    for wide, filters in widths():
        x, w, bias, given = arrays(wide, filters)
        close = {"rtol": 1e-5, "atol": 1e-4, "err_msg": f"{wide} wide, {filters} filters"}
        padded = np.empty((4, HEIGHT, wide + 2, CHANNELS), np.float32)
        expected = np.einsum("nijabc,abcf->nijf", windows_of(x), w)

        y = np.empty(given.shape, np.float32)
        convolution.forward(x, w, none, y, padded, *geometry)
        np.testing.assert_allclose(y, expected, **close)
        convolution.forward_summed(x, w, bias, given, y, padded, *geometry, 1)
        np.testing.assert_allclose(y, np.maximum(expected + bias + given, 0), **close)

        dw, dbias, dx = np.empty((SIZE * SIZE * CHANNELS, filters), np.float32), np.empty(filters, np.float32), x.copy()
        convolution.backward(x, w, given, dw, dbias, dx, padded, *geometry, 1)
        np.testing.assert_allclose(dw.reshape(w.shape), np.einsum("nijabc,nijf->abcf", windows_of(x), given), **close)
        np.testing.assert_allclose(dbias, given.sum((0, 1, 2), np.float64), **close)
        turned = w[::-1, ::-1].swapaxes(2, 3)
        np.testing.assert_allclose(dx, x + np.einsum("nijabf,abfc->nijc", windows_of(given), turned), **close)
