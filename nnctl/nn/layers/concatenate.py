"""Concatenate: several tensors joined along one axis."""

import numpy as np

from nnctl.errors import ShapeError
from nnctl.nn.layers.base import Layer, layers, show


@layers.register("Concatenate")
class Concatenate(Layer):
    """Joins its inputs along `axis`, by default the last."""

    keeps_range = True

    axis: int = -1

    merges = True

    def output_mask(self, xs, masks):
        if all(mask is None for mask in masks):
            return None
        # a step counts if any input counts there; an input without a mask always does
        wide = [
            np.ones(x.shape, bool)
            if mask is None
            else np.broadcast_to(mask.reshape(*mask.shape, *(1,) * (x.ndim - mask.ndim)), x.shape)
            for x, mask in zip(xs, masks, strict=True)
        ]
        return np.concatenate(wide, axis=self.axis).any(axis=-1)

    def output_shape(self, shapes):
        rank = len(shapes[0])
        # axis counts the batch axis, as in Keras: 1 is the first axis of a sample
        axis = self.axis if self.axis < 0 else self.axis - 1
        if not -rank <= axis < rank:
            raise ShapeError(
                f"axis {self.axis} does not exist in {show(shapes[0])}", hint=f"use 1 to {rank}, or -1 for the last"
            )
        axis %= rank
        rest = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
        if len({len(shape) for shape in shapes}) > 1 or len(rest) > 1:
            raise ShapeError(
                "Concatenate needs inputs that differ in the joined axis only, got "
                + " and ".join(show(shape) for shape in shapes),
                hint="put Flatten or Reshape before it, or choose another axis",
            )
        sizes = [shape[axis] for shape in shapes]
        joined = None if None in sizes else sum(sizes)
        return (*shapes[0][:axis], joined, *shapes[0][axis + 1 :])

    def forward(self, w, xs, call):
        shape = list(xs[0].shape)
        shape[self.axis] = sum(x.shape[self.axis] for x in xs)
        y = call.empty(tuple(shape))
        np.concatenate(xs, axis=self.axis, out=y)
        return y, [x.shape[self.axis] for x in xs]

    def backward(self, w, grads, sizes, dy, call):
        return np.split(dy, np.cumsum(sizes[:-1]), axis=self.axis)
