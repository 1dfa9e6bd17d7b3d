"""Layers that change the shape of a tensor and not its values."""

from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import BeforeValidator, Field
from nnctl.components.registry import listed
from nnctl.counted import counted
from nnctl.errors import ShapeError
from nnctl.nn.layers.base import Count, Layer, layers, show, size_of


def _shaped(x, shape, call):
    """x in another shape. An array that is the same in every iteration gets the same view each time, so that the calls
    prepared for it are found again."""
    return call.prepared((x,), lambda: x.reshape(shape)) if x.flags.c_contiguous else x.reshape(shape)


@layers.register("Flatten")
class Flatten(Layer):
    """Makes one axis of all: (a, b, c) becomes (a b c), with the last axis varying fastest."""

    keeps_range = True

    def output_shape(self, shape):
        return (size_of(shape),)

    def forward(self, w, x, call):
        return _shaped(x, (len(x), -1), call), x.shape

    def backward(self, w, grads, shape, dy, call):
        return _shaped(dy, shape, call)


@layers.register("Reshape")
class Reshape(Layer):
    """Gives each sample another shape of the same size; one axis may be -1 and follows from the others."""

    keeps_range = True

    target_shape: Annotated[tuple[Annotated[int, Field(ge=-1)], ...], BeforeValidator(listed), Field(min_length=1)]

    def output_shape(self, shape):
        size = size_of(shape)
        known = int(np.prod([n for n in self.target_shape if n != -1], dtype=np.int64))
        unknown = self.target_shape.count(-1)
        if unknown > 1 or (size % known if unknown and known else size != known):
            raise ShapeError(
                f"{counted(size, 'value')} per sample ({show(shape)}) cannot be reshaped to {list(self.target_shape)}",
                hint=f"the sizes must multiply to {size}; one of them may be -1",
            )
        return tuple(size // known if n == -1 else n for n in self.target_shape)

    def forward(self, w, x, call):
        return _shaped(x, (len(x), *self.target_shape), call), x.shape

    def backward(self, w, grads, shape, dy, call):
        return _shaped(dy, shape, call)


@layers.register("Permute")
class Permute(Layer):
    """Reorders the axes: dims [2, 1] swaps the first two. Axes are counted from 1, without the batch axis."""

    keeps_range = True

    dims: Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(listed), Field(min_length=1)]

    def output_shape(self, shape):
        if sorted(self.dims) != list(range(1, len(shape) + 1)):
            raise ShapeError(
                f"dims {list(self.dims)} are not a permutation of the {len(shape)} axes of {show(shape)}",
                hint=f"list each of 1 to {len(shape)} once",
            )
        return tuple(shape[dim - 1] for dim in self.dims)

    def forward(self, w, x, call):
        permuted = x.transpose(0, *self.dims)
        y = call.empty(permuted.shape, x.dtype)
        np.copyto(y, permuted)
        return y, None

    def backward(self, w, grads, saved, dy, call):
        return np.ascontiguousarray(dy.transpose(0, *(1 + np.argsort(self.dims))))


@layers.register("RepeatVector")
class RepeatVector(Layer):
    """Repeats a vector at each of n time steps: (features) becomes (n, features)."""

    keeps_range = True

    n: Count

    def output_shape(self, shape):
        if len(shape) != 1:
            raise ShapeError(
                f"RepeatVector takes one vector per sample, got {show(shape)}", hint="put a Flatten before it"
            )
        return (self.n, *shape)

    def forward(self, w, x, call):
        y = call.empty((len(x), self.n, x.shape[1]), x.dtype)
        y[...] = x[:, None]
        return y, None

    def backward(self, w, grads, saved, dy, call):
        return np.add.reduce(dy, axis=1)
