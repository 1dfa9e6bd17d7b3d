"""Precision, recall and F1: how well each class is predicted."""

from typing import Annotated, Any, Literal

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.errors import InputError
from nnctl.nn.metrics.base import CLASSES, Array, Metric, as_rows, boundary, metrics

Threshold = Annotated[float, Field(ge=0, le=1)] | None


class ClassScore(Metric):
    """Base of the scores that compare, for each class, predictions with targets.

    State, by class: `hits` (predicted and true), `predicted`, `actual`; sums of weights.
    average: over the classes. "macro": the plain mean over all classes, where a class that is neither true nor
    predicted counts as 0, as in Keras' F1Score; "weighted": by how often a class is true; "micro": one score from the
    sums over all classes. class_id: the score of this class only.
    """

    average: Literal["macro", "micro", "weighted"] = "macro"
    class_id: Annotated[int, Field(ge=0)] | None = None

    better = "max"
    takes = CLASSES

    def cut(self) -> float | None:
        """The value above which a class counts as predicted; None: the most probable class is predicted."""
        raise NotImplementedError

    def with_cut(self, cut: float) -> "ClassScore":
        """This metric with that threshold."""
        raise NotImplementedError

    def score(self, hits: Array, predicted: Array, actual: Array) -> Array:
        """The score of each class; 0 where it is 0 / 0."""
        raise NotImplementedError

    def for_output(self, labels, prediction_shape, logits=False, margins=False):
        units = prediction_shape[-1]
        if self.class_id is not None and units is not None and self.class_id >= units:
            raise InputError(
                f"{self.kind} of class {self.class_id}, but the output has {units}",
                hint=f"choose class_id from 0 to {units - 1}",
            )
        if labels == "binary" or units == 1:
            return self.with_cut(boundary(self.cut(), logits, margins))
        return self if self.cut() is None else super().for_output(labels, prediction_shape, logits, margins)

    def start(self):
        return {"hits": 0.0, "predicted": 0.0, "actual": 0.0}

    def update(self, state, y, p, weight=None):
        if y.size != p.size:  # class numbers
            y = y.reshape(p.shape[:-1])[..., None] == np.arange(p.shape[-1])
        y, p, weight = as_rows(y, p, weight)
        cut = self.cut()
        decided = p > cut if cut is not None else np.arange(p.shape[-1]) == p.argmax(-1)[:, None]
        # In the first batch, arrays of class sums replace the zeros.
        state["hits"] = state["hits"] + weight @ (decided * y)
        state["predicted"] = state["predicted"] + weight @ decided
        state["actual"] = state["actual"] + weight @ y

    def result(self, state):
        sums = [np.atleast_1d(state[name]) for name in ("hits", "predicted", "actual")]
        if self.class_id is not None:
            sums = [by_class[self.class_id : self.class_id + 1] for by_class in sums]
        elif self.average == "micro":
            sums = [by_class.sum(keepdims=True) for by_class in sums]
        share = sums[2] if self.average == "weighted" else np.ones(len(sums[2]))
        return float(ratio(share @ self.score(*sums), share.sum()))


def ratio(part: Any, whole: Any) -> Any:
    """part / whole, and 0 where whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=np.greater(whole, 0))


class ThresholdScore(ClassScore):
    """Base of precision and recall, whose threshold is called `thresholds` in Keras."""

    thresholds: Threshold = None

    def cut(self):
        return self.thresholds

    def with_cut(self, cut):
        return self.model_copy(update={"thresholds": cut})


@metrics.register("precision")
class Precision(ThresholdScore):
    """The fraction of predicted positives that are right: true positives / predicted positives.

    Of several classes: the mean over the classes, by `average`, where Keras has one value over all of them ("micro").
    thresholds: the probability above which a class is predicted; by default 0.5 for yes-or-no outputs, and the most
    probable class for outputs that choose one of several.
    """

    def score(self, hits, predicted, actual):
        return ratio(hits, predicted)


@metrics.register("recall")
class Recall(ThresholdScore):
    """The fraction of actual positives that are found: true positives / actual positives.

    average, thresholds: as for precision.
    """

    def score(self, hits, predicted, actual):
        return ratio(hits, actual)


@metrics.register("f1_score", "f1")
class F1Score(ClassScore):
    """The harmonic mean of precision and recall: 2 true positives / (predicted + actual positives).

    Of several classes: the mean over the classes, by `average`, where Keras by default has one score for each.
    threshold: as `thresholds` for precision.
    """

    threshold: Threshold = None

    def cut(self):
        return self.threshold

    def with_cut(self, cut):
        return self.model_copy(update={"threshold": cut})

    def score(self, hits, predicted, actual):
        return ratio(2 * hits, predicted + actual)
