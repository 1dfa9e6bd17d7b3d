"""Smooth activations: the saturating ones, and smooth versions of relu.

Each is computed from exp of a number that is not positive, so that nothing overflows and the tails keep their relative
accuracy.
"""

from math import inf
from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.nn.activations.base import Activation, Array, activations
from nnctl.nn.activations.gaussian import cumulative, density


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def softplus(x: Array) -> Array:
    """log(1 + exp(x))."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@activations.register("sigmoid")
class Sigmoid(Activation):
    """Maps any number to a probability: y = 1 / (1 + exp(-x))."""

    kernel_number = 3
    monotone = True
    bounds = (0.0, 1.0)

    def value(self, x):
        return sigmoid(x)

    def gradient(self, x, y, dy):
        return dy * (y * (1 - y))


@activations.register("log_sigmoid")
class LogSigmoid(Activation):
    """Logarithm of the sigmoid, accurate even where the sigmoid is almost 0: y = -log(1 + exp(-x))."""

    monotone = True
    bounds = (-inf, 0.0)

    def value(self, x):
        return -softplus(-x)

    def gradient(self, x, y, dy):
        return dy * -np.expm1(y)


@activations.register("tanh")
class Tanh(Activation):
    """Hyperbolic tangent, with values in (-1, 1): y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""

    kernel_number = 2
    monotone = True
    bounds = (-1.0, 1.0)

    def value(self, x):
        return np.tanh(x)

    def gradient(self, x, y, dy):
        return dy * (1 - y * y)


@activations.register("softsign")
class Softsign(Activation):
    """Maps to (-1, 1) and approaches the bounds slowly: y = x / (1 + |x|). Source: Bergstra et al. 2009."""

    monotone = True
    bounds = (-1.0, 1.0)

    def value(self, x):
        return x / (1 + np.abs(x))

    def gradient(self, x, y, dy):
        root = 1 - np.abs(y)  # of the derivative
        return dy * (root * root)


@activations.register("softplus")
class Softplus(Activation):
    """Smooth relu, always positive and close to x where x is large: y = log(1 + exp(x)). Source: Dugas et al. 2001."""

    monotone = True
    bounds = (0.0, inf)

    def value(self, x):
        return softplus(x)

    def gradient(self, x, y, dy):
        return dy * -np.expm1(-y)  # sigmoid(x), as a function of y


@activations.register("exponential")
class Exponential(Activation):
    """Maps to positive numbers: y = exp(x), which is infinite for x above 88 in float32."""

    monotone = True
    bounds = (0.0, inf)

    def value(self, x):
        with np.errstate(over="ignore"):  # the result is infinity, at which training stops
            return np.exp(x)

    def gradient(self, x, y, dy):
        return dy * y


@activations.register("elu")
class Elu(Activation):
    """Exponential linear unit: y = x where x > 0, else alpha (exp(x) - 1). Source: Clevert et al. 2015."""

    alpha: Annotated[float, Field(ge=0)] = 1.0

    bare = ("alpha",)
    monotone = True

    @property
    def bounds(self):
        return -self.alpha, inf

    def value(self, x):
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def gradient(self, x, y, dy):
        return dy * np.where(y > 0, 1, y + self.alpha)


@activations.register("selu")
class Selu(Activation):
    """ELU scaled so that activations keep mean 0 and variance 1 through the layers.

    y = scale x where x > 0, else scale alpha (exp(x) - 1), scale = 1.0507, alpha = 1.6733.
    Use it with kernel_initializer: lecun_normal. Source: Klambauer et al. 2017.
    """

    monotone = True

    @property
    def bounds(self):
        return -_FLOOR, inf

    def value(self, x):
        return np.where(x > 0, _SCALE * x, _FLOOR * np.expm1(np.minimum(x, 0)))

    def gradient(self, x, y, dy):
        return dy * np.where(y > 0, _SCALE, y + _FLOOR)


_SCALE = 1.0507009873554805
_FLOOR = _SCALE * 1.6732632423543772


@activations.register("silu", "swish")
class Silu(Activation):
    """Sigmoid linear unit, also called swish: y = x sigmoid(x). Source: Elfwing et al. 2017."""

    needs_input = True
    bounds = (-0.2785, inf)

    def value(self, x):
        return x * sigmoid(x)

    def gradient(self, x, y, dy):
        s = sigmoid(x)
        return dy * (s + y * (1 - s))


@activations.register("mish")
class Mish(Activation):
    """Smooth relu that is slightly negative below 0: y = x tanh(log(1 + exp(x))). Source: Misra 2019."""

    needs_input = True
    bounds = (-0.3089, inf)

    def value(self, x):
        return x * np.tanh(softplus(x))

    def gradient(self, x, y, dy):
        t = np.tanh(softplus(x))
        return dy * (t + x * ((1 - t * t) * sigmoid(x)))


@activations.register("gelu")
class Gelu(Activation):
    """Gaussian error linear unit: x times the probability that a standard normal number is below x.

    y = x Phi(x); with approximate, y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.
    Source: Hendrycks and Gimpel 2016.
    """

    approximate: bool = False

    needs_input = True
    bounds = (-0.1701, inf)

    def value(self, x):
        if self.approximate:
            return x * (0.5 + 0.5 * _gelu_tanh(x)[0])
        return x * cumulative(x)

    def gradient(self, x, y, dy):
        if self.approximate:
            t, du = _gelu_tanh(x)
            return dy * (0.5 + 0.5 * t + 0.5 * x * ((1 - t * t) * du))
        return dy * (cumulative(x) + x * density(x))


def _gelu_tanh(x: Array) -> tuple[Array, Array]:
    """t = tanh(u) of GELU's approximation, and du/dx."""
    x = np.clip(x, -10, 10)  # tanh is +-1 there already, and the cube must not overflow
    square = x * x
    u = x * (0.7978845608028654 + 0.035677408136300125 * square)
    return np.tanh(u), 0.7978845608028654 + 0.10703222440890037 * square
