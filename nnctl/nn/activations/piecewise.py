"""Activations made of straight lines: cheap to compute."""

from math import inf
from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.nn.activations.base import Activation, activations

NotNegative = Annotated[float, Field(ge=0)]


@activations.register("linear")
class Linear(Activation):
    """Returns its input: y = x. For the last layer of a regression."""

    monotone = True
    is_identity = True

    def value(self, x):
        return x

    def gradient(self, x, y, dy):
        return dy


@activations.register("relu")
class Relu(Activation):
    """Rectified linear unit: keeps positive values, and sets negative ones to 0.

    y = max(x, 0); in full, y = min(x, max_value) where x > threshold, else negative_slope (x - threshold).
    Source: Nair and Hinton 2010.
    """

    negative_slope: NotNegative = 0.0
    max_value: NotNegative | None = None
    threshold: NotNegative = 0.0

    kernel_number = 1
    monotone = True

    @property
    def bounds(self):
        low = -inf if self.negative_slope else 0.0
        return low, inf if self.max_value is None else float(self.max_value)

    @property
    def is_plain_relu(self):
        return not self.negative_slope and self.max_value is None and not self.threshold

    def value(self, x):
        # x <= threshold, not x > threshold: NaN must come out as NaN, not as 0
        y = np.where(x <= self.threshold, 0, x) if self.threshold else np.maximum(x, 0)
        if self.max_value is not None:
            y = np.minimum(y, self.max_value)
        if self.negative_slope:
            y += self.negative_slope * np.minimum(x - self.threshold, 0)
        return y

    def gradient(self, x, y, dy):
        passed = y > 0
        if self.max_value is not None:
            passed &= y < self.max_value
        dx = dy * passed  # twice as fast as np.where
        if self.negative_slope:
            dx += np.where(y < 0, self.negative_slope * dy, 0)
        return dx


@activations.register("relu6")
class Relu6(Activation):
    """Rectified linear unit with an upper bound of 6: y = min(max(x, 0), 6). Source: Krizhevsky 2010."""

    monotone = True
    bounds = (0.0, 6.0)

    def value(self, x):
        return np.minimum(np.maximum(x, 0), 6)

    def gradient(self, x, y, dy):
        return np.where((y > 0) & (y < 6), dy, 0)


@activations.register("leaky_relu")
class LeakyRelu(Activation):
    """Leaky rectified linear unit: y = x where x > 0, else negative_slope x, so that its gradient is never 0.

    The default slope is 0.2 here and 0.3 in the layer LeakyReLU, as in Keras. Source: Maas et al. 2013.
    """

    negative_slope: NotNegative = 0.2

    bare = ("negative_slope",)
    monotone = True

    @property
    def bounds(self):
        return (-inf if self.negative_slope else 0.0), inf

    def value(self, x):
        return np.where(x > 0, x, self.negative_slope * x)

    def gradient(self, x, y, dy):
        return np.where(y > 0, dy, self.negative_slope * dy)


@activations.register("hard_sigmoid")
class HardSigmoid(Activation):
    """Sigmoid made of three straight lines: y = min(max(x + 3, 0), 6) / 6. Source: Courbariaux et al. 2015."""

    monotone = True
    bounds = (0.0, 1.0)

    def value(self, x):
        return np.minimum(np.maximum(x + 3, 0), 6) / 6

    def gradient(self, x, y, dy):
        return np.where((y > 0) & (y < 1), dy / 6, 0)


@activations.register("hard_silu", "hard_swish")
class HardSilu(Activation):
    """SiLU with the hard sigmoid: y = x min(max(x + 3, 0), 6) / 6. Source: Howard et al. 2019."""

    needs_input = True
    bounds = (-0.375, inf)

    def value(self, x):
        return x * (np.minimum(np.maximum(x + 3, 0), 6) / 6)

    def gradient(self, x, y, dy):
        # the derivative of x^2 / 6 + x / 2 between -3 and 3
        return dy * np.where(np.abs(x) < 3, x / 3 + 0.5, x > 0)
