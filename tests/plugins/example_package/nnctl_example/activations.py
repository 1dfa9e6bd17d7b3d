from math import inf

import numpy as np

from nnctl.nn.activations.base import Activation, activations


@activations.register("absolute")
class Absolute(Activation):
    """The absolute value: y = |x|. Not in Keras."""

    needs_input = True

    @property
    def bounds(self):
        return 0.0, inf

    def value(self, x):
        return np.abs(x)

    def gradient(self, x, y, dy):
        return np.sign(x) * dy
