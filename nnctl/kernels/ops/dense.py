"""What Dense layers and their losses need besides products, compiled. NumPy references: nn/layers/dense.py,
activations/, losses/."""

import numpy as np

from nnctl.kernels.ops.recurrent_cells import sigmoid, tanh
from nnctl.kernels.primitives.gemm import dressed_product, product
from nnctl.kernels.primitives.transpose import transpose
from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import row_of

LINEAR, RELU, TANH, SIGMOID = range(4)
SPARSE, CATEGORICAL, BINARY, SQUARED = range(4)  # losses; each but the last takes over its softmax or sigmoid
_ZERO, _ONE = np.float32(0), np.float32(1)


@kernel
def forward(x, w, bias, y):
    """y = x w, + bias where that is not empty."""
    dressed_product(x, x.shape[1], 1, w, y, False, bias, False)


@kernel
def backward(x, w, dy, dw, dbias, dx):
    """dw, dbias and dx, each where it is not empty."""
    if dw.size:
        product(x, 1, x.shape[1], dy, dw, False)
    if dbias.size:
        column_sums(dy, dbias, 0)
    if dx.size:  # dx^T = w dy^T: of the numbers the few are transposed round, not the weights
        if dy.shape[0] * (dy.shape[1] + dx.shape[1]) < w.size:
            transposed = np.empty((dy.shape[1], dy.shape[0]), np.float32)
            result = np.empty((dx.shape[1], dx.shape[0]), np.float32)
            transpose(dy, transposed)
            product(w, w.shape[1], 1, transposed, result, False)
            transpose(result, dx)
        else:
            other = np.empty((w.shape[1], w.shape[0]), np.float32)
            transpose(w, other)
            product(dy, dy.shape[1], 1, other, dx, False)


@kernel
def activate(y, activation):
    """y = f(y), in place; relu has been applied by the product."""
    if activation == TANH:
        for r in range(y.shape[0]):
            yr = row_of(y, r)
            for j in range(yr.size):
                yr[j] = tanh(yr[j])
    elif activation == SIGMOID:
        for r in range(y.shape[0]):
            yr = row_of(y, r)
            for j in range(yr.size):
                yr[j] = sigmoid(yr[j])


@kernel
def activation_back(y, dy, activation, scale):
    """dy, the gradient of y = f(x), becomes that of x; of a relu, of y = scale f(x)."""
    for r in range(y.shape[0]):
        yr, dr = row_of(y, r), row_of(dy, r)
        if activation == RELU:
            for j in range(yr.size):
                dr[j] = _ZERO if yr[j] <= 0 else dr[j] * scale
        elif activation == TANH:
            for j in range(yr.size):
                dr[j] *= _ONE - yr[j] * yr[j]
        elif activation == SIGMOID:
            for j in range(yr.size):
                dr[j] *= yr[j] - yr[j] * yr[j]


@kernel
def column_sums(x, sums, low):
    """sums[j] = the sum of column low + j."""
    sums[:] = 0
    for r in range(x.shape[0]):
        xr = x[r, low : low + sums.size]
        for j in range(sums.size):
            sums[j] += xr[j]


@kernel
def losses_of(p, dp, targets, labels, weights, chosen, scale, loss, low, high):
    """The loss of rows low to high - 1, summed; p becomes the prediction, dp the gradient of what the last layer gave.
    chosen: which sample each row is."""
    total, wide = 0.0, p.shape[1]
    for r in range(low, high):
        sample = chosen[r]
        dl = weights[sample] * scale if weights.size else scale
        pr, dr = p[r], dp[r]
        one = _ZERO
        if loss == SQUARED:
            for j in range(wide):
                error = pr[j] - targets[sample, j]
                one += error * error
                dr[j] = np.float32(2) * error * dl / wide
            total += np.float64(one / wide * dl)
        elif loss == BINARY:
            for j in range(wide):
                z, y = pr[j], targets[sample, j]
                e = np.exp(-abs(z))
                one += np.log1p(e) + max(z, _ZERO) - y * z
                pr[j] = (e if z < 0 else _ONE) / (_ONE + e)
                dr[j] = (pr[j] - y) * dl / wide
            total += np.float64(one / wide * dl)
        else:
            largest = pr[0]
            for j in range(wide):
                largest = pr[j] if pr[j] > largest or pr[j] != pr[j] else largest
            sum_ = _ZERO
            for j in range(wide):
                pr[j] -= largest
                dr[j] = np.exp(pr[j])
                sum_ += dr[j]
            log_sum = np.log(sum_)
            if loss == SPARSE:
                label = labels[sample]
                one = log_sum - pr[label]
                for j in range(wide):
                    pr[j] = dr[j] / sum_
                    dr[j] = pr[j] * dl
                dr[label] -= dl
            else:
                whole = _ZERO
                for j in range(wide):
                    one += targets[sample, j] * (log_sum - pr[j])
                    whole += targets[sample, j]
                for j in range(wide):
                    pr[j] = dr[j] / sum_
                    dr[j] = (pr[j] * whole - targets[sample, j]) * dl
            total += np.float64(one * dl)
    return total
