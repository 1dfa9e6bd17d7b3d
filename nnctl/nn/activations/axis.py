"""Activations over a whole axis: probabilities of exclusive classes."""

from math import inf

import numpy as np

from nnctl.nn.activations.base import Activation, activations


@activations.register("softmax")
class Softmax(Activation):
    """Turns the last axis into probabilities: y_i = exp(x_i) / sum_j exp(x_j).

    The largest x is subtracted first, which does not change the result and keeps exp from overflowing.
    Source: Bridle 1990.
    """

    elementwise = False
    shift_invariant = True
    bounds = (0.0, 1.0)
    sums_to_one = True

    def value(self, x):
        y = np.exp(x - np.maximum.reduce(x, axis=-1, keepdims=True))
        y /= np.add.reduce(y, axis=-1, keepdims=True)
        return y

    def gradient(self, x, y, dy):
        return y * (dy - np.add.reduce(y * dy, axis=-1, keepdims=True))


@activations.register("log_softmax")
class LogSoftmax(Activation):
    """Logarithm of softmax, accurate even where softmax is almost 0: y_i = x_i - log sum_j exp(x_j)."""

    elementwise = False
    shift_invariant = True
    bounds = (-inf, 0.0)

    def value(self, x):
        y = x - np.maximum.reduce(x, axis=-1, keepdims=True)
        y -= np.log(np.add.reduce(np.exp(y), axis=-1, keepdims=True))
        return y

    def gradient(self, x, y, dy):
        return dy - np.exp(y) * np.add.reduce(dy, axis=-1, keepdims=True)
