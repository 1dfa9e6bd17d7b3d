"""Layers that move no number: they only give the tensor another shape."""

from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, Field

from nnctl.errors import ShapeError
from nnctl.layers.base import Layer, layers, show, size_of
from nnctl.registry import listed


@layers.register("Flatten")
class Flatten(Layer):
    """One axis from all: (a, b, c) becomes (a b c), the last axis running fastest."""

    def output_shape(self, shape):
        return (size_of(shape),)

    def forward(self, w, x, call):
        return x.reshape(len(x), -1), x.shape

    def backward(self, w, grads, shape, dy, call):
        return dy.reshape(shape)


@layers.register("Reshape")
class Reshape(Layer):
    """Another shape of the same size; one axis may be -1 and is worked out from the rest."""

    target_shape: Annotated[tuple[Annotated[int, Field(ge=-1)], ...], BeforeValidator(listed), Field(min_length=1)]

    def output_shape(self, shape):
        size = size_of(shape)
        known = int(np.prod([n for n in self.target_shape if n != -1], dtype=np.int64))
        unknown = self.target_shape.count(-1)
        if unknown > 1 or (size % known if unknown and known else size != known):
            raise ShapeError(
                f"{size} values a sample ({show(shape)}) cannot take the shape {list(self.target_shape)}",
                hint=f"the sizes must multiply to {size}; one of them may be -1",
            )
        return tuple(size // known if n == -1 else n for n in self.target_shape)

    def forward(self, w, x, call):
        return x.reshape(len(x), *self.target_shape), x.shape

    def backward(self, w, grads, shape, dy, call):
        return dy.reshape(shape)
