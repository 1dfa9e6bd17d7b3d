"""One training step of a chain of Dense layers compiled whole: forward, loss and backward, on one thread or several.

The rows of the batch are dealt out to the threads forward and back to the first layer; then, once all are there, the
weights are: each thread makes its part of every gradient from all rows, so that nothing is left to add up, and a
product's inner side is the whole batch. NumPy's twin: the engine's usual way (engine/shard.py).

Numbers by layer l (widths[0] is the input's): its weights start at kernels[l] and biases[l] (-1: none) of the flat
parameters, what it gives at places[l] * rows of `outs` and its gradient at the same place of `slopes`.
"""

import numpy as np

from nnctl.kernels.bias import relu_in_place
from nnctl.kernels.blas import times, times_left, times_right
from nnctl.kernels.compiling import kernel
from nnctl.kernels.gates import sigmoid, tanh
from nnctl.kernels.waiting import now

LINEAR, RELU, TANH, SIGMOID = range(4)
SPARSE, CATEGORICAL, BINARY, SQUARED = range(4)  # losses; each but the last takes over its softmax or sigmoid
_ZERO, _ONE = np.float32(0), np.float32(1)
_FOREVER = 1 << 62


@kernel
def step(worker, workers, x, targets, labels, weights, share, parameters, gradients, widths, kernels, biases, places,
         activations, loss, outs, slopes, losses, arrived, turn):  # fmt: skip
    """What one of the workers does. x (rows, widths[0]); targets (rows, widths[-1]), or labels (rows) where the loss
    is SPARSE; weights (rows) of the samples. losses[worker]: its rows' sum. arrived (workers, 8), turn: the meeting.

    The last layer's part of outs is the prediction. share: what a row's loss is multiplied with."""
    rows, layers = x.shape[0], kernels.size
    first, end = rows * worker // workers, rows * (worker + 1) // workers
    for l in range(layers):
        y = _of(outs, places, widths, l, rows)[first:end]
        below = x[first:end] if l == 0 else _of(outs, places, widths, l - 1, rows)[first:end]
        times(below, _matrix(parameters, kernels, widths, l), y, _ZERO)
        if biases[l] >= 0:
            _activate(y, parameters[biases[l] : biases[l] + widths[l + 1]], activations[l])
        else:
            _activate(y, np.zeros(widths[l + 1], np.float32), activations[l])
    p, dp = _of(outs, places, widths, layers - 1, rows), _of(slopes, places, widths, layers - 1, rows)
    losses[worker] = _loss(p, dp, targets, labels, weights, share, loss, first, end)
    for l in range(layers - 1, 0, -1):
        dy, dx = _of(slopes, places, widths, l, rows)[first:end], _of(slopes, places, widths, l - 1, rows)[first:end]
        times_right(dy, _matrix(parameters, kernels, widths, l), dx, _ZERO)
        _activation_back(_of(outs, places, widths, l - 1, rows)[first:end], dx, activations[l - 1])
    if workers > 1:
        arrived[worker, 0] = turn
        for other in range(workers):
            for _ in range(_FOREVER):
                if now(arrived[other]) >= turn:
                    break
    for l in range(layers):
        dy = _of(slopes, places, widths, l, rows)
        below = x if l == 0 else _of(outs, places, widths, l - 1, rows)
        low, high = widths[l] * worker // workers, widths[l] * (worker + 1) // workers
        if high > low:
            times_left(below[:, low:high], dy, _matrix(gradients, kernels, widths, l)[low:high], _ZERO)
        low, high = widths[l + 1] * worker // workers, widths[l + 1] * (worker + 1) // workers
        if biases[l] >= 0 and high > low:
            _column_sums(dy, gradients[biases[l] : biases[l] + widths[l + 1]], low, high)


@kernel
def _of(flat, places, widths, l, rows):
    return flat[places[l] * rows : places[l + 1] * rows].reshape(rows, widths[l + 1])


@kernel
def _matrix(flat, kernels, widths, l):
    return flat[kernels[l] : kernels[l] + widths[l] * widths[l + 1]].reshape(widths[l], widths[l + 1])


@kernel
def _activate(y, bias, activation):
    """y = f(y + bias), in place."""
    if activation == RELU:
        relu_in_place(y, bias)
        return
    for r in range(y.shape[0]):
        yr = y[r]
        for j in range(yr.size):
            yr[j] += bias[j]
        if activation == TANH:
            for j in range(yr.size):
                yr[j] = tanh(yr[j])
        elif activation == SIGMOID:
            for j in range(yr.size):
                yr[j] = sigmoid(yr[j])


@kernel
def _activation_back(y, dy, activation):
    """Turns the gradient of y = f(x) into that of x."""
    for r in range(y.shape[0]):
        yr, dr = y[r], dy[r]
        if activation == RELU:
            for j in range(yr.size):
                dr[j] = _ZERO if yr[j] <= 0 else dr[j]
        elif activation == TANH:
            for j in range(yr.size):
                dr[j] *= _ONE - yr[j] * yr[j]
        elif activation == SIGMOID:
            for j in range(yr.size):
                dr[j] *= yr[j] - yr[j] * yr[j]


@kernel
def _loss(p, dp, targets, labels, weights, share, loss, first, end):
    """The loss of some rows, summed; p becomes the prediction, dp the gradient of what the last layer gave."""
    total, wide = 0.0, p.shape[1]
    for r in range(first, end):
        pr, dr, dl = p[r], dp[r], weights[r] * share
        one = _ZERO
        if loss == SQUARED:
            for j in range(wide):
                error = pr[j] - targets[r, j]
                one += error * error
                dr[j] = np.float32(2) * error * dl / wide
            total += np.float64(one / wide * dl)
        elif loss == BINARY:
            for j in range(wide):
                z, y = pr[j], targets[r, j]
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
                label = labels[r]
                one = log_sum - pr[label]
                for j in range(wide):
                    pr[j] = dr[j] / sum_
                    dr[j] = pr[j] * dl
                dr[label] -= dl
            else:
                whole = _ZERO
                for j in range(wide):
                    one += targets[r, j] * (log_sum - pr[j])
                    whole += targets[r, j]
                for j in range(wide):
                    pr[j] = dr[j] / sum_
                    dr[j] = (pr[j] * whole - targets[r, j]) * dl
            total += np.float64(one * dl)
    return total


@kernel
def _column_sums(x, sums, low, high):
    sums[low:high] = 0
    for r in range(x.shape[0]):
        xr = x[r]
        for j in range(low, high):
            sums[j] += xr[j]
