"""Losses between labels and predicted probabilities."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from nnctl.losses.base import Loss, losses

EPSILON = 1e-7  # Keras': probabilities are kept this far from 0 and 1

Smoothing = Annotated[float, Field(ge=0, le=1)]


def _log_softmax(z):
    """log(softmax(z)) over the last axis, and softmax(z); exact however large z is."""
    shifted = z - z.max(axis=-1, keepdims=True)
    p = np.exp(shifted)
    total = np.add.reduce(p, axis=-1, keepdims=True)
    shifted -= np.log(total)
    p /= total
    return shifted, p


def _normalised(p):
    """p / sum p, clipped: what Keras takes the logarithm of; and what backward needs."""
    total = p.sum(axis=-1, keepdims=True)
    share = p / total
    return np.clip(share, EPSILON, 1 - EPSILON), share, total


def _through_normalisation(dshare, share, total):
    """dL/dp from dL/d(clipped p / sum p): clipped entries pass nothing."""
    dshare = np.where((share >= EPSILON) & (share <= 1 - EPSILON), dshare, 0)
    return (dshare - (dshare * share).sum(axis=-1, keepdims=True)) / total


@losses.register("binary_crossentropy", "bce")
class BinaryCrossentropy(Loss):
    """Binary crossentropy: -(y log p + (1 - y) log(1 - p)), the mean over the last axis.

    y (rows, units) of 0 and 1; p (rows, units) probabilities, or logits with `from_logits`.
    label_smoothing s: y becomes y (1 - s) + s / 2.
    """

    from_logits: bool = False
    label_smoothing: Smoothing = 0.0

    labels = "binary"
    fuses = "sigmoid"

    def _smooth(self, y, p):
        y = y.reshape(p.shape).astype(p.dtype, copy=False)
        s = self.label_smoothing
        return y * (1 - s) + 0.5 * s if s else y

    def forward(self, y, p):
        if self.from_logits:
            return self.forward_logits(y, p.copy(), np.empty_like(p))
        y = self._smooth(y, p)
        q = np.clip(p, EPSILON, 1 - EPSILON)
        each = -(y * np.log(q) + (1 - y) * np.log(1 - q))
        return each.mean(axis=-1), (y, p, q)

    def backward(self, saved, dl):
        if self.from_logits:
            return self.backward_logits(saved, dl)
        y, p, q = saved
        slope = np.where(p == q, (q - y) / (q * (1 - q)), 0)
        return slope * (dl[..., None] / p.shape[-1])

    def forward_logits(self, y, z, p):
        y = self._smooth(y, z)
        # log(1 + exp(z)) - y z, written so that exp never sees a large number
        small = np.exp(-np.abs(z))
        each = np.maximum(z, 0) - y * z + np.log1p(small)
        np.divide(np.where(z >= 0, 1, small), 1 + small, out=p)
        return each.mean(axis=-1), p - y

    def backward_logits(self, saved, dl):
        return saved * (dl[..., None] / saved.shape[-1])


@losses.register("categorical_crossentropy", "cce")
class CategoricalCrossentropy(Loss):
    """Categorical crossentropy: -sum_k y_k log p_k over the last axis.

    y (rows, classes) one-hot; p (rows, classes) probabilities, or logits with `from_logits`.
    label_smoothing s: y becomes y (1 - s) + s / classes.
    """

    from_logits: bool = False
    label_smoothing: Smoothing = 0.0

    labels = "onehot"
    fuses = "softmax"

    def _smooth(self, y, p):
        y = y.astype(p.dtype, copy=False)
        s = self.label_smoothing
        return y * (1 - s) + s / y.shape[-1] if s else y

    def forward(self, y, p):
        if self.from_logits:
            return self.forward_logits(y, p.copy(), np.empty_like(p))
        y = self._smooth(y, p)
        q, share, total = _normalised(p)
        return -(y * np.log(q)).sum(axis=-1), (y, q, share, total)

    def backward(self, saved, dl):
        if self.from_logits:
            return self.backward_logits(saved, dl)
        y, q, share, total = saved
        return _through_normalisation(-y / q * dl[..., None], share, total)

    def forward_logits(self, y, z, p):
        y = self._smooth(y, z)
        logs, p[...] = _log_softmax(z)
        # sum(y) is 1 for any proper label, and kept for those who give another
        return -(y * logs).sum(axis=-1), p * y.sum(axis=-1, keepdims=True) - y

    def backward_logits(self, saved, dl):
        return saved * dl[..., None]


@losses.register("sparse_categorical_crossentropy", "scce")
class SparseCategoricalCrossentropy(Loss):
    """Categorical crossentropy with class numbers for labels: -log p_y.

    y (rows,) integers from 0; p (rows, classes) probabilities, or logits with `from_logits`.
    """

    from_logits: bool = False

    labels = "integer"
    fuses = "softmax"

    def forward(self, y, p):
        if self.from_logits:
            return self.forward_logits(y, p.copy(), np.empty_like(p))
        q, share, total = _normalised(p)
        y = y.reshape(p.shape[:-1]).astype(np.intp, copy=False)[..., None]
        chosen = np.take_along_axis(q, y, axis=-1)
        return -np.log(chosen)[..., 0], (y, chosen, share, total)

    def backward(self, saved, dl):
        if self.from_logits:
            return self.backward_logits(saved, dl)
        y, chosen, share, total = saved
        slope = np.zeros_like(share)
        np.put_along_axis(slope, y, -dl[..., None] / chosen, axis=-1)
        return _through_normalisation(slope, share, total)

    def forward_logits(self, y, z, p):
        logs, p[...] = _log_softmax(z)
        # one row a label, whatever the axes: plain indexing is several times faster than take_along_axis
        at = np.arange(y.size), y.reshape(-1)
        slope = p.reshape(-1, p.shape[-1]).copy()
        slope[at] -= 1
        each = -logs.reshape(slope.shape)[at]
        return each.reshape(p.shape[:-1]), slope.reshape(p.shape)

    def backward_logits(self, saved, dl):
        saved *= dl[..., None]
        return saved


@losses.register("kl_divergence", "kld", "KLDivergence", "kullback_leibler_divergence")
class KLDivergence(Loss):
    """Kullback-Leibler divergence: sum_k y_k log(y_k / p_k) over the last axis, both clipped to [eps, 1]."""

    labels = "onehot"

    def forward(self, y, p):
        y = np.clip(y.astype(p.dtype, copy=False), EPSILON, 1)
        q = np.clip(p, EPSILON, 1)
        return (y * np.log(y / q)).sum(axis=-1), (y, p, q)

    def backward(self, saved, dl):
        y, p, q = saved
        return np.where(p == q, -y / q, 0) * dl[..., None]


@losses.register("hinge")
class Hinge(Loss):
    """Hinge: max(1 - y p, 0), the mean over the last axis; labels 0 and 1 are taken as -1 and 1."""

    labels = "binary"

    def forward(self, y, p):
        y = y.reshape(p.shape).astype(p.dtype, copy=False)
        if np.isin(y, (0, 1)).all():
            y = 2 * y - 1
        return np.maximum(1 - y * p, 0).mean(axis=-1), (y, p)

    def backward(self, saved, dl):
        y, p = saved
        return np.where(1 - y * p > 0, -y, 0) * (dl[..., None] / p.shape[-1])


@losses.register("squared_hinge")
class SquaredHinge(Hinge):
    """Squared hinge: max(1 - y p, 0)^2, the mean over the last axis; labels 0 and 1 are taken as -1 and 1."""

    def forward(self, y, p):
        y = y.reshape(p.shape).astype(p.dtype, copy=False)
        if np.isin(y, (0, 1)).all():
            y = 2 * y - 1
        return np.square(np.maximum(1 - y * p, 0)).mean(axis=-1), (y, p)

    def backward(self, saved, dl):
        y, p = saved
        return -2 * y * np.maximum(1 - y * p, 0) * (dl[..., None] / p.shape[-1])
