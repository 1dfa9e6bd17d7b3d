from math import inf

import numpy as np

from nnctl.nn.activations.base import Activation, activations


@activations.register("squared_relu")
class SquaredRelu(Activation):
    """The square of relu: y = max(x, 0)^2. Not in Keras."""

    needs_input = True
    monotone = True

    @property
    def bounds(self):
        return 0.0, inf

    def value(self, x):
        return np.square(np.maximum(x, 0))

    def gradient(self, x, y, dy):
        return 2 * np.maximum(x, 0) * dy
