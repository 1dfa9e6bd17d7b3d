"""Layers that add noise in training, so that the network does not memorize the training rows."""

from typing import Annotated, ClassVar

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.errors import ShapeError
from nnctl.nn.layers.base import Layer, Rate, layers, show


def limit_of(rate):
    """A value is dropped where its 16 random bits are below this number."""
    return round(rate * 65536)


def random_mask(call, rate, row_size, rows, stream=0):
    """(rows, row_size) of 0 with probability rate, else 1 / (1 - rate), which keeps the mean."""
    mask = call.empty((rows, row_size))
    bits = call.random_bits(row_size, rows, stream)
    np.greater_equal(bits, limit_of(rate), out=mask, casting="unsafe")
    mask *= 1 / (1 - rate)
    return mask


@layers.register("Dropout")
class Dropout(Layer):
    """Sets a random fraction of the inputs to 0 in training: y = x m / (1 - rate), m = 0 with probability rate, else 1.

    Dividing by (1 - rate) keeps the mean. Outside of training y = x.
    Source: Srivastava et al. 2014.
    """

    keeps_sign = True

    rate: Rate

    passes_mask = True

    def forward(self, w, x, call):
        if not call.training or self.rate == 0:
            return x, None
        if call.kernels and x.flags.c_contiguous:
            mask, y = call.empty(x.shape), call.empty(x.shape)
            bits = np.ascontiguousarray(call.random_bits(x[0].size, len(x)))
            call.kernels.elementwise.drop(x.reshape(-1), bits.reshape(-1), limit_of(self.rate), 1 / (1 - self.rate),
                                          mask.reshape(-1), y.reshape(-1))  # fmt: skip
            return y, mask
        mask = random_mask(call, self.rate, x[0].size, len(x)).reshape(x.shape)
        return np.multiply(x, mask, out=call.empty(x.shape)), mask

    def backward(self, w, grads, mask, dy, call):
        if mask is not None and call.kernels and dy.flags.c_contiguous:
            call.kernels.elementwise.times(mask.reshape(-1), dy.reshape(-1))
        elif mask is not None:
            np.multiply(dy, mask, out=dy)
        return dy


class SpatialDropout(Layer):
    """Base of the dropouts that drop whole channels: neighbouring values carry the same information, so dropping single
    ones would hardly matter."""

    keeps_sign = True

    rate: Rate

    passes_mask = True
    rank: ClassVar[int]

    def output_shape(self, shape):
        if len(shape) != self.rank + 1:
            raise ShapeError(f"{self.kind} takes {self.rank + 1} axes besides the batch axis, got {show(shape)}",
                             hint="use the 1D variant for sequences, the 2D variant for images")  # fmt: skip
        return shape

    def forward(self, w, x, call):
        if not call.training or self.rate == 0:
            return x, None
        mask = random_mask(call, self.rate, x.shape[-1], len(x)).reshape(len(x), *(1,) * self.rank, -1)
        return np.multiply(x, mask, out=call.empty(x.shape)), mask

    def backward(self, w, grads, mask, dy, call):
        if mask is not None:
            np.multiply(dy, mask, out=dy)
        return dy


@layers.register("SpatialDropout1D")
class SpatialDropout1D(SpatialDropout):
    """Drops whole features of a sequence in training: (rows, steps, features). Source: Tompson et al. 2014."""

    rank = 1


@layers.register("SpatialDropout2D")
class SpatialDropout2D(SpatialDropout):
    """Drops whole channels of an image in training: (rows, height, width, channels). Source: Tompson et al. 2014."""

    rank = 2


def random_normal(call, shape):
    """Standard normal numbers of that shape, drawn row by row (Box and Muller 1958)."""
    size = int(np.prod(shape[1:], dtype=np.int64))
    bits = call.random_bits(4 * size, shape[0]).reshape(shape[0], 2, 2, size).astype(np.float64)
    high, low = bits[:, 0], bits[:, 1]
    radius, angle = np.moveaxis((high * 65536 + low + 0.5) / 2**32, 1, 0)  # uniform, never 0
    return (np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)).reshape(shape).astype(call.dtype)


@layers.register("GaussianNoise")
class GaussianNoise(Layer):
    """Adds noise in training: y = x + stddev n, n standard normal; outside of training y = x."""

    stddev: Annotated[float, Field(ge=0)]

    passes_mask = True

    def forward(self, w, x, call):
        if not call.training or self.stddev == 0:
            return x, None
        noise = random_normal(call, x.shape)
        noise *= self.stddev
        return np.add(x, noise, out=call.empty(x.shape)), None

    def backward(self, w, grads, saved, dy, call):
        return dy


@layers.register("GaussianDropout")
class GaussianDropout(Layer):
    """Multiplies by noise in training: y = x (1 + s n), n standard normal, s = sqrt(rate / (1 - rate)), which has the
    variance of Dropout. Source: Srivastava et al. 2014."""

    rate: Rate

    passes_mask = True

    def forward(self, w, x, call):
        if not call.training or self.rate == 0:
            return x, None
        noise = random_normal(call, x.shape)
        noise *= (self.rate / (1 - self.rate)) ** 0.5
        noise += 1
        return np.multiply(x, noise, out=call.empty(x.shape)), noise

    def backward(self, w, grads, noise, dy, call):
        if noise is not None:
            dy *= noise
        return dy


@layers.register("AlphaDropout")
class AlphaDropout(Layer):
    """Sets a random fraction of the inputs to selu's lowest value m in training: y = a x + b where kept, else a m + b.

    a = 1 / sqrt((1 - rate) (1 + rate m^2)) and b = -a m rate keep mean 0 and variance 1, as selu does.
    Source: Klambauer et al. 2017.
    """

    rate: Rate

    passes_mask = True

    def forward(self, w, x, call):
        if not call.training or self.rate == 0:
            return x, None
        lowest = -1.6732632423543772 * 1.0507009873554805  # -alpha scale of selu
        stretch = ((1 - self.rate) * (1 + self.rate * lowest**2)) ** -0.5
        kept = random_mask(call, self.rate, x[0].size, len(x)).reshape(x.shape)
        kept *= 1 - self.rate  # 0 and 1
        y = np.subtract(x, lowest, out=call.empty(x.shape))
        y *= kept
        y += lowest * (1 - self.rate)  # x or m, and the shift b / a = -m rate
        y *= stretch
        kept *= stretch
        return y, kept

    def backward(self, w, grads, factor, dy, call):
        if factor is not None:
            dy *= factor
        return dy
