"""Convolutions: the same small window of weights at every position of a sequence or an image."""

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.errors import ShapeError
from nnctl.nn.activations import ActivationName
from nnctl.nn.initializers import InitializerName
from nnctl.nn.layers import window_geometry
from nnctl.nn.layers.base import Count, Layer, Weight, column_sums, layers, show
from nnctl.nn.regularizers import RegularizerName


class Convolution(Layer):
    """Base of the convolutions. x (rows, *positions, inputs), W (*kernel_size, inputs / groups, filters).

    y[p, f] = b[f] + sum over the places k of the window and the inputs c of x[s p + d k, c] W[k, c, f]
    """

    if TYPE_CHECKING:  # each subclass declares them, of one axis or of two
        kernel_size: Any
        strides: Any

    filters: Count
    groups: Annotated[int, Field(ge=1)] = 1
    activation: ActivationName = None
    use_bias: bool = True
    kernel_initializer: InitializerName = "glorot_uniform"
    bias_initializer: InitializerName = "zeros"
    kernel_regularizer: RegularizerName = None
    bias_regularizer: RegularizerName = None

    bias_may_wait = True
    rank: ClassVar[int]

    def output_shape(self, shape):
        sizes, strides, padding, dilations = window_geometry.of(self)
        window_geometry.check_steps(strides, dilations)
        positions = window_geometry.output_shape(self.kind, shape, sizes, strides, padding, dilations)
        if shape[-1] % self.groups or self.filters % self.groups:
            raise ShapeError(
                f"groups: {self.groups} does not divide {shape[-1]} channels of {show(shape)} and {self.filters} "
                "filters",
                hint="use a number that divides both",
            )
        return (*positions, self.filters)

    def weights(self, shape):
        kernel = (*window_geometry.each(self.kernel_size), shape[-1] // self.groups, self.filters)
        weights = {"kernel": Weight(kernel, self.kernel_initializer, regularizer=self.kernel_regularizer)}
        if self.use_bias:
            weights["bias"] = Weight((self.filters,), self.bias_initializer, regularizer=self.bias_regularizer)
        return weights

    def forward(self, w, x, call):
        if compiled := self.compiled(x, call):
            run, *result = call.prepared((x,), lambda: self._forward_compiled(compiled, w, x, call))
            run()
            return result
        positions = self.output_shape(x.shape[1:])[:-1]
        y = call.empty((len(x), *positions, self.filters))
        saved = []
        for part, out in self._groups(x.shape[-1]):
            columns = self._columns(x[..., part], positions, call)
            kernel = w["kernel"][..., out].reshape(-1, self.filters // self.groups)
            if self.groups == 1:
                np.matmul(columns, kernel, out=y.reshape(-1, self.filters))
            else:
                rows = np.matmul(columns, kernel, out=call.empty((len(columns), kernel.shape[1])))
                y[..., out] = rows.reshape(*y.shape[:-1], -1)
            saved.append(columns)
        if self.use_bias:
            y += w["bias"]
        return y, (None, saved, x)

    def backward(self, w, grads, saved, dy, call):
        compiled, saved, x = saved
        if compiled:
            dy = np.ascontiguousarray(dy)
            onto = self.onto(x, call)
            arrays = dy, x, grads.get("kernel"), onto
            run, dx = call.prepared(
                arrays, lambda: self._backward_compiled(compiled, w, grads, saved, x, dy, onto, call)
            )
            run()
            return dx
        shape = x.shape
        dx = call.empty(shape) if call.wants_dx else None
        for columns, (part, out) in zip(saved, self._groups(shape[-1]), strict=True):
            rows = dy[..., out].reshape(len(columns), -1)  # (windows, filters)
            if grads:
                into = grads["kernel"][..., out]
                if self.groups == 1:
                    np.matmul(columns.T, rows, out=into.reshape(-1, self.filters))
                else:
                    into[...] = (columns.T @ rows).reshape(into.shape)
            if dx is not None:
                self._add_back(rows, w["kernel"][..., out], dx[..., part], dy.shape[1:-1], call)
        if grads and self.use_bias:
            column_sums(dy.reshape(-1, self.filters), out=grads["bias"])
        return dx

    def _groups(self, inputs):
        """(input channels, output channels) of each group."""
        wide, high = inputs // self.groups, self.filters // self.groups
        return [(slice(g * wide, (g + 1) * wide), slice(g * high, (g + 1) * high)) for g in range(self.groups)]

    def _pointwise(self, x):
        """Whether each window is one position of x, so that the windows are x itself."""
        return (
            prod(window_geometry.each(self.kernel_size)) == prod(window_geometry.each(self.strides)) == 1
            and x.flags.c_contiguous
        )

    def _columns(self, x, positions, call):
        """Every window as a row: (rows * positions, window * channels)."""
        sizes, strides, padding, dilations = window_geometry.of(self)
        if self._pointwise(x):
            return x.reshape(-1, x.shape[-1])
        x = window_geometry.padded(x, sizes, strides, padding, dilations, call)
        columns = call.empty((len(x), *positions, *sizes, x.shape[-1]))
        if x.shape[-1] > 1:
            np.copyto(columns, window_geometry.views(x, sizes, strides, dilations, positions))
        else:  # one channel: copy whole rows of positions, where windows would be copied number by number
            every = (slice(None),) * (1 + self.rank)
            zeros = (0,) * self.rank
            for place, there, _ in window_geometry.offsets(x.shape[1:-1], sizes, strides, zeros, dilations, positions):
                columns[(*every, *place)] = x[there]
        return columns.reshape(-1, prod(sizes) * x.shape[-1])

    def _add_back(self, rows, kernel, dx, positions, call):
        """Adds each window's gradient to the positions it covers, one place of the window at a time: nine products
        whose results stay in the cache are faster than one whose result is read in nine strides."""
        sizes, strides, padding, dilations = window_geometry.of(self)
        inputs = dx.shape[-1]
        if self._pointwise(dx):
            np.matmul(rows, kernel.reshape(inputs, -1).T, out=dx.reshape(-1, inputs))
            return
        dx.fill(0)
        part = call.empty((len(rows), inputs))
        seen_by = part.reshape(len(dx), *positions, inputs)
        before = window_geometry.befores(dx.shape[1:-1], sizes, strides, padding, dilations)
        for place, there, seen in window_geometry.offsets(dx.shape[1:-1], sizes, strides, before, dilations, positions):
            np.matmul(rows, kernel[place].T, out=part)
            dx[there] += seen_by[seen]

    def compiled(self, x, call):
        """The compiled convolution (kernels/ops/convolution.py) where it computes this layer for x, or None."""
        fits = call.kernels and self.groups == 1 and x.flags.c_contiguous
        return call.kernels.convolution if fits else None

    def plan(self, x, call):
        """How the rows are split among the threads; for each slice of rows a buffer for an image with its padding; and
        strides, zeros before and dilations for two axes: a sequence is an image of one row."""
        buffer, *geometry = window_geometry.on_two_axes(x.shape[1:], *window_geometry.of(self))
        parts = call.parts(len(x), self.multiply_adds(x.shape[1:]))
        return parts, call.empty((len(parts), *buffer)), *geometry

    def _forward_compiled(self, compiled, w, x, call):
        """Prepares the compiled calls: (a function that makes them, y, saved)."""
        y = call.empty((len(x), *self.output_shape(x.shape[1:])))
        parts, buffers, *geometry = plan = self.plan(x, call)
        image, out, kernel = self.image(x), self.image(y), window(w["kernel"])
        bias = w["bias"] if self.use_bias else np.empty(0, x.dtype)
        given = [
            (image[rows], kernel, bias, out[rows], buffer, *geometry)
            for rows, buffer in zip(parts, buffers, strict=True)
        ]
        return partial(call.deal, lambda part: compiled.forward(*given[part]), len(parts)), y, (compiled, plan, x)

    def onto(self, x, call):
        """The gradient of x so far, where the compiled backward may add its own to it; or None."""
        if call.onto is None or not call.wants_dx or prod(window_geometry.each(self.strides)) > 1:
            return None
        return call.onto if fits(call.onto, x) else None

    def _backward_compiled(self, compiled, w, grads, plan, x, dy, onto, call):
        """(a function that makes the calls, dx)."""
        parts, buffers, *geometry = plan
        dw, dbias = self.gradients_of_parts(grads, len(parts), call)
        dx = onto if onto is not None else call.empty(x.shape) if call.wants_dx else None
        into = np.empty((len(x), 0, 0, 0), x.dtype) if dx is None else self.image(dx)
        image, dimage, kernel = self.image(x), self.image(dy), window(w["kernel"])
        given = [
            (image[rows], kernel, dimage[rows], dw[part], dbias[part], into[rows], buffers[part], *geometry,
             int(onto is not None))
            for part, rows in enumerate(parts)
        ]  # fmt: skip

        def run():
            call.deal(lambda part: compiled.backward(*given[part]), len(parts))
            add_parts(dw, dbias)

        return run, dx

    def gradients_of_parts(self, grads, count, call):
        """Where a kernel writes partial gradients of the weights, (window and channels, filters), and of the bias:
        the first ones into grads, the others into buffers; empty arrays without grads."""
        if not grads:
            return [np.empty((0, self.filters), call.dtype)] * count, [np.empty(0, call.dtype)] * count
        dw = [grads["kernel"].reshape(-1, self.filters)]
        dbias = [grads["bias"] if "bias" in grads else np.empty(0, call.dtype)]
        for _ in range(count - 1):
            dw.append(call.empty(dw[0].shape))
            dbias.append(call.empty(dbias[0].shape))
        return dw, dbias

    def image(self, x):
        """x with two axes of positions; where every position is a window of its own, all of them in one row."""
        if self._pointwise(x):
            return x.reshape(len(x), 1, -1, x.shape[-1])
        return x if x.ndim == 4 else x[:, None]

    def deals(self):
        return self.groups == 1

    def multiply_adds(self, shape):
        out = self.output_shape(shape)
        return prod(n or 1 for n in out) * prod(window_geometry.each(self.kernel_size)) * (shape[-1] // self.groups)


@layers.register("Conv1D", "Convolution1D")
class Conv1D(Convolution):
    """Convolution over time: x (rows, steps, features) -> y (rows, steps, filters).

    padding: valid, same, or causal (a step sees only itself and earlier steps).
    """

    kernel_size: window_geometry.Single
    strides: window_geometry.Single = 1
    padding: Literal["valid", "same", "causal"] = "valid"
    dilation_rate: window_geometry.Single = 1

    rank = 1


@layers.register("Conv2D", "Convolution2D")
class Conv2D(Convolution):
    """Convolution over images: x (rows, height, width, channels) -> y (rows, height, width, filters).

    A cross-correlation, as usual in deep learning: the kernel is not flipped. Source: LeCun et al. 1989.
    """

    kernel_size: window_geometry.Pair
    strides: window_geometry.Pair = (1, 1)
    padding: window_geometry.Padding = "valid"
    dilation_rate: window_geometry.Pair = (1, 1)

    rank = 2


def add_parts(*gradients):
    """Adds the gradients of each slice of rows to those of the first one."""
    for first, *others in gradients:
        for other in others:
            first += other


def fits(given, x):
    """Whether a kernel may add a gradient of x to this array."""
    return (given.shape, given.dtype) == (x.shape, x.dtype) and given.flags.c_contiguous and given.flags.writeable


def window(kernel):
    """(height, width, channels, filters); the height is 1 for a convolution over time."""
    return kernel if kernel.ndim == 4 else kernel[None]
