"""Normalization of groups of channels, sample by sample: for batches too small for BatchNormalization."""

from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.errors import ShapeError
from nnctl.nn.layers.base import layers, show
from nnctl.nn.layers.normalization import Normalization


@layers.register("GroupNormalization")
class GroupNormalization(Normalization):
    """Normalizes each sample's channels in `groups`: y = gamma (x - mean) / sqrt(var + eps) + beta.

    x (rows, *positions, channels); mean and var (biased) are over all positions and the channels of a group.
    groups: -1 makes each channel a group of its own (instance normalization). Source: Wu and He 2018.
    """

    groups: Annotated[int, Field(ge=-1)] = 32

    def output_shape(self, shape):
        super().output_shape(shape)
        if self.groups == 0 or shape[-1] % self._count(shape):
            raise ShapeError(
                f"groups: {self.groups} does not divide the {shape[-1]} channels of {show(shape)}",
                hint=f"use a number that divides {shape[-1]}, or -1 to normalize each channel separately",
            )
        return shape

    def _count(self, shape):
        return shape[-1] if self.groups == -1 else self.groups

    def _grouped(self, x):
        """(rows, positions, groups, channels of a group), a view."""
        groups = self._count(x.shape)
        return x.reshape(len(x), -1, groups, x.shape[-1] // groups)

    def forward(self, w, x, call):
        parts = self._grouped(x)
        normed = np.subtract(parts, parts.mean(axis=(1, 3), keepdims=True), out=call.empty(parts.shape))
        size = parts.shape[1] * parts.shape[3]
        variance = np.einsum("npgc,npgc->ng", normed, normed)[:, None, :, None] / size
        inverse = 1 / np.sqrt(variance + self.epsilon)
        normed *= inverse
        y = call.empty(x.shape)
        self._scale_and_shift(w, normed.reshape(x.shape), y)
        return y, (normed, inverse)

    def backward(self, w, grads, saved, dy, call):
        normed, inverse = saved
        dflat = dy.reshape(-1, dy.shape[-1])
        if self.center and grads:
            np.add.reduce(dflat, axis=0, out=grads["beta"])
        if self.scale and grads:
            grads["gamma"][...] = np.einsum("nc,nc->c", normed.reshape(dflat.shape), dflat)
        d = self._grouped(np.multiply(dy, w["gamma"], out=dy) if self.scale else dy)
        size = d.shape[1] * d.shape[3]
        mean = d.mean(axis=(1, 3), keepdims=True)
        normed *= np.einsum("npgc,npgc->ng", d, normed)[:, None, :, None] / size
        d -= normed
        d -= mean
        d *= inverse
        return d.reshape(dy.shape)

    def multiply_adds(self, shape):
        return 2 * int(np.prod([n or 1 for n in shape], dtype=np.int64))
