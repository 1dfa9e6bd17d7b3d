"""What a loss is: one value per sample, and the gradient of the prediction right under it."""

from typing import Any, ClassVar, Literal, get_args

import numpy as np

from nnctl.components.registry import Declared, one_of
from nnctl.errors import ShapeError
from nnctl.nn.stated_facts import Fact, StatingFamily

Array = np.ndarray
Saved = Any

EPSILON = 1e-7  # Keras' distance from log 0 and from division by 0

# What a loss compares. Every loss states both, so that targets and last layer can be checked against them.
Labels = Literal["integer", "onehot", "binary", "number", "sequence"]
Predictions = Literal["probabilities", "logits", "margins", "scores", "positive", "numbers"]

# By a default, a loss of probabilities would train on the output of a linear unit, silently and badly.
losses = StatingFamily(
    "loss",
    Fact("labels", "its targets are", get_args(Labels)),
    Fact("predicts", "its predictions must be", get_args(Predictions)),
)


class Loss(Declared):
    """Base of all losses. Each states `labels` and `predicts`; the other facts have defaults.

    labels: what its targets are, and so how a class column is encoded:
      "integer" (rows,) class numbers; "onehot" (rows, classes); "binary" (rows, units) of 0 and 1;
      "number" (rows, units) real;
      "sequence" (rows, longest) class numbers from 1, each row filled up with 0.
    predicts: what its predictions must be, which the last layer is checked against before training:
      "probabilities" from 0 to 1, of several classes a distribution; "logits" any numbers, of which sigmoid or softmax
      makes probabilities; "margins" any numbers, above 0 for yes, the larger the surer; "scores" softmax or logits of
      the labels at each time step; "positive" numbers not below 0; "numbers" any.
      A loss with the argument `from_logits` states "probabilities"; the argument makes logits of them.
    fuses: the name of the activation ("softmax", "sigmoid") whose input it can take directly, or None.
    normalizes: it divides the predictions of a row's classes by their sum.
    least_target: the smallest target that it has a meaning for, or None.
    scale_free: the scale of its numbers does not matter; otherwise a target far from 0 and 1 is better scaled.
    kernel_number: its number in kernels/ops/dense.py, where the class has a compiled form there. Not inherited.
    wants_lengths: forward and forward_logits also take `lengths`, (rows,) time steps that are not padding, or None
      where all are; the loss is then that of the whole sequence, and no mask is applied to it. And `compiled`, the
      module of kernels that has its sums compiled, or None.
    """

    labels: ClassVar[Labels]
    predicts: ClassVar[Predictions]
    fuses: ClassVar[str | None] = None
    normalizes: ClassVar[bool] = False
    least_target: ClassVar[float | None] = None
    scale_free: ClassVar[bool] = False
    wants_lengths: ClassVar[bool] = False
    kernel_number: ClassVar[int | None] = None

    def expects(self) -> Predictions:
        """What its predictions must be: as the class states it, or logits where its arguments say so."""
        return "logits" if getattr(self, "from_logits", False) else self.predicts

    @property
    def margins(self) -> bool:
        """Whether predictions are margins, which stand for no probability."""
        return self.expects() == "margins"

    @property
    def takes_logits(self) -> bool:
        """Whether predictions are logits; see `probability_activation`."""
        return self.expects() == "logits"

    def can_fuse(self) -> bool:
        """Whether `forward_logits` may replace the activation before it."""
        return self.fuses is not None and not self.takes_logits

    def usual_activation(self) -> str:
        """The name of the activation that a last layer usually ends in under this loss."""
        if self.expects() in ("probabilities", "scores"):
            return probability_activation(self.labels)
        return "exponential" if self.expects() == "positive" else "linear"

    def forward(self, y: Array, p: Array) -> tuple[Array, Saved]:
        """Loss of each sample: (rows,), or (rows, steps) for sequences, from target y and prediction p."""
        raise NotImplementedError

    def backward(self, saved: Saved, dl: Array) -> Array:
        """dL/dp, of p's shape and dtype, from dL/d(loss of each sample)."""
        raise NotImplementedError

    def forward_logits(self, y: Array, z: Array, p: Array) -> tuple[Array, Saved]:
        """forward(y, f(z)) for the activation f that it fuses, exact for any z; writes f(z) into p. May overwrite z."""
        raise NotImplementedError

    def backward_logits(self, saved: Saved, dl: Array) -> Array:
        """dL/dz."""
        raise NotImplementedError


class ElementwiseLoss(Loss):
    """Base of the losses that compare numbers one by one and take the mean over the last axis.

    loss = mean_units each(y, p), for y and p (rows, units) or (rows, steps, units).
    """

    def each(self, y: Array, p: Array) -> Array:
        """The loss of every number, from y and p of one shape and dtype."""
        raise NotImplementedError

    def gradient(self, y: Array, p: Array) -> Array:
        """d each / dp, a new array."""
        raise NotImplementedError

    def forward(self, y, p):
        y = aligned(y, p)
        return mean(self.each(y, p)), (y, p)

    def backward(self, saved, dl):
        y, p = saved
        return self.gradient(y, p) * (dl / p.shape[-1])[..., None]


def probability_activation(labels: str) -> str:
    """The name of the activation that makes probabilities of logits, for a loss with such targets."""
    return "softmax" if labels in ("integer", "onehot", "sequence") else "sigmoid"


def mean(each: Array) -> Array:
    """Over the last axis; np.mean does the same, and takes three times as long for small arrays."""
    return np.add.reduce(each, axis=-1) / each.shape[-1]


def aligned(y: Array, p: Array) -> Array:
    """y in p's shape and dtype: (rows,) and (rows, 1) are the same, nothing else is broadcast."""
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
