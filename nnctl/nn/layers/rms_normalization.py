"""Normalization of the length: each sample is scaled, and its mean is kept."""

from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.nn.initializers import initializers
from nnctl.nn.layers.base import Weight, layers
from nnctl.nn.layers.last_axis import LastAxis

SMALLEST = 1e-12  # the smallest square of a length, as in Keras


class LengthNormalization(LastAxis):
    """Base of these layers: y = x / length, and dx = (dy - y (y . dy) / n) / length, over the last axis."""

    def multiply_adds(self, shape):
        return 2 * int(np.prod([n or 1 for n in shape], dtype=np.int64))


@layers.register("RMSNormalization")
class RMSNormalization(LengthNormalization):
    """Scales each sample (each time step) to a root mean square of 1: y = scale x / sqrt(mean(x^2) + epsilon).

    LayerNormalization without the mean, and cheaper. Source: Zhang and Sennrich 2019.
    """

    epsilon: Annotated[float, Field(gt=0)] = 1e-6

    def weights(self, shape):
        return {"scale": Weight((shape[-1],), initializers.build("ones"))}

    def forward(self, w, x, call):
        inverse = 1 / np.sqrt(np.einsum("...c,...c->...", x, x)[..., None] / x.shape[-1] + self.epsilon)
        normed = np.multiply(x, inverse, out=call.empty(x.shape))
        return np.multiply(normed, w["scale"], out=call.empty(x.shape)), (normed, inverse)

    def backward(self, w, grads, saved, dy, call):
        normed, inverse = saved
        if grads:
            size = (-1, dy.shape[-1])
            np.einsum("nc,nc->c", normed.reshape(size), dy.reshape(size), out=grads["scale"])
        dy *= w["scale"]
        normed *= np.einsum("...c,...c->...", dy, normed)[..., None] / dy.shape[-1]
        dy -= normed
        dy *= inverse
        return dy


@layers.register("UnitNormalization")
class UnitNormalization(LengthNormalization):
    """Scales each sample (each time step) to length 1: y = x / sqrt(max(sum x^2, 1e-12))."""

    def forward(self, w, x, call):
        square = np.einsum("...c,...c->...", x, x)[..., None]
        inverse = 1 / np.sqrt(np.maximum(square, SMALLEST))
        y = np.multiply(x, inverse, out=call.empty(x.shape))
        return y, (y, inverse, square > SMALLEST)

    def backward(self, w, grads, saved, dy, call):
        y, inverse, free = saved
        along = np.einsum("...c,...c->...", dy, y)[..., None] * free  # near 0 the length is a constant
        dy -= np.multiply(y, along, out=call.empty(y.shape))
        dy *= inverse
        return dy

    keeps_output = True
