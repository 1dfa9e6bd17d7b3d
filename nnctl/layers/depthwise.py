"""Convolutions that look at each channel by itself, alone or with a mixing of the channels after it."""

from math import prod
from typing import Literal

import numpy as np

from nnctl.activations import ActivationName
from nnctl.errors import ShapeError
from nnctl.initializers import InitializerName
from nnctl.layers import windows
from nnctl.layers.base import Count, Layer, Weight, layers
from nnctl.regularizers import RegularizerName


class Depthwise(Layer):
    """What these share: W (*kernel_size, inputs, depth_multiplier); each input has depth_multiplier outputs.

    y[p, c m] = sum over the places k of the window of x[s p + d k, c] W[k, c, m]
    """

    depth_multiplier: Count = 1
    activation: ActivationName = None
    use_bias: bool = True
    depthwise_initializer: InitializerName = "glorot_uniform"
    bias_initializer: InitializerName = "zeros"
    depthwise_regularizer: RegularizerName = None
    bias_regularizer: RegularizerName = None

    def _window(self):
        return windows.each(self.kernel_size), windows.each(self.strides), self.padding, windows.each(self.dilation_rate)

    def _positions(self, shape):
        sizes, strides, padding, dilations = self._window()
        if max(strides) > 1 and max(dilations) > 1:
            raise ShapeError(f"strides {list(strides)} and dilation_rate {list(dilations)} cannot both be above 1",
                             hint="leave one of them out")  # fmt: skip
        return windows.output_shape(self.kind, shape, sizes, strides, padding, dilations)

    def _depthwise_weight(self, shape):
        size = (*windows.each(self.kernel_size), shape[-1], self.depth_multiplier)
        return Weight(size, self.depthwise_initializer, regularizer=self.depthwise_regularizer)

    def _offsets(self, shape, positions):
        sizes, strides, padding, dilations = self._window()
        before = windows.befores(shape, sizes, strides, padding, dilations)
        return windows.offsets(shape, sizes, strides, before, dilations, positions)

    def _convolve(self, kernel, x, call):
        """(rows, *positions, inputs * depth_multiplier) of x."""
        positions = self._positions(x.shape[1:])
        y = call.empty((len(x), *positions, x.shape[-1], self.depth_multiplier))
        y.fill(0)
        for place, there, seen in self._offsets(x.shape[1:-1], positions):
            y[seen] += x[there][..., None] * kernel[place]
        return y.reshape(len(x), *positions, -1)

    def _convolve_back(self, kernel, dkernel, x, dy, call):
        """Writes the kernel's gradient to dkernel (unless None) and returns dx."""
        positions = dy.shape[1:-1]
        dy = dy.reshape(len(x), *positions, x.shape[-1], self.depth_multiplier)
        dx = None
        if call.wants_dx:
            dx = call.empty(x.shape)
            dx.fill(0)
        if dkernel is not None:
            dkernel.fill(0)  # a place that falls into the padding everywhere is never visited
        for place, there, seen in self._offsets(x.shape[1:-1], positions):
            if dkernel is not None:
                part = dy[seen]
                part = part.reshape(-1, *part.shape[-2:])
                np.einsum("pc,pcm->cm", x[there].reshape(len(part), -1), part, out=dkernel[place])
            if dx is not None:
                dx[there] += np.einsum("...cm,cm->...c", dy[seen], kernel[place])
        return dx

    def _depthwise_adds(self, shape):
        return prod(n or 1 for n in self._positions(shape)) * prod(windows.each(self.kernel_size)) * shape[-1] * (
            self.depth_multiplier)  # fmt: skip


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
        y = self._convolve(w["kernel"], x, call)
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
        ones = (1,) * len(windows.each(self.kernel_size))
        weights = {
            "depthwise_kernel": self._depthwise_weight(shape),
            "pointwise_kernel": Weight((*ones, wide, self.filters), self.pointwise_initializer,
                                       regularizer=self.pointwise_regularizer),
        }  # fmt: skip
        if self.use_bias:
            weights["bias"] = Weight((self.filters,), self.bias_initializer, regularizer=self.bias_regularizer)
        return weights

    def forward(self, w, x, call):
        inner = self._convolve(w["depthwise_kernel"], x, call)
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

    kernel_size: windows.Single
    strides: windows.Single = 1
    padding: windows.Padding = "valid"
    dilation_rate: windows.Single = 1


@layers.register("DepthwiseConv2D")
class DepthwiseConv2D(DepthwiseConvolution):
    """Depthwise convolution over images: x (rows, height, width, channels) -> y (..., channels depth_multiplier)."""

    kernel_size: windows.Pair
    strides: windows.Pair = (1, 1)
    padding: windows.Padding = "valid"
    dilation_rate: windows.Pair = (1, 1)


@layers.register("SeparableConv1D", "SeparableConvolution1D")
class SeparableConv1D(SeparableConvolution):
    """Separable convolution over time: x (rows, steps, features) -> y (rows, steps, filters)."""

    kernel_size: windows.Single
    strides: windows.Single = 1
    padding: Literal["valid", "same", "causal"] = "valid"
    dilation_rate: windows.Single = 1


@layers.register("SeparableConv2D", "SeparableConvolution2D")
class SeparableConv2D(SeparableConvolution):
    """Separable convolution over images: x (rows, height, width, channels) -> y (..., filters). Source: Chollet 2017."""

    kernel_size: windows.Pair
    strides: windows.Pair = (1, 1)
    padding: windows.Padding = "valid"
    dilation_rate: windows.Pair = (1, 1)
