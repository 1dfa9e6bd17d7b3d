"""The gradients from the places that were the largest alone, against those over all places, in float64."""

import numpy as np
import pytest

pytest.importorskip("numba")

# rows, height, width, channels, filters; window, strides, zeros before, dilations, pool
CASES = {
    "first course": ((3, 13, 13, 32), 64, (3, 3), (1, 1), (0, 0), (1, 1), (2, 2)),
    "same": ((2, 8, 8, 16), 5, (3, 3), (1, 1), (1, 1), (1, 1), (2, 2)),
    "vectors not whole": ((2, 9, 7, 13), 7, (3, 2), (1, 1), (0, 0), (1, 1), (2, 2)),
    "blocks of three and two": ((2, 11, 12, 16), 8, (2, 3), (1, 1), (1, 1), (1, 1), (3, 2)),
    "strides": ((2, 14, 13, 20), 6, (3, 3), (2, 2), (1, 1), (1, 1), (2, 2)),
    "tall and dilated": ((1, 19, 9, 40), 4, (7, 3), (1, 1), (0, 0), (2, 1), (2, 2)),
    "wider than registers": ((2, 6, 9, 64), 3, (2, 5), (1, 1), (0, 2), (1, 1), (2, 2)),
    "over time": ((2, 1, 12, 32), 9, (1, 3), (1, 1), (0, 1), (1, 1), (1, 3)),
}


@pytest.mark.parametrize("wants", [(True, True), (True, False), (False, True), (False, False)], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_over_all_places(name, wants):
    from nnctl.kernels.ops import conv_pool_backward
    from nnctl.kernels.toolchain.jit import for_python

    pays, pooled_backward = map(for_python, (conv_pool_backward.pays, conv_pool_backward.pooled_backward))
    shape, filters, window, strides, before, dilations, pool = CASES[name]
    rng = np.random.default_rng(7)
    x = rng.normal(size=shape).astype(np.float32)
    w = rng.normal(size=(*window, shape[3], filters)).astype(np.float32)
    assert pays(w.shape, pool, dilations)
    places = [
        (shape[axis + 1] + 2 * before[axis] - (window[axis] - 1) * dilations[axis] - 1) // strides[axis] + 1
        for axis in (0, 1)
    ]
    blocks = (shape[0], places[0] // pool[0], places[1] // pool[1], filters)
    y = np.maximum(rng.normal(size=blocks), 0).astype(np.float32)  # relu: about half of them hand on nothing
    which = rng.integers(0, pool[0] * pool[1], size=blocks).astype(np.int32)
    dy = rng.normal(size=blocks).astype(np.float32)
    dw = np.empty((w[..., 0].size if wants[0] else 0, filters), np.float32)
    dbias = np.zeros(filters if wants[0] else 0, np.float32)
    dx = np.empty(shape if wants[1] else (0, 0, 0, 0), np.float32)
    slopes, all_dw, all_dx = _over_all(x, w, dy * (y > 0), which, strides, before, dilations, pool)

    pooled_backward(x, w, y, dy.copy(), dw, dbias, dx, strides, before, dilations, pool, which)
    if wants[0]:
        np.testing.assert_allclose(dw.reshape(w.shape), all_dw, rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(dbias, slopes, rtol=1e-5, atol=1e-5)
    if wants[1]:
        np.testing.assert_allclose(dx, all_dx, rtol=1e-5, atol=1e-4)


def _over_all(x, w, dy, which, strides, before, dilations, pool):
    """The sum of dy, dw and dx, one window after the other, in an image with room for zeros all round."""
    rows, height, width, channels = x.shape
    tall, broad = w.shape[:2]
    room = np.zeros((rows, height + 20, width + 20, channels))
    room[:, 10 : 10 + height, 10 : 10 + width] = x
    dw, dx = np.zeros(w.shape), np.zeros_like(room)
    for n, i, j, f in np.ndindex(dy.shape):
        top = 10 - before[0] + (i * pool[0] + which[n, i, j, f] // pool[1]) * strides[0]
        left = 10 - before[1] + (j * pool[1] + which[n, i, j, f] % pool[1]) * strides[1]
        window = np.s_[n, top : top + tall * dilations[0] : dilations[0], left : left + broad]
        dw[..., f] += dy[n, i, j, f] * room[window]
        dx[window] += dy[n, i, j, f] * w[..., f].astype(float)
    return dy.sum((0, 1, 2)), dw, dx[:, 10 : 10 + height, 10 : 10 + width]
