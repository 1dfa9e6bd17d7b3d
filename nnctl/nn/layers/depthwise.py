"""Convolutions of each channel by itself, alone or followed by a mixing of the channels."""

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.nn.activations import ActivationName
from nnctl.nn.initializers import InitializerName
from nnctl.nn.layers import window_geometry
from nnctl.nn.layers.base import Count, Layer, Weight, layers
from nnctl.nn.regularizers import RegularizerName


class Depthwise(Layer):
    """Base of these layers: W (*kernel_size, inputs, depth_multiplier); each input has depth_multiplier outputs.

    y[p, c m] = sum over the places k of the window of x[s p + d k, c] W[k, c, m]
    """

    if TYPE_CHECKING:  # each subclass declares them, of one axis or of two
        kernel_size: Any

    depth_multiplier: Count = 1
    activation: ActivationName = None
    use_bias: bool = True
    depthwise_initializer: InitializerName = "glorot_uniform"
    bias_initializer: InitializerName = "zeros"
    depthwise_regularizer: RegularizerName = None
    bias_regularizer: RegularizerName = None

    def _positions(self, shape):
        sizes, strides, padding, dilations = window_geometry.of(self)
        window_geometry.check_steps(strides, dilations)
        return window_geometry.output_shape(self.kind, shape, sizes, strides, padding, dilations)

    def _depthwise_weight(self, shape):
        size = (*window_geometry.each(self.kernel_size), shape[-1], self.depth_multiplier)
        return Weight(size, self.depthwise_initializer, regularizer=self.depthwise_regularizer)

    def _offsets(self, shape, positions):
        sizes, strides, padding, dilations = window_geometry.of(self)
        before = window_geometry.befores(shape, sizes, strides, padding, dilations)
        return window_geometry.offsets(shape, sizes, strides, before, dilations, positions)

    def _convolve(self, kernel, x, call):
        """(rows, *positions, inputs * depth_multiplier) of x, and x with each channel depth_multiplier times."""
        if self.depth_multiplier > 1:
            wide = call.empty((*x.shape, self.depth_multiplier))
            wide[...] = x[..., None]
            x = wide.reshape(*x.shape[:-1], -1)
        positions = self._positions(x.shape[1:])
        y = call.empty((len(x), *positions, x.shape[-1]))
        y.fill(0)
        part = call.empty(y.shape)
        for place, there, seen in self._offsets(x.shape[1:-1], positions):
            y[seen] += np.multiply(x[there], kernel[place].reshape(-1), out=part[seen])
        return y, x

    def _convolve_back(self, kernel, dkernel, x, dy, call):
        """Writes the kernel's gradient to dkernel (unless None) and returns dx; x as _convolve gave it back."""
        dx = None
        if call.wants_dx:
            dx, part = call.empty(x.shape), call.empty(dy.shape)
            dx.fill(0)
        if dkernel is not None:
            dkernel.fill(0)  # a place that falls into the padding everywhere is never visited
        axes = list(range(x.ndim))
        for place, there, seen in self._offsets(x.shape[1:-1], dy.shape[1:-1]):
            if dkernel is not None:
                np.einsum(x[there], axes, dy[seen], axes, axes[-1:], out=dkernel[place].reshape(-1))
            if dx is not None:
                dx[there] += np.multiply(dy[seen], kernel[place].reshape(-1), out=part[seen])
        if dx is None or self.depth_multiplier == 1:
            return dx
        channels = dx.reshape(*dx.shape[:-1], -1, self.depth_multiplier)
        return np.add.reduce(channels, axis=-1, out=call.empty(channels.shape[:-1]))

    def _depthwise_adds(self, shape):
        places = prod(n or 1 for n in self._positions(shape)) * prod(window_geometry.each(self.kernel_size))
        return places * shape[-1] * self.depth_multiplier


class DepthwiseConvolution(Depthwise):
    """Base of DepthwiseConv1D and DepthwiseConv2D."""

    def output_shape(self, shape):
        return (*self._positions(shape), shape[-1] * self.depth_multiplier)

    def weights(self, shape):
        weights = {"kernel": self._depthwise_weight(shape)}
        if self.use_bias:
            size = (shape[-1] * self.depth_multiplier,)
            weights["bias"] = Weight(size, self.bias_initializer, regularizer=self.bias_regularizer)
        return weights

    def forward(self, w, x, call):
        y, x = self._convolve(w["kernel"], x, call)
        if self.use_bias:
            y += w["bias"]
        return y, x

    def backward(self, w, grads, x, dy, call):
        if grads and self.use_bias:
            np.add.reduce(dy.reshape(-1, dy.shape[-1]), axis=0, out=grads["bias"])
        return self._convolve_back(w["kernel"], grads["kernel"] if grads else None, x, dy, call)

    def multiply_adds(self, shape):
        return self._depthwise_adds(shape)


class SeparableConvolution(Depthwise):
    """Base of SeparableConv1D and SeparableConv2D: a depthwise convolution, then V (channels, filters) at every place.

    A k x k convolution of c channels to f with k k c + c f weights instead of k k c f.
    """

    filters: Count
    pointwise_initializer: InitializerName = "glorot_uniform"
    pointwise_regularizer: RegularizerName = None

    def output_shape(self, shape):
        return (*self._positions(shape), self.filters)

    def weights(self, shape):
        wide = shape[-1] * self.depth_multiplier
        ones = (1,) * len(window_geometry.each(self.kernel_size))
        weights = {
            "depthwise_kernel": self._depthwise_weight(shape),
            "pointwise_kernel": Weight((*ones, wide, self.filters), self.pointwise_initializer,
                                       regularizer=self.pointwise_regularizer),
        }  # fmt: skip
        if self.use_bias:
            weights["bias"] = Weight((self.filters,), self.bias_initializer, regularizer=self.bias_regularizer)
        return weights

    def forward(self, w, x, call):
        inner, x = self._convolve(w["depthwise_kernel"], x, call)
        mix = w["pointwise_kernel"].reshape(-1, self.filters)
        y = call.empty((*inner.shape[:-1], self.filters))
        np.matmul(inner.reshape(-1, len(mix)), mix, out=y.reshape(-1, self.filters))
        if self.use_bias:
            y += w["bias"]
        return y, (x, inner)

    def backward(self, w, grads, saved, dy, call):
        x, inner = saved
        mix = w["pointwise_kernel"].reshape(-1, self.filters)
        rows, drows = inner.reshape(-1, len(mix)), dy.reshape(-1, self.filters)
        if grads:
            np.matmul(rows.T, drows, out=grads["pointwise_kernel"].reshape(mix.shape))
            if self.use_bias:
                np.add.reduce(drows, axis=0, out=grads["bias"])
        dinner = np.matmul(drows, mix.T, out=call.empty(rows.shape)).reshape(inner.shape)
        return self._convolve_back(w["depthwise_kernel"], grads["depthwise_kernel"] if grads else None, x, dinner, call)

    def multiply_adds(self, shape):
        wide = shape[-1] * self.depth_multiplier
        return self._depthwise_adds(shape) + prod(n or 1 for n in self._positions(shape)) * wide * self.filters


@layers.register("DepthwiseConv1D")
class DepthwiseConv1D(DepthwiseConvolution):
    """Depthwise convolution over time: x (rows, steps, features) -> y (rows, steps, features depth_multiplier)."""

    kernel_size: window_geometry.Single
    strides: window_geometry.Single = 1
    padding: window_geometry.Padding = "valid"
    dilation_rate: window_geometry.Single = 1


@layers.register("DepthwiseConv2D")
class DepthwiseConv2D(DepthwiseConvolution):
    """Depthwise convolution over images: x (rows, height, width, channels) -> y (..., channels depth_multiplier)."""

    kernel_size: window_geometry.Pair
    strides: window_geometry.Pair = (1, 1)
    padding: window_geometry.Padding = "valid"
    dilation_rate: window_geometry.Pair = (1, 1)


@layers.register("SeparableConv1D", "SeparableConvolution1D")
class SeparableConv1D(SeparableConvolution):
    """Separable convolution over time: x (rows, steps, features) -> y (rows, steps, filters)."""

    kernel_size: window_geometry.Single
    strides: window_geometry.Single = 1
    padding: window_geometry.Padding = "valid"
    dilation_rate: window_geometry.Single = 1


@layers.register("SeparableConv2D", "SeparableConvolution2D")
class SeparableConv2D(SeparableConvolution):
    """Separable convolution over images: x (rows, height, width, channels) -> y (..., filters).

    Source: Chollet 2017.
    """

    kernel_size: window_geometry.Pair
    strides: window_geometry.Pair = (1, 1)
    padding: window_geometry.Padding = "valid"
    dilation_rate: window_geometry.Pair = (1, 1)
