"""The kinds of accuracy: the fraction of predictions that are right."""

from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.counted import counted
from nnctl.errors import InputError
from nnctl.nn.metrics.base import CLASSES, Metric, add_mean, boundary, metrics


@metrics.register("accuracy", "acc")
class Accuracy(Metric):
    """The fraction of right predictions, in the kind that fits the output.

    One unit: binary_accuracy. Several units: sparse_categorical_accuracy for class numbers, categorical_accuracy for
    one-hot targets, binary_accuracy for a 0 or 1 for each unit (several labels at once). The last differs from Keras,
    which compares only the largest of the labels. Logits and margins above 0 mean yes, where Keras compares with 0.5.
    """

    better = "max"
    takes = CLASSES

    def for_output(self, labels, prediction_shape, logits=False, margins=False):
        if labels == "binary" or prediction_shape[-1] == 1:
            return BinaryAccuracy().for_output(labels, prediction_shape, logits, margins)
        return SparseCategoricalAccuracy() if labels == "integer" else CategoricalAccuracy()


@metrics.register("binary_accuracy")
class BinaryAccuracy(Metric):
    """The fraction of right yes-or-no answers: mean of (p > threshold) = y over all rows and units.

    threshold: the probability above which the answer is yes, default 0.5; for a hinge loss the margin, default 0.
    """

    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None

    better = "max"
    takes = ("binary", "onehot")

    def for_output(self, labels, prediction_shape, logits=False, margins=False):
        if labels == "onehot" and logits and not margins and self.threshold is not None:
            return super().for_output(labels, prediction_shape, logits)  # a softmax's
        return self.model_copy(update={"threshold": boundary(self.threshold, logits, margins)})

    def update(self, state, y, p, weight=None):
        threshold = 0.5 if self.threshold is None else self.threshold
        add_mean(state, (p > threshold) == y.reshape(p.shape), weight)


@metrics.register("categorical_accuracy")
class CategoricalAccuracy(Metric):
    """The fraction of rows whose most probable class is the one-hot target's: mean of argmax p = argmax y."""

    better = "max"
    takes = ("onehot",)

    def for_output(self, labels, prediction_shape, logits=False, margins=False):
        return self  # logits have the same order as probabilities

    def update(self, state, y, p, weight=None):
        add_mean(state, p.argmax(-1) == y.argmax(-1), weight)


@metrics.register("sparse_categorical_accuracy")
class SparseCategoricalAccuracy(Metric):
    """The fraction of rows whose most probable class is the target's class number: mean of argmax p = y."""

    better = "max"
    takes = ("integer",)

    def for_output(self, labels, prediction_shape, logits=False, margins=False):
        return self

    def update(self, state, y, p, weight=None):
        add_mean(state, p.argmax(-1) == y.reshape(p.shape[:-1]), weight)


@metrics.register("sparse_top_k_categorical_accuracy")
class SparseTopKCategoricalAccuracy(Metric):
    """The fraction of rows whose class number is among the k most probable classes.

    A row counts when fewer than k classes are more probable than its own.
    """

    k: Annotated[int, Field(ge=1)] = 5

    bare = ("k",)
    better = "max"
    takes = ("integer",)

    def for_output(self, labels, prediction_shape, logits=False, margins=False):
        classes = prediction_shape[-1]
        if classes is not None and self.k >= classes:
            raise InputError(
                f"{self.kind} with k {self.k} is always 1 for {counted(classes, 'class', 'classes')}",
                hint=f"choose k below {classes}, or use accuracy",
            )
        return self

    def update(self, state, y, p, weight=None):
        self.add(state, y.reshape(p.shape[:-1]), p, weight)

    def add(self, state, classes, p, weight):
        """Adds a batch whose targets are class numbers, (rows, ...)."""
        own = np.take_along_axis(p, classes.astype(np.intp, copy=False)[..., None], axis=-1)
        add_mean(state, np.count_nonzero(p > own, axis=-1) < self.k, weight)


@metrics.register("top_k_categorical_accuracy")
class TopKCategoricalAccuracy(SparseTopKCategoricalAccuracy):
    """The fraction of rows whose one-hot class is among the k most probable classes."""

    better = "max"
    takes = ("onehot",)

    def update(self, state, y, p, weight=None):
        self.add(state, y.argmax(-1), p, weight)
