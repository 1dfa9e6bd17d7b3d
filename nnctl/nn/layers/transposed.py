"""Transposed convolutions: the backward pass of a convolution as a forward pass, which makes images larger."""

from math import prod
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from nnctl.components.fast_checks import BeforeValidator, Field
from nnctl.errors import ShapeError
from nnctl.nn.activations import ActivationName
from nnctl.nn.initializers import InitializerName
from nnctl.nn.layers import window_geometry
from nnctl.nn.layers.base import Count, Layer, Weight, layers
from nnctl.nn.regularizers import RegularizerName

Extra = Annotated[int, Field(ge=0)]


class TransposedConvolution(Layer):
    """Base of these layers: x (rows, *positions, inputs), W (*kernel_size, filters, inputs).

    y[s p + d k - crop, f] = b[f] + sum over p, k, c that meet there of x[p, c] W[k, f, c]

    n positions become n s (same) or (n - 1) s + max(r, s) (valid), r = d (k - 1) + 1 being the window's reach;
    output_padding o makes it (n - 1) s + r + o (valid) or (n - 1) s + r mod 2 + o (same).
    """

    if TYPE_CHECKING:  # each subclass declares them, of one axis or of two
        kernel_size: Any
        strides: Any
        output_padding: Any
        dilation_rate: Any

    filters: Count
    padding: window_geometry.Padding = "valid"
    activation: ActivationName = None
    use_bias: bool = True
    kernel_initializer: InitializerName = "glorot_uniform"
    bias_initializer: InitializerName = "zeros"
    kernel_regularizer: RegularizerName = None
    bias_regularizer: RegularizerName = None

    def _axes(self, shape):
        """For each axis: (number of output positions, how many are cropped before the first)."""
        sizes, strides, dilations = map(window_geometry.each, (self.kernel_size, self.strides, self.dilation_rate))
        more = window_geometry.each(self.output_padding, len(sizes))
        axes = []
        for n, size, stride, dilation, extra in zip(shape, sizes, strides, dilations, more, strict=False):
            wide = window_geometry.reach(size, dilation)
            if self.padding == "valid":
                crop, total = 0, wide + (max(0, stride - wide) if extra is None else extra)
            elif extra is None:
                crop, total = max(0, wide - 1 - (stride + wide - 1) // 2), stride
            else:
                around = wide + wide % 2 - 2 + extra
                crop, total = max(0, wide - 1 - (around + 1) // 2), wide % 2 + extra
            axes.append((None if n is None else (n - 1) * stride + total, crop))
        return axes

    def output_shape(self, shape):
        sizes, strides, dilations = map(window_geometry.each, (self.kernel_size, self.strides, self.dilation_rate))
        window_geometry.output_shape(self.kind, shape, (1,) * len(sizes), (1,) * len(sizes), "same")  # the rank fits
        more = window_geometry.each(self.output_padding, len(sizes))
        if any(extra is not None and extra >= stride for extra, stride in zip(more, strides, strict=True)):
            raise ShapeError(f"output_padding {list(more)} must be smaller than strides {list(strides)}",
                             hint="leave it out")  # fmt: skip
        window_geometry.check_steps(strides, dilations)
        return (*(n for n, _ in self._axes(shape)), self.filters)

    def weights(self, shape):
        sizes = window_geometry.each(self.kernel_size)
        area = prod(sizes)
        weights = {
            "kernel": Weight((*sizes, self.filters, shape[-1]), self.kernel_initializer,
                             regularizer=self.kernel_regularizer, fans=(area * self.filters, area * shape[-1])),
        }  # fmt: skip
        if self.use_bias:
            weights["bias"] = Weight((self.filters,), self.bias_initializer, regularizer=self.bias_regularizer)
        return weights

    def _offsets(self, shape):
        """As window_geometry.offsets, where the positions of x are the windows and those of y are what they cover."""
        sizes, strides, dilations = map(window_geometry.each, (self.kernel_size, self.strides, self.dilation_rate))
        axes = self._axes(shape)
        return window_geometry.offsets(
            [n for n, _ in axes], sizes, strides, [crop for _, crop in axes], dilations, shape
        )

    def forward(self, w, x, call):
        y = call.empty((len(x), *self.output_shape(x.shape[1:])))
        y[...] = w["bias"] if self.use_bias else 0
        rows = x.reshape(-1, x.shape[-1])
        part = call.empty((*x.shape[:-1], self.filters))
        for place, there, seen in self._offsets(x.shape[1:-1]):
            np.matmul(rows, w["kernel"][place].T, out=part.reshape(-1, self.filters))
            y[there] += part[seen]
        return y, x

    def backward(self, w, grads, x, dy, call):
        positions = x.shape[1:-1]
        kernel = w["kernel"].reshape(-1, x.shape[-1])
        columns = call.empty((len(x), *positions, *window_geometry.each(self.kernel_size), self.filters))
        columns.fill(0)  # cropped positions have no gradient
        every = (slice(None),) * (1 + len(positions))
        for place, there, seen in self._offsets(positions):
            columns[(*every, *place)][seen] = dy[there]
        rows = columns.reshape(-1, len(kernel))
        if grads:
            np.matmul(rows.T, x.reshape(-1, x.shape[-1]), out=grads["kernel"].reshape(kernel.shape))
            if self.use_bias:
                np.add.reduce(dy.reshape(-1, self.filters), axis=0, out=grads["bias"])
        if not call.wants_dx:
            return None
        dx = call.empty(x.shape)
        np.matmul(rows, kernel, out=dx.reshape(-1, x.shape[-1]))
        return dx

    def multiply_adds(self, shape):
        return prod(n or 1 for n in shape) * prod(window_geometry.each(self.kernel_size)) * self.filters


@layers.register("Conv1DTranspose", "Convolution1DTranspose")
class Conv1DTranspose(TransposedConvolution):
    """Transposed convolution over time: x (rows, steps, features) -> y (rows, more steps, filters)."""

    kernel_size: window_geometry.Single
    strides: window_geometry.Single = 1
    output_padding: Extra | None = None
    dilation_rate: window_geometry.Single = 1


@layers.register("Conv2DTranspose", "Convolution2DTranspose")
class Conv2DTranspose(TransposedConvolution):
    """Transposed convolution over images: x (rows, height, width, channels) -> y (rows, higher, wider, filters)."""

    kernel_size: window_geometry.Pair
    strides: window_geometry.Pair = (1, 1)
    output_padding: Annotated[
        tuple[Extra, Extra] | None,
        BeforeValidator(window_geometry.twice, json_schema_input_type=Extra | tuple[Extra, Extra] | None),
    ] = None
    dilation_rate: window_geometry.Pair = (1, 1)
