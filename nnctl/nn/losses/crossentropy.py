"""Crossentropies: minus the logarithm of the probability that was given to the true answer.

Each is computed in one of two ways. From probabilities p, clipped to [1e-7, 1 - 1e-7], where the gradient is 0 once p
is clipped. Or from logits z, the inputs of softmax or sigmoid, where loss and gradient are exact for any z, and the
gradient is simply p - y; a model that ends in softmax or sigmoid is trained this way.
"""

from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.nn.losses.base import EPSILON, ElementwiseLoss, Loss, aligned, losses, mean

Fraction = Annotated[float, Field(ge=0, le=1)]


@losses.register("binary_crossentropy", "bce")
class BinaryCrossentropy(ElementwiseLoss):
    """For yes-or-no answers, one or several: mean -y log p - (1 - y) log(1 - p) over the units.

    label_smoothing s: y (1 - s) + s / 2 replaces y. from_logits: the predictions are the inputs of a sigmoid.
    """

    from_logits: bool = False
    label_smoothing: Fraction = 0.0

    labels = "binary"
    predicts = "probabilities"
    kernel_number = 2
    fuses = "sigmoid"

    def forward(self, y, p):
        if self.from_logits:
            return self.forward_logits(y, p, np.empty_like(p))
        y = aligned(y, p)
        return super().forward(self._smoothed(y), p)

    def backward(self, saved, dl):
        return self.backward_logits(saved, dl) if self.from_logits else super().backward(saved, dl)

    def each(self, y, p):
        p = np.clip(p, EPSILON, 1 - EPSILON)
        return -(y * np.log(p) + (1 - y) * np.log(1 - p))

    def gradient(self, y, p):
        q = np.clip(p, EPSILON, 1 - EPSILON)
        return np.where(p == q, (q - y) / (q * (1 - q)), 0)

    def forward_logits(self, y, z, p):
        y = self._smoothed(aligned(y, z))
        # log(1 + exp(z)) - y z, by exp of a number that is not positive
        e = np.exp(-np.abs(z))
        loss = np.log1p(e)
        loss += np.maximum(z, 0)
        loss -= y * z
        np.divide(np.where(z < 0, e, 1), 1 + e, out=p)
        return np.add.reduce(loss, axis=-1) / z.shape[-1], (y, p)

    def backward_logits(self, saved, dl):
        y, p = saved
        dz = p - y
        dz *= (dl / p.shape[-1])[..., None]
        return dz

    def _smoothed(self, y):
        s = self.label_smoothing
        return y * (1 - s) + 0.5 * s if s else y


@losses.register("binary_focal_crossentropy")
class BinaryFocalCrossentropy(BinaryCrossentropy):
    """Binary crossentropy in which rows that are right already count little: mean (1 - q)^gamma bce(y, p).

    q = y p + (1 - y) (1 - p) is the probability given to the truth. For rare classes.
    gamma: how much less they count; 0 is binary crossentropy. alpha: the weight of yes, and 1 - alpha that of no,
    where apply_class_balancing is on. apply_class_balancing: whether alpha is used. Source: Lin et al. 2018.
    """

    apply_class_balancing: bool = False
    alpha: Fraction = 0.25
    gamma: Annotated[float, Field(ge=0)] = 2.0

    def each(self, y, p):
        return self._factor(y, p) * super().each(y, p)

    def gradient(self, y, p):
        return self._factor(y, p) * super().gradient(y, p) + self._factor_gradient(y, p) * super().each(y, p)

    def forward_logits(self, y, z, p):
        y = self._smoothed(aligned(y, z))
        e = np.exp(-np.abs(z))
        bce = np.log1p(e) + np.maximum(z, 0) - y * z
        np.divide(np.where(z < 0, e, 1), 1 + e, out=p)
        return mean(self._factor(y, p) * bce), (y, p, bce)

    def backward_logits(self, saved, dl):
        y, p, bce = saved
        dz = self._factor(y, p) * (p - y) + self._factor_gradient(y, p) * bce * p * (1 - p)
        return dz * (dl / p.shape[-1])[..., None]

    def _factor(self, y, p):
        return self._balance(y) * (y * (1 - p) + (1 - y) * p) ** self.gamma

    def _factor_gradient(self, y, p):
        wrong = np.maximum(y * (1 - p) + (1 - y) * p, EPSILON)  # 0 has no power below 0
        return self._balance(y) * (1 - 2 * y) * self.gamma * wrong ** (self.gamma - 1)

    def _balance(self, y):
        return y * self.alpha + (1 - y) * (1 - self.alpha) if self.apply_class_balancing else 1.0


@losses.register("categorical_crossentropy", "cce")
class CategoricalCrossentropy(Loss):
    """For one class of several, with one-hot targets: -sum y log p over the classes.

    p (rows, classes), divided by its sum. label_smoothing s: y (1 - s) + s / classes replaces y.
    from_logits: the predictions are the inputs of a softmax.
    """

    from_logits: bool = False
    label_smoothing: Fraction = 0.0

    labels = "onehot"
    predicts = "probabilities"
    kernel_number = 1
    fuses = "softmax"
    normalizes = True

    def forward(self, y, p):
        if self.from_logits:
            return self.forward_logits(y, p.copy(), np.empty_like(p))
        return from_probabilities(self._smoothed(aligned(y, p)), p)

    def backward(self, saved, dl):
        return self.backward_logits(saved, dl) if self.from_logits else probabilities_gradient(saved, dl)

    def forward_logits(self, y, z, p):
        y = self._smoothed(aligned(y, z))
        z -= softmax_into(z, p)
        # now z is log p
        return -np.add.reduce(y * z, axis=-1), (y, p)

    def backward_logits(self, saved, dl):
        y, p = saved
        dz = p * np.add.reduce(y, axis=-1, keepdims=True)  # targets need not sum to 1
        dz -= y
        dz *= dl[..., None]
        return dz

    def _smoothed(self, y):
        s = self.label_smoothing
        return y * (1 - s) + s / y.shape[-1] if s else y


@losses.register("sparse_categorical_crossentropy", "scce")
class SparseCategoricalCrossentropy(Loss):
    """For one class of several, with class numbers as targets: -log p_y.

    y (rows,), p (rows, classes), divided by its sum; for sequences y (rows, steps), p (rows, steps, classes).
    label_smoothing s: the true class counts 1 - s, and s is spread over all classes (not in Keras). from_logits: the
    predictions are the inputs of a softmax.
    """

    from_logits: bool = False
    label_smoothing: Fraction = 0.0

    labels = "integer"
    predicts = "probabilities"
    kernel_number = 0
    fuses = "softmax"
    normalizes = True

    def forward(self, y, p):
        if self.from_logits:
            return self.forward_logits(y, p.copy(), np.empty_like(p))
        y, s, classes = class_numbers(y, p), self.label_smoothing, p.shape[-1]
        target = np.full(p.shape, s / classes, p.dtype)
        target.reshape(-1, classes)[np.arange(y.size), y] += 1 - s
        return from_probabilities(target, p)

    def backward(self, saved, dl):
        return self.backward_logits(saved, dl) if self.from_logits else probabilities_gradient(saved, dl)

    def forward_logits(self, y, z, p):
        y = class_numbers(y, p)
        log_sum = softmax_into(z, p)
        here = np.arange(y.size), y
        s = self.label_smoothing
        loss = log_sum[..., 0]
        loss -= (1 - s) * z.reshape(-1, z.shape[-1])[here].reshape(loss.shape)
        if s:
            loss -= s / z.shape[-1] * np.add.reduce(z, axis=-1)
        return loss, (here, p)

    def backward_logits(self, saved, dl):
        here, p = saved
        s = self.label_smoothing
        dz = p * dl[..., None]
        if s:
            dz -= s / p.shape[-1] * dl[..., None]
        dz.reshape(-1, p.shape[-1])[here] -= (1 - s) * dl.reshape(-1)
        return dz


def class_numbers(y, p):
    """The class numbers of every row (and step) as one axis: (rows,), (rows, 1), (rows, steps) -> (n,)."""
    y = y.reshape(-1).astype(np.intp, copy=False)
    assert y.size * p.shape[-1] == p.size, "a class number for each prediction"
    return y


def softmax_into(z, p):
    """Writes softmax(z) into p, subtracts each row's largest from z, and returns log sum exp z, (..., 1)."""
    z -= largest(z)
    np.exp(z, out=p)
    total = (p @ np.ones(p.shape[-1], p.dtype))[..., None]  # a product sums short rows faster than a reduction
    p /= total
    return np.log(total, out=total)


def largest(z):
    """The largest of each row, (..., 1)."""
    if z.shape[-1] > 64:
        return np.maximum.reduce(z, axis=-1, keepdims=True)
    # NumPy reduces short rows one at a time; transposed, it takes all rows at once
    columns = np.ascontiguousarray(z.reshape(-1, z.shape[-1]).T)
    return np.maximum.reduce(columns, axis=0).reshape(*z.shape[:-1], 1)


def from_probabilities(y, p):
    """-sum y log q of q = p / sum p, clipped; where all p are 0, as relu may give, q is 0 too."""
    total = np.add.reduce(p, axis=-1, keepdims=True)
    total[total == 0] = 1
    q = p / total
    clipped = np.clip(q, EPSILON, 1 - EPSILON)
    return -np.add.reduce(y * np.log(clipped), axis=-1), (y, q, clipped, total)


def probabilities_gradient(saved, dl):
    """dL/dp of `from_probabilities`."""
    y, q, clipped, total = saved
    dq = np.where(q == clipped, -y / clipped, 0)
    dq -= np.add.reduce(dq * q, axis=-1, keepdims=True)  # a larger p makes every other q smaller
    dq *= dl[..., None] / total
    return dq
