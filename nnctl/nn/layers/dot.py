"""Dot: products of two tensors, summed along one axis of each."""

from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import BeforeValidator
from nnctl.components.registry import listed
from nnctl.errors import ShapeError
from nnctl.nn.layers.base import Layer, layers, show


@layers.register("Dot")
class Dot(Layer):
    """Sum of products along one axis of each: y[i, j] = sum_k x_1[i, k] x_2[k, j], for every sample.

    axes: of x_1 and of x_2, where the batch axis counts as 0, or one number for both. normalize: both are first scaled
    to length 1 along their axis, which makes y their cosine.
    """

    axes: Annotated[int | tuple[int, int], BeforeValidator(listed)]
    normalize: bool = False

    merges = True
    most = 2

    def _axes(self, ranks):
        """The axes from 0, where the batch axis is 0; ranks count it as well."""
        given = self.axes if isinstance(self.axes, tuple) else (self.axes, self.axes)
        return [axis % rank if -rank < axis < rank else -1 for axis, rank in zip(given, ranks, strict=True)]

    def output_shape(self, shapes):
        one, two = shapes
        first, second = self._axes([len(one) + 1, len(two) + 1])
        if first < 1 or second < 1 or one[first - 1] != two[second - 1]:
            raise ShapeError(
                f"Dot needs axes of the same size, got axes {self.axes} of {show(one)} and {show(two)}",
                hint="count the batch axis as 0: the last axis of both is -1",
            )
        rest = one[: first - 1] + one[first:] + two[: second - 1] + two[second:]
        return rest or (1,)

    def forward(self, w, xs, call):
        axes = self._axes([x.ndim for x in xs])
        moved = [np.moveaxis(x, axis, -1) for x, axis in zip(xs, axes, strict=True)]
        flat = [np.ascontiguousarray(m).reshape(len(m), -1, m.shape[-1]) for m in moved]  # (rows, others, k)
        lengths = [None, None]
        if self.normalize:
            lengths = [np.sqrt(np.maximum(np.square(x).sum(axis=-1, keepdims=True), 1e-12)) for x in flat]
            flat = [x / length for x, length in zip(flat, lengths, strict=True)]
        y = flat[0] @ flat[1].swapaxes(1, 2)
        shape = self.output_shape([x.shape[1:] for x in xs])
        return y.reshape(len(y), *shape), (flat, lengths, axes, [m.shape for m in moved])

    def backward(self, w, grads, saved, dy, call):
        flat, lengths, axes, shapes = saved
        dy = dy.reshape(len(dy), flat[0].shape[1], flat[1].shape[1])
        dxs = []
        for x, d, length, axis, shape in zip(
            flat, (dy @ flat[1], dy.swapaxes(1, 2) @ flat[0]), lengths, axes, shapes, strict=True
        ):
            if length is not None:  # along x only its length changes, which is divided out
                d -= x * np.einsum("...k,...k->...", x, d)[..., None]
                d /= length
            dxs.append(np.ascontiguousarray(np.moveaxis(d.reshape(shape), -1, axis)))
        return dxs
