"""Pooling: one value stands for a window of values, channel by channel."""

from math import prod
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from nnctl.components.fast_checks import BeforeValidator
from nnctl.nn.layers import window_geometry
from nnctl.nn.layers.base import MOVED, Layer, layers

OptionalPair = Annotated[
    tuple[window_geometry.Size, window_geometry.Size] | None,
    BeforeValidator(window_geometry.twice, json_schema_input_type=window_geometry.PAIR | None),
]
OptionalSingle = Annotated[
    window_geometry.Size | None,
    BeforeValidator(window_geometry.once, json_schema_input_type=window_geometry.SINGLE | None),
]


class Pooling(Layer):
    """Base of the poolings: x (rows, *positions, channels); strides default to the pool's size."""

    if TYPE_CHECKING:  # each subclass declares them, of one axis or of two
        pool_size: Any
        strides: Any

    padding: window_geometry.Padding = "valid"

    def window(self):
        sizes = self.pool_size if isinstance(self.pool_size, tuple) else (self.pool_size,)
        strides = self.strides or sizes
        return sizes, strides if isinstance(strides, tuple) else (strides,)

    def output_shape(self, shape):
        return (*window_geometry.output_shape(self.kind, shape, *self.window(), self.padding), shape[-1])

    def _offsets(self, shape, positions):
        """For every place in the window: (where it lies in the input, for which windows)."""
        sizes, strides = self.window()
        ones = (1,) * len(sizes)
        before = window_geometry.befores(shape, sizes, strides, self.padding, ones)
        places = window_geometry.offsets(shape, sizes, strides, before, ones, positions)
        return [(there, seen) for _, there, seen in places]

    def cuts(self):
        """Whether the windows are blocks of the input, side by side, with what is left over at the end unused."""
        sizes, strides = self.window()
        return sizes == strides and self.padding == "valid"

    def _apart(self):
        """Whether no two windows share a place."""
        return all(stride >= size for size, stride in zip(*self.window(), strict=True))

    def _start(self, shape, call):
        """dx before anything is added; where no two windows share a place, each is written once."""
        dx = call.empty(shape)
        sizes, strides = self.window()
        if sizes != strides or any(n % size for n, size in zip(shape[1:], sizes, strict=False)):
            dx.fill(0)  # for places that are in no window, or in several
        return dx

    def multiply_adds(self, shape):
        return prod(n or 1 for n in self.output_shape(shape)) * prod(self.window()[0])

    def _plan(self, shape):
        """Sizes, strides and zeros before, for two axes: a sequence is an image of one row."""
        sizes, strides = self.window()
        flat = (1,) * (2 - len(sizes))
        before = window_geometry.befores(shape, sizes, strides, self.padding, (1,) * len(sizes))
        return (*flat, *sizes), (*flat, *strides), (*(0 for _ in flat), *before)


def _image(x):
    return x if x.ndim == 4 else x[:, None]


class MaxPooling(Pooling):
    """The largest value of the window: y = max x. Of equal values, the first gets the gradient."""

    keeps_range = True

    def forward(self, w, x, call):
        y = call.empty((len(x), *self.output_shape(x.shape[1:])))
        if call.kernels and x.flags.c_contiguous and self.cuts():
            which = call.empty(y.shape, np.int32)
            self._deal(call.kernels.pooling.blocks_forward, x.shape, (x, y, which), call)
            return y, (x, which)
        if call.kernels and x.flags.c_contiguous:
            call.kernels.pooling.max_forward(_image(x), _image(y), *self._plan(x.shape[1:-1]))
            return y, (x, y)
        y.fill(-np.inf)
        for there, seen in self._offsets(x.shape[1:-1], y.shape[1:-1]):
            np.maximum(y[seen], x[there], out=y[seen])
        return y, (x, y)

    def backward(self, w, grads, saved, dy, call):
        x, y = saved
        if y.dtype == np.int32:  # not the largest values, but their places
            dx, which = call.empty(x.shape), y
            self._deal(call.kernels.pooling.blocks_backward, x.shape, (np.ascontiguousarray(dy), which, dx), call)
            return dx
        if call.kernels and x.flags.c_contiguous:
            dx, left = call.empty(x.shape), np.ascontiguousarray(dy)  # which is used up
            dx.fill(0)
            call.kernels.pooling.max_backward(
                _image(x), _image(y), _image(left), _image(dx), *self._plan(x.shape[1:-1])
            )
            return dx
        dx = self._start(x.shape, call)
        here, free = call.empty(y.shape, bool), call.empty(y.shape, bool)
        free.fill(True)  # windows whose largest value is not found yet
        part = None if self._apart() else call.empty(y.shape)
        for there, seen in self._offsets(x.shape[1:-1], y.shape[1:-1]):
            found = np.equal(x[there], y[seen], out=here[seen])
            found &= free[seen]
            free[seen] ^= found
            # a product with 0 and 1 is vectorized, a sum with `where` is not: twenty times as slow
            if part is None:
                np.multiply(dy[seen], found, out=dx[there])
            else:
                dx[there] += np.multiply(dy[seen], found, out=part[seen])
        return dx

    def _deal(self, kernel, shape, arrays, call):
        """Runs the kernel on each thread for some of the rows. shape: of the input."""
        parts, pool = call.parts(shape[0], MOVED * prod(shape[1:])), self._plan(shape[1:-1])[0]
        given = [[_image(array[rows]) for array in arrays] for rows in parts]
        call.deal(lambda part: kernel(*given[part], pool), len(parts))

    keeps_output = True
    takes_largest = True


class AveragePooling(Pooling):
    """The mean of the window: y = sum x / n, over the n places that are not padding."""

    keeps_range = True

    def forward(self, w, x, call):
        y = call.empty((len(x), *self.output_shape(x.shape[1:])))
        y.fill(0)
        counts = np.zeros((1, *y.shape[1:-1], 1), y.dtype)
        for there, seen in self._offsets(x.shape[1:-1], y.shape[1:-1]):
            y[seen] += x[there]
            counts[seen] += 1
        share = 1 / counts
        y *= share
        return y, (x.shape, share)

    def backward(self, w, grads, saved, dy, call):
        shape, share = saved
        dy *= share
        dx = self._start(shape, call)
        for there, seen in self._offsets(shape[1:-1], dy.shape[1:-1]):
            if self._apart():
                dx[there] = dy[seen]
            else:
                dx[there] += dy[seen]
        return dx


@layers.register("MaxPooling1D", "MaxPool1D")
class MaxPooling1D(MaxPooling):
    """The largest of every `pool_size` time steps, feature by feature: (rows, steps, features)."""

    pool_size: window_geometry.Single = 2
    strides: OptionalSingle = None


@layers.register("MaxPooling2D", "MaxPool2D")
class MaxPooling2D(MaxPooling):
    """The largest value of each window of an image, channel by channel: (rows, height, width, channels)."""

    pool_size: window_geometry.Pair = (2, 2)
    strides: OptionalPair = None


@layers.register("AveragePooling1D", "AvgPool1D")
class AveragePooling1D(AveragePooling):
    """The mean of every `pool_size` time steps, feature by feature: (rows, steps, features)."""

    pool_size: window_geometry.Single = 2
    strides: OptionalSingle = None


@layers.register("AveragePooling2D", "AvgPool2D")
class AveragePooling2D(AveragePooling):
    """The mean of each window of an image, channel by channel: (rows, height, width, channels)."""

    pool_size: window_geometry.Pair = (2, 2)
    strides: OptionalPair = None
