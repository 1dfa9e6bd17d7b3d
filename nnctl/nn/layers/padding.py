"""Layers that add, cut off or repeat positions of sequences and images."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np

from nnctl.components.fast_checks import BeforeValidator, Field
from nnctl.components.registry import listed
from nnctl.errors import ShapeError
from nnctl.nn.layers import window_geometry
from nnctl.nn.layers.base import Layer, layers, show

Cells = Annotated[int, Field(ge=0)]


def _ends(value):
    """(before, after): 1 means one before and one after."""
    return (value, value) if isinstance(value, int) else listed(value)


def _sides(value):
    """((top, bottom), (left, right)) from a number, from [height, width], or from that form itself."""
    value = (value, value) if isinstance(value, int) else value
    return tuple(_ends(listed(axis)) for axis in value) if isinstance(value, list | tuple) else value


ENDS = Cells | tuple[Cells, Cells]  # as a config may write them
Ends = Annotated[tuple[Cells, Cells], BeforeValidator(_ends, json_schema_input_type=ENDS)]
Sides = Annotated[
    tuple[tuple[Cells, Cells], tuple[Cells, Cells]],
    BeforeValidator(_sides, json_schema_input_type=Cells | tuple[ENDS, ENDS]),
]


def _check_rank(layer, shape, rank):
    if len(shape) != rank + 1:
        raise ShapeError(f"{layer.kind} takes {rank + 1} axes besides the batch axis, got {show(shape)}",
                         hint="use the 1D variant for sequences, the 2D variant for images")  # fmt: skip


def _pairs(value):
    """(before, after) of each axis."""
    return (value,) if isinstance(value[0], int) else value


def _inside(pairs, shape):
    """The slices of what lies between the ends, for an array whose first axis is the rows."""
    return (slice(None), *(slice(before, n - after) for (before, after), n in zip(pairs, shape, strict=False)))


class ZeroPadding(Layer):
    """Base of the layers that add zeros around a tensor."""

    if TYPE_CHECKING:
        padding: Any  # each subclass declares it, of one axis or of two

    keeps_sign = True

    def output_shape(self, shape):
        pairs = _pairs(self.padding)
        _check_rank(self, shape, len(pairs))
        return (*(n and n + sum(pair) for n, pair in zip(shape, pairs, strict=False)), shape[-1])

    def forward(self, w, x, call):
        y = call.empty((len(x), *self.output_shape(x.shape[1:])))
        y.fill(0)
        y[_inside(_pairs(self.padding), y.shape[1:])] = x
        return y, None

    def backward(self, w, grads, saved, dy, call):
        inside = dy[_inside(_pairs(self.padding), dy.shape[1:])]
        dx = call.empty(inside.shape)
        np.copyto(dx, inside)
        return dx


@layers.register("ZeroPadding1D")
class ZeroPadding1D(ZeroPadding):
    """Zeros before and after a sequence: (rows, steps, features) -> (rows, before + steps + after, features)."""

    padding: Ends = (1, 1)


@layers.register("ZeroPadding2D")
class ZeroPadding2D(ZeroPadding):
    """Zeros around an image: padding p, [height, width], or [[top, bottom], [left, right]]."""

    padding: Sides = ((1, 1), (1, 1))


class Cropping(Layer):
    """Base of the layers that remove the ends of a tensor."""

    if TYPE_CHECKING:
        cropping: Any  # each subclass declares it, of one axis or of two

    keeps_range = True

    def output_shape(self, shape):
        pairs = _pairs(self.cropping)
        _check_rank(self, shape, len(pairs))
        left = [n and n - sum(pair) for n, pair in zip(shape, pairs, strict=False)]
        if any(n is not None and n < 1 for n in left):
            raise ShapeError(f"cropping {self.cropping} removes all of {show(shape)}", hint="use a smaller cropping")
        return (*left, shape[-1])

    def forward(self, w, x, call):
        y = call.empty((len(x), *self.output_shape(x.shape[1:])))
        np.copyto(y, x[_inside(_pairs(self.cropping), x.shape[1:])])
        return y, x.shape

    def backward(self, w, grads, shape, dy, call):
        dx = call.empty(shape)
        dx.fill(0)
        dx[_inside(_pairs(self.cropping), shape[1:])] = dy
        return dx


@layers.register("Cropping1D")
class Cropping1D(Cropping):
    """Removes steps from the start and the end of a sequence: cropping c, or [before, after]."""

    cropping: Ends = (1, 1)


@layers.register("Cropping2D")
class Cropping2D(Cropping):
    """Removes the border of an image: cropping c, [height, width], or [[top, bottom], [left, right]]."""

    cropping: Sides = ((0, 0), (0, 0))


@layers.register("UpSampling1D")
class UpSampling1D(Layer):
    """Repeats every time step `size` times: (rows, steps, features) -> (rows, size steps, features)."""

    keeps_range = True

    size: window_geometry.Single = 2

    def output_shape(self, shape):
        _check_rank(self, shape, 1)
        return (shape[0] and shape[0] * self.size, shape[1])

    def forward(self, w, x, call):
        y = call.empty((len(x), x.shape[1], self.size, x.shape[2]))
        y[...] = x[:, :, None]
        return y.reshape(len(x), -1, x.shape[2]), None

    def backward(self, w, grads, saved, dy, call):
        dy = dy.reshape(len(dy), -1, self.size, dy.shape[2])
        return np.add.reduce(dy, axis=2, out=call.empty((*dy.shape[:2], dy.shape[3])))


@layers.register("UpSampling2D")
class UpSampling2D(Layer):
    """Makes images `size` times as high and wide: every pixel repeated (nearest), or neighbours mixed (bilinear)."""

    size: window_geometry.Pair = (2, 2)
    interpolation: Literal["nearest", "bilinear"] = "nearest"

    keeps_range = True

    def output_shape(self, shape):
        _check_rank(self, shape, 2)
        return (*(n and n * times for n, times in zip(shape, self.size, strict=False)), shape[-1])

    def forward(self, w, x, call):
        rows, height, width, channels = x.shape
        if self.interpolation == "nearest":
            y = call.empty((rows, height, self.size[0], width, self.size[1], channels))
            y[...] = x[:, :, None, :, None]
            return y.reshape(rows, height * self.size[0], -1, channels), x.shape
        high, wide = self._mixtures(x.shape, x.dtype)
        return self._mixed(x, high, wide, call), x.shape

    def backward(self, w, grads, shape, dy, call):
        if self.interpolation == "nearest":
            dx = call.empty(shape)
            dx.fill(0)
            for i in range(self.size[0]):
                for j in range(self.size[1]):
                    dx += dy[:, i :: self.size[0], j :: self.size[1]]
            return dx
        high, wide = self._mixtures(shape, dy.dtype)
        return self._mixed(dy, high.T, wide.T, call)

    def _mixed(self, x, high, wide, call):
        """Mixes the columns of every row (wide), then the rows (high): two products, one axis each."""
        rows, height, _, channels = x.shape
        across = np.matmul(wide, x, out=call.empty((rows, height, len(wide), channels)))
        y = call.empty((rows, len(high), len(wide), channels))
        np.matmul(high, across.reshape(rows, height, -1), out=y.reshape(rows, len(high), -1))
        return y

    def _mixtures(self, shape, dtype):
        return [mixture(n, times, dtype) for n, times in zip(shape[1:3], self.size, strict=True)]


def mixture(n: int, times: int, dtype) -> np.ndarray:
    """(n times, n): how much each of the n pixels counts in each new one; pixel i has its center at i + 1/2."""
    at = np.clip((np.arange(n * times) + 0.5) / times - 0.5, 0, n - 1)
    left = np.floor(at).astype(int)
    right = np.minimum(left + 1, n - 1)
    matrix = np.zeros((n * times, n), dtype)
    np.add.at(matrix, (np.arange(n * times), left), 1 - (at - left))
    np.add.at(matrix, (np.arange(n * times), right), at - left)
    return matrix


@layers.register("Rescaling")
class Rescaling(Layer):
    """y = scale x + offset: scale 0.00392 brings values from 0 to 255 to values from 0 to 1."""

    scale: float
    offset: float = 0.0

    passes_mask = True

    def forward(self, w, x, call):
        y = np.multiply(x, self.scale, out=call.empty(x.shape), casting="same_kind")
        if self.offset:
            y += self.offset
        return y, None

    def backward(self, w, grads, saved, dy, call):
        dy *= self.scale
        return dy
