"""Layers that disturb training so that the network does not learn the sample by heart."""

import numpy as np

from nnctl.layers.base import Layer, Rate, layers


def random_mask(call, rate, row_size, rows, stream=0):
    """(rows, row_size) of 0 with probability rate, else 1 / (1 - rate), which keeps the mean."""
    mask = call.empty((rows, row_size))
    bits = call.random_bits(row_size, rows, stream)
    np.greater_equal(bits, round(rate * 65536), out=mask, casting="unsafe")
    mask *= 1 / (1 - rate)
    return mask


@layers.register("Dropout")
class Dropout(Layer):
    """Sets a random part of the inputs to 0 in training: y = x m / (1 - rate), m = 0 with probability rate.

    Dividing by (1 - rate) keeps the mean, so nothing need change outside of training, where y = x.
    Source: Srivastava et al. 2014.
    """

    rate: Rate

    passes_mask = True

    def forward(self, w, x, call):
        if not call.training or self.rate == 0:
            return x, None
        mask = random_mask(call, self.rate, x[0].size, len(x)).reshape(x.shape)
        return np.multiply(x, mask, out=call.empty(x.shape)), mask

    def backward(self, w, grads, mask, dy, call):
        if mask is not None:
            np.multiply(dy, mask, out=dy)
        return dy
