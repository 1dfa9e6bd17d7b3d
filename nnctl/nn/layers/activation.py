"""Activation functions as layers of their own."""

from functools import cached_property
from typing import Annotated, Any

from nnctl.components.fast_checks import Field
from nnctl.components.registry import one_of
from nnctl.errors import ShapeError
from nnctl.nn import activations
from nnctl.nn.layers.base import Layer, layers

ActivationName: Any = one_of(activations.activations)  # unlike that of the other layers, never null

# Elementwise functions run on blocks of this many elements, so that temporary arrays stay in the first-level cache.
BLOCK = 8192


class Applies(Layer):
    """Base of the layers that apply one activation to each element (or to the last axis)."""

    keeps_output = True
    passes_mask = True

    @property
    def function(self) -> activations.Activation:
        raise NotImplementedError

    def outer_activation(self):
        return None  # forward applies it

    def forward(self, w, x, call):
        function = self.function
        if _compiled(function, x, call):
            y = x if call.may_overwrite else call.empty(x.shape)
            call.kernels.elementwise.relu(x.reshape(-1), y.reshape(-1))
        elif x.size <= BLOCK:
            y = function.value(x)
        else:
            y = x if call.may_overwrite else call.empty(x.shape)
            for rows in blocks(x):
                y[rows] = function.value(x[rows])
        return y, (x if function.needs_input else None, y)

    def backward(self, w, grads, saved, dy, call):
        x, y = saved
        function = self.function
        if _compiled(function, dy, call) and y.flags.c_contiguous:
            call.kernels.elementwise.relu_back(y.reshape(-1), dy.reshape(-1))
            return dy
        if dy.size <= BLOCK:
            return function.gradient(x, y, dy)
        for rows in blocks(dy):
            dy[rows] = function.gradient(None if x is None else x[rows], y[rows], dy[rows])
        return dy


def _compiled(function, x, call):
    """Whether a kernel computes it (kernels/primitives/elementwise.py)."""
    return call.kernels and function.is_plain_relu and x.flags.c_contiguous


def blocks(x):
    """Slices of rows that hold about BLOCK elements each."""
    step = max(1, BLOCK * len(x) // x.size)
    return [slice(first, first + step) for first in range(0, len(x), step)]


@layers.register("Activation")
class Activation(Applies):
    """Applies an activation by name: y = f(x), of x's shape."""

    activation: ActivationName

    @property
    def function(self):
        return self.activation


@layers.register("ReLU")
class ReLU(Applies):
    """Rectifier: y = max(x, 0), with negative_slope below threshold and max_value above."""

    max_value: Annotated[float, Field(ge=0)] | None = None
    negative_slope: Annotated[float, Field(ge=0)] = 0.0
    threshold: Annotated[float, Field(ge=0)] = 0.0

    @cached_property
    def function(self):
        return activations.Relu(max_value=self.max_value, negative_slope=self.negative_slope, threshold=self.threshold)


@layers.register("LeakyReLU")
class LeakyReLU(Applies):
    """Leaky rectifier: y = x where x > 0, else negative_slope x (0.3; the function leaky_relu has 0.2)."""

    negative_slope: Annotated[float, Field(ge=0)] = 0.3

    @cached_property
    def function(self):
        return activations.LeakyRelu(negative_slope=self.negative_slope)


@layers.register("ELU")
class ELU(Applies):
    """Exponential linear unit: y = x where x > 0, else alpha (exp(x) - 1)."""

    alpha: Annotated[float, Field(ge=0)] = 1.0

    @cached_property
    def function(self):
        return activations.Elu(alpha=self.alpha)


@layers.register("Softmax")
class Softmax(Applies):
    """Softmax over the last axis: y_i = exp(x_i) / sum_j exp(x_j)."""

    def output_shape(self, shape):
        if not shape:
            raise ShapeError("Softmax needs at least one axis", hint="remove the reshape to a scalar before it")
        return shape

    @cached_property
    def function(self):
        return activations.Softmax()
