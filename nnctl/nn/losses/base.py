"""What a loss is: one figure per sample, and the gradient of the prediction right under it."""

from typing import Any, ClassVar, Literal

import numpy as np

from nnctl.components.registry import Declared, Family, one_of
from nnctl.errors import ShapeError

Array = np.ndarray
Saved = Any

EPSILON = 1e-7  # Keras keeps this far from log 0 and from division by 0

losses = Family("loss")


class Loss(Declared):
    """Base of all losses.

    labels: what targets it wants, and so how a class column is encoded:
      "integer" (rows,) class numbers; "onehot" (rows, classes); "binary" (rows, units) of 0 and 1;
      "number" (rows, units) real.
      "sequence" (rows, longest) class numbers from 1, each row filled up with 0.
    fuses: kind of the activation ("softmax", "sigmoid") whose input it can take directly, or None.
    margins: predictions are no probabilities: above 0 is yes, the further the surer.
    predicts: what it takes for predictions (see `expects`), where `labels` and `margins` do not say so.
    normalizes: it divides the predictions of a row's classes by their sum.
    least_target: the smallest target that it has a meaning for, or None.
    scale_free: how large its numbers are is nothing to it; else a target far from 0 and 1 is better scaled.
    wants_lengths: forward and forward_logits take `lengths` as well, (rows,) time steps that are no padding, or
    None where all are; the loss then is the sequence's, and no mask is applied to it. And `compiled`, the module of
    kernels with a twin of their sums, or None.
    """

    labels: ClassVar[Literal["integer", "onehot", "binary", "number", "sequence"]] = "number"
    fuses: ClassVar[str | None] = None
    margins: ClassVar[bool] = False
    wants_lengths: ClassVar[bool] = False
    predicts: ClassVar[Literal["numbers", "positive", "probabilities", "margins", "scores"] | None] = None
    normalizes: ClassVar[bool] = False
    least_target: ClassVar[float | None] = None
    scale_free: ClassVar[bool] = False

    def expects(self) -> str:
        """What it takes for predictions, which the last layer is held against before any training:

        "numbers" any; "positive" none below 0, since it takes their logarithm; "probabilities" from 0 to 1, for classes
        a distribution; "margins" any, above 0 for yes; "logits" any; "scores" of the labels at each time step. A loss
        of classes expects probabilities unless it says otherwise.
        """
        if getattr(self, "from_logits", False):
            return "logits"
        if self.predicts:
            return self.predicts
        if self.margins:
            return "margins"
        return {"number": "numbers", "sequence": "scores"}.get(self.labels, "probabilities")

    def can_fuse(self) -> bool:
        """Whether `forward_logits` may replace the activation before it."""
        return self.fuses is not None and not getattr(self, "from_logits", False)

    def forward(self, y: Array, p: Array) -> tuple[Array, Saved]:
        """Loss of each sample: (rows,), or (rows, steps) for sequences, from target y and prediction p."""
        raise NotImplementedError

    def backward(self, saved: Saved, dl: Array) -> Array:
        """dL/dp, of p's shape and dtype, from dL/d(loss of each sample)."""
        raise NotImplementedError

    def forward_logits(self, y: Array, z: Array, p: Array) -> tuple[Array, Saved]:
        """As forward(y, f(z)) for the activation f it fuses, exact however large z is; writes f(z) into p.
        z may be overwritten."""
        raise NotImplementedError

    def backward_logits(self, saved: Saved, dl: Array) -> Array:
        """dL/dz."""
        raise NotImplementedError


class ElementwiseLoss(Loss):
    """Base of the losses that compare number by number and take the mean over the last axis.

    loss = mean_units each(y, p), for y and p (rows, units) or (rows, steps, units).
    """

    def each(self, y: Array, p: Array) -> Array:
        """The loss of every number, from y and p of one shape and dtype."""
        raise NotImplementedError

    def slope(self, y: Array, p: Array) -> Array:
        """d each / dp, a new array."""
        raise NotImplementedError

    def forward(self, y, p):
        y = aligned(y, p)
        return mean(self.each(y, p)), (y, p)

    def backward(self, saved, dl):
        y, p = saved
        return self.slope(y, p) * (dl / p.shape[-1])[..., None]


def mean(each: Array) -> Array:
    """Over the last axis; np.mean does the same in three times the time where arrays are small."""
    return np.add.reduce(each, axis=-1) / each.shape[-1]


def aligned(y: Array, p: Array) -> Array:
    """y in p's shape and dtype: (rows,) and (rows, 1) mean the same, nothing else is broadcast."""
    given = y.shape
    if y.ndim == p.ndim - 1:
        y = y[..., None]
    elif y.ndim == p.ndim + 1 and y.shape[-1] == 1:
        y = y[..., 0]
    if y.shape != p.shape:
        raise ShapeError(
            f"targets of shape {given} do not match predictions of shape {p.shape}",
            hint="give the last layer one unit for each number of a target",
        )
    return y.astype(p.dtype, copy=False)


LossName = one_of(losses)
