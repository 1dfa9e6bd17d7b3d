"""One time step of a recurrent layer's gates, compiled, with tanh and sigmoid. NumPy references: nn/layers/recurrent.

Each loop runs over one row, which stays in the first-level cache, and touches few arrays: so it is vectorized.
"""

import numpy as np

from nnctl.kernels.toolchain.jit import kernel

_P = tuple(
    np.float32(a)
    for a in (0.999999993, 0.130840098, 0.00310395594, 1.11543061e-05, -2.02252209e-08, 5.27794794e-11, -8.4887132e-14)
)
_Q = tuple(np.float32(a) for a in (0.464173369, 0.0244951772, 0.000254614486))
_LARGEST, _ONE, _HALF = np.float32(9), np.float32(1), np.float32(0.5)


@kernel
def tanh(x):
    """tanh of a float32 by a fraction (benchmarks/fit_tanh.py): a call of the C library's would not be vectorized."""
    x = _LARGEST if x > _LARGEST else x
    x = -_LARGEST if x < -_LARGEST else x
    t = x * x
    p = ((((((_P[6] * t + _P[5]) * t + _P[4]) * t + _P[3]) * t + _P[2]) * t + _P[1]) * t + _P[0]) * x
    y = p / (((_Q[2] * t + _Q[1]) * t + _Q[0]) * t + _ONE)
    y = _ONE if y > _ONE else y  # rounding may lead a bit beyond
    return -_ONE if y < -_ONE else y


@kernel
def sigmoid(x):
    """1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2."""
    return _HALF + _HALF * tanh(_HALF * x)


@kernel
def lstm_forward(z, bias, c_old, c, read, h):
    """z (rows, 4 units), x W + h U, becomes the gates i, f, g, o; c, tanh(c) and h are written."""
    units = c.shape[1]
    for r in range(z.shape[0]):
        zr = z[r]
        i, f, g, o = zr[:units], zr[units : 2 * units], zr[2 * units : 3 * units], zr[3 * units :]
        both, inner, outer = bias[: 2 * units], bias[2 * units : 3 * units], bias[3 * units :]
        for j in range(2 * units):
            zr[j] = sigmoid(zr[j] + both[j])
        for j in range(units):
            g[j] = tanh(g[j] + inner[j])
        for j in range(units):
            o[j] = sigmoid(o[j] + outer[j])
        cr, old, tr, hr = c[r], c_old[r], read[r], h[r]
        for j in range(units):
            cr[j] = f[j] * old[j] + i[j] * g[j]
        for j in range(units):
            tr[j] = tanh(cr[j])
        for j in range(units):
            hr[j] = o[j] * tr[j]


@kernel
def lstm_backward(z, c_old, read, dh, dc):
    """z, the gates, becomes its gradient, from those of h and c after the step; dc becomes that of c before it."""
    units = dc.shape[1]
    for r in range(z.shape[0]):
        zr = z[r]
        i, f, g, o = zr[:units], zr[units : 2 * units], zr[2 * units : 3 * units], zr[3 * units :]
        old, tr, dhr, dcr = c_old[r], read[r], dh[r], dc[r]
        for j in range(units):
            dcr[j] += dhr[j] * o[j] * (_ONE - tr[j] * tr[j])
        for j in range(units):
            o[j] = dhr[j] * tr[j] * (o[j] - o[j] * o[j])
        for j in range(units):
            dhr[j] = dcr[j] * f[j]  # dh has done its work: it holds dc for a moment
        for j in range(units):
            f[j] = dcr[j] * old[j] * (f[j] - f[j] * f[j])
        for j in range(units):
            written, gate = i[j], g[j]
            i[j] = dcr[j] * gate * (written - written * written)
            g[j] = dcr[j] * written * (_ONE - gate * gate)
        for j in range(units):
            dcr[j] = dhr[j]


@kernel
def gru_forward(z, product, bias, h_old, held, h):
    """z (rows, 3 units), x W + b, becomes the gates z, r, g (reset_after); product is h U, bias b', and
    held becomes h U_h + b'_h."""
    units = h.shape[1]
    both, inner = bias[: 2 * units], bias[2 * units :]
    for r in range(z.shape[0]):
        zr, pr, kept = z[r], product[r], held[r]
        g, last = zr[2 * units :], pr[2 * units :]
        for j in range(2 * units):
            zr[j] = sigmoid(zr[j] + (pr[j] + both[j]))
        for j in range(units):
            kept[j] = last[j] + inner[j]
        update, reset = zr[:units], zr[units : 2 * units]
        for j in range(units):
            g[j] = tanh(g[j] + reset[j] * kept[j])
        hr, old = h[r], h_old[r]
        for j in range(units):
            hr[j] = g[j] + update[j] * (old[j] - g[j])


@kernel
def gru_backward(z, h_old, held, dh, dp):
    """z, the gates, becomes its gradient; dp (rows, 3 units) that of the state's product; dh the part of it that goes
    by z h."""
    units = dh.shape[1]
    for r in range(z.shape[0]):
        zr, pr = z[r], dp[r]
        update, reset, g = zr[:units], zr[units : 2 * units], zr[2 * units :]
        last = pr[2 * units :]
        old, kept, dhr = h_old[r], held[r], dh[r]
        for j in range(units):
            kept_part, new = update[j], g[j]
            update[j] = dhr[j] * (old[j] - new) * (kept_part - kept_part * kept_part)
            g[j] = dhr[j] * (_ONE - kept_part) * (_ONE - new * new)
            dhr[j] *= kept_part
        for j in range(units):
            last[j] = g[j] * reset[j]
        for j in range(units):
            reset[j] = g[j] * kept[j] * (reset[j] - reset[j] * reset[j])
        for j in range(2 * units):
            pr[j] = zr[j]
