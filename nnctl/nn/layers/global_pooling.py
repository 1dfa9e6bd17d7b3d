"""Global pooling: one value per channel for the whole sequence or image."""

from math import prod
from typing import ClassVar

import numpy as np

from nnctl.errors import ShapeError
from nnctl.nn.layers.base import Layer, layers, show


class GlobalPooling(Layer):
    """x (rows, *positions, channels) -> y (rows, channels), or (rows, 1, ..., channels) with keepdims."""

    keeps_range = True

    keepdims: bool = False

    rank: ClassVar[int]

    def output_shape(self, shape):
        if len(shape) != self.rank + 1:
            raise ShapeError(
                f"{self.kind} takes {self.rank + 1} axes besides the batch axis, got {show(shape)}",
                hint="use the 1D variant for sequences, the 2D variant for images",
            )
        return ((1,) * self.rank if self.keepdims else ()) + (shape[-1],)

    def _kept(self, x, y):
        """y (rows, channels), with the axes that keepdims keeps."""
        return y.reshape(len(x), *(1,) * self.rank, -1) if self.keepdims else y

    def multiply_adds(self, shape):
        return prod(n or 1 for n in shape)


class GlobalAveragePooling(GlobalPooling):
    """The mean over all positions; of a sequence with padding, over the real steps, or 0 where all are padding."""

    def forward(self, w, x, call):
        flat = x.reshape(len(x), -1, x.shape[-1])  # (rows, positions, channels)
        mask = call.masks[0] if call.masks else None
        if mask is None:
            share = np.full((len(x), 1), 1 / flat.shape[1], x.dtype)
            y = np.add.reduce(flat, axis=1, out=call.empty((len(x), x.shape[-1])))
        else:
            mask = mask.astype(x.dtype)[..., None]
            # a row of padding alone (an empty text) has no mean: 0, as from a recurrent layer
            share = 1 / np.maximum(mask.sum(axis=1), 1)
            y = np.einsum("npc,npk->nc", flat, mask, out=call.empty((len(x), x.shape[-1])))
        y *= share
        return self._kept(x, y), (x.shape, share, mask)

    def backward(self, w, grads, saved, dy, call):
        shape, share, mask = saved
        dy = dy.reshape(len(dy), 1, -1) * share[:, None]
        dx = call.empty(shape)
        flat = dx.reshape(len(dy), -1, shape[-1])
        flat[...] = dy
        if mask is not None:
            flat *= mask
        return dx


class GlobalMaxPooling(GlobalPooling):
    """The largest value over all positions; equal values share the gradient."""

    keeps_output = True
    takes_largest = True

    def forward(self, w, x, call):
        flat = x.reshape(len(x), -1, x.shape[-1])
        y = np.maximum.reduce(flat, axis=1)
        return self._kept(x, y), (x.shape, flat, y)

    def backward(self, w, grads, saved, dy, call):
        shape, flat, y = saved
        here = flat == y[:, None]
        dy = dy.reshape(y.shape) / np.count_nonzero(here, axis=1)
        dx = call.empty(shape)
        np.multiply(here, dy[:, None], out=dx.reshape(flat.shape), casting="same_kind")
        return dx


@layers.register("GlobalAveragePooling1D", "GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean over time: x (rows, steps, features) -> y (rows, features); padded steps are left out.

    A sequence of padding alone, such as an empty text, gives 0.
    """

    rank = 1


@layers.register("GlobalAveragePooling2D", "GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean over an image: x (rows, height, width, channels) -> y (rows, channels)."""

    rank = 2


@layers.register("GlobalMaxPooling1D", "GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest value over time: x (rows, steps, features) -> y (rows, features).

    Padded steps count like any other, as in Keras, so a sequence of padding alone has a finite maximum too.
    """

    rank = 1


@layers.register("GlobalMaxPooling2D", "GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest value of an image: x (rows, height, width, channels) -> y (rows, channels)."""

    rank = 2
