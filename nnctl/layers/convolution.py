"""Convolutions: the same small window of weights looks at every place of a sequence or an image."""

from math import prod
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from nnctl.activations import ActivationName
from nnctl.errors import ShapeError
from nnctl.initializers import InitializerName
from nnctl.layers import windows
from nnctl.layers.base import Count, Layer, Weight, layers, show
from nnctl.regularizers import RegularizerName


class Convolution(Layer):
    """What the convolutions share. x (rows, *positions, inputs), W (*kernel_size, inputs / groups, filters).

    y[p, f] = b[f] + sum over the places k of the window and the inputs c of x[s p + d k, c] W[k, c, f]
    """

    filters: Count
    groups: Annotated[int, Field(ge=1)] = 1
    activation: ActivationName = None
    use_bias: bool = True
    kernel_initializer: InitializerName = "glorot_uniform"
    bias_initializer: InitializerName = "zeros"
    kernel_regularizer: RegularizerName = None
    bias_regularizer: RegularizerName = None

    rank: ClassVar[int]

    def _window(self):
        return windows.each(self.kernel_size), windows.each(self.strides), self.padding, windows.each(self.dilation_rate)

    def output_shape(self, shape):
        sizes, strides, padding, dilations = self._window()
        if max(strides) > 1 and max(dilations) > 1:
            raise ShapeError(
                f"strides {list(strides)} and dilation_rate {list(dilations)} cannot both be above 1",
                hint="leave one of them out",
            )
        positions = windows.output_shape(self.kind, shape, sizes, strides, padding, dilations)
        if shape[-1] % self.groups or self.filters % self.groups:
            raise ShapeError(
                f"groups: {self.groups} does not divide {shape[-1]} channels of {show(shape)} and {self.filters} filters",
                hint="take a number that divides both",
            )
        return (*positions, self.filters)

    def weights(self, shape):
        kernel = (*windows.each(self.kernel_size), shape[-1] // self.groups, self.filters)
        weights = {"kernel": Weight(kernel, self.kernel_initializer, regularizer=self.kernel_regularizer)}
        if self.use_bias:
            weights["bias"] = Weight((self.filters,), self.bias_initializer, regularizer=self.bias_regularizer)
        return weights

    def forward(self, w, x, call):
        positions = self.output_shape(x.shape[1:])[:-1]
        y = call.empty((len(x), *positions, self.filters))
        parts = []
        for part, out in self._groups(x.shape[-1]):
            columns, shape = self._columns(x[..., part], positions, call)
            kernel = w["kernel"][..., out].reshape(-1, self.filters // self.groups)
            if self.groups == 1:
                np.matmul(columns, kernel, out=y.reshape(-1, self.filters))
            else:
                y[..., out] = (columns @ kernel).reshape(*y.shape[:-1], -1)
            parts.append((columns, shape))
        if self.use_bias:
            y += w["bias"]
        return y, (parts, x.shape)

    def backward(self, w, grads, saved, dy, call):
        parts, shape = saved
        dx = call.empty(shape) if call.wants_dx else None
        for (columns, padded), (part, out) in zip(parts, self._groups(shape[-1]), strict=True):
            rows = dy[..., out].reshape(len(columns), -1)  # (windows, filters)
            kernel = w["kernel"][..., out].reshape(-1, rows.shape[1])
            if grads:
                if self.groups == 1:
                    np.matmul(columns.T, rows, out=grads["kernel"].reshape(kernel.shape))
                else:
                    grads["kernel"][..., out] = (columns.T @ rows).reshape(*windows.each(self.kernel_size), -1, rows.shape[1])
            if dx is not None:
                # the columns are done with, and their memory takes their gradient; but not where they are x itself
                into = columns if padded else call.empty(columns.shape)
                self._add_back(np.matmul(rows, kernel.T, out=into), dx[..., part], dy.shape[1:-1])
        if grads and self.use_bias:
            np.add.reduce(dy.reshape(-1, self.filters), axis=0, out=grads["bias"])
        return dx

    def _groups(self, inputs):
        """(channels in, channels out) of each group."""
        wide, high = inputs // self.groups, self.filters // self.groups
        return [(slice(g * wide, (g + 1) * wide), slice(g * high, (g + 1) * high)) for g in range(self.groups)]

    def _columns(self, x, positions, call):
        """Every window as a row: (rows * positions, window * channels), and whether that is memory of its own."""
        sizes, strides, padding, dilations = self._window()
        if prod(sizes) == 1 and prod(strides) == 1 and x.flags.c_contiguous:
            return x.reshape(-1, x.shape[-1]), False
        x = windows.padded(x, sizes, strides, padding, dilations, call)
        columns = call.empty((len(x), *positions, *sizes, x.shape[-1]))
        np.copyto(columns, windows.views(x, sizes, strides, dilations, positions))
        return columns.reshape(-1, prod(sizes) * x.shape[-1]), True

    def _add_back(self, columns, dx, positions):
        """Adds each window's gradient to the places it saw."""
        sizes, strides, padding, dilations = self._window()
        columns = columns.reshape(len(dx), *positions, *sizes, dx.shape[-1])
        if prod(sizes) == 1 and prod(strides) == 1:
            dx[...] = columns.reshape(dx.shape)
            return
        dx.fill(0)
        before = windows.befores(dx.shape[1:-1], sizes, strides, padding, dilations)
        for place, there, seen in windows.offsets(dx.shape[1:-1], sizes, strides, before, dilations, positions):
            every = (slice(None),) * (1 + self.rank)
            dx[there] += columns[(*every, *place)][seen]

    def multiply_adds(self, shape):
        out = self.output_shape(shape)
        return prod(n or 1 for n in out) * prod(windows.each(self.kernel_size)) * (shape[-1] // self.groups)


@layers.register("Conv1D", "Convolution1D")
class Conv1D(Convolution):
    """Convolution over time: x (rows, steps, features) -> y (rows, steps, filters).

    padding: valid, same, or causal (a step sees itself and earlier ones only).
    """

    kernel_size: windows.Single
    strides: windows.Single = 1
    padding: Literal["valid", "same", "causal"] = "valid"
    dilation_rate: windows.Single = 1

    rank = 1


@layers.register("Conv2D", "Convolution2D")
class Conv2D(Convolution):
    """Convolution over images: x (rows, height, width, channels) -> y (rows, height, width, filters).

    Cross-correlation, as everywhere in deep learning: the window is not turned round. Source: LeCun et al. 1989.
    """

    kernel_size: windows.Pair
    strides: windows.Pair = (1, 1)
    padding: windows.Padding = "valid"
    dilation_rate: windows.Pair = (1, 1)

    rank = 2
