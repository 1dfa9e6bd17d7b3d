"""AUC: how well predictions are ranked, over all thresholds."""

from typing import Annotated, Literal

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.nn.metrics.base import CLASSES, Array, Metric, as_rows, metrics
from nnctl.nn.metrics.converted import as_probabilities
from nnctl.nn.metrics.scores import ratio

MOST_VALUES = 4096  # distinct predictions that are kept apart where these are not probabilities


@metrics.register("auc")
class AUC(Metric):
    """The area under the ROC or the precision-recall curve, from `num_thresholds` points.

    ROC: true positive rate over false positive rate, by the trapezoidal rule; 0.5 is guessing, 1 is perfect.
    PR: precision over recall, interpolated between the points by Davis and Goadrich 2006.
    The thresholds are evenly spaced from 0 to 1, the outer ones just beyond. Several classes are pooled: every class of
    every row is one yes-or-no answer. Where the loss takes logits or margins, every value that occurs is a threshold,
    which gives the exact area; logits of several classes go through a softmax first.
    from_logits: true applies a sigmoid to the predictions first, as in Keras.
    """

    num_thresholds: Annotated[int, Field(ge=2)] = 200
    curve: Literal["ROC", "PR"] = "ROC"
    from_logits: bool | None = None

    better = "max"
    takes = CLASSES

    def for_output(self, labels, prediction_shape, logits=False, margins=False):
        if self.from_logits or not logits:
            return self
        ranked = _RankedAUC.made_of(self._values())
        return ranked if margins or labels == "binary" else as_probabilities(ranked, labels)

    def thresholds(self) -> Array:
        """The thresholds of the points of the curve, increasing, (num_thresholds,)."""
        thresholds = np.linspace(0, 1, self.num_thresholds)
        thresholds[0] -= 1e-7
        thresholds[-1] += 1e-7
        return thresholds

    def start(self):
        """Weights of the positives and negatives that exceed exactly i thresholds."""
        return {
            "positives": np.zeros(self.num_thresholds + 1),
            "negatives": np.zeros(self.num_thresholds + 1),
        }

    def update(self, state, y, p, weight=None):
        true, p, weights = answers(y, p, weight)
        if self.from_logits:
            p = 0.5 * (1 + np.tanh(0.5 * p))  # the sigmoid, which cannot overflow in this form
        exceeded = np.searchsorted(self.thresholds(), p, side="left")
        for name, share in (("positives", true), ("negatives", 1 - true)):
            state[name] += np.bincount(exceeded, weights * share, minlength=self.num_thresholds + 1)

    def result(self, state):
        return area(state["positives"], state["negatives"], self.curve)


class _RankedAUC(AUC):
    """AUC of predictions of any scale: every value that occurs is a threshold, so only equal predictions are ties.

    Beyond MOST_VALUES of them, neighbours are merged two by two.
    """

    def start(self):
        """The values that have occurred, increasing, and the weights of their positives and negatives."""
        return {"values": np.zeros(0), "positives": np.zeros(0), "negatives": np.zeros(0)}

    def update(self, state, y, p, weight=None):
        true, p, weights = answers(y, p, weight)
        values, place = np.unique(np.concatenate([state["values"], p]), return_inverse=True)
        for name, share in (("positives", true), ("negatives", 1 - true)):
            state[name] = np.bincount(place, np.concatenate([state[name], weights * share]), len(values))
        state["values"] = values
        while len(state["values"]) > MOST_VALUES:
            firsts = np.arange(0, len(state["values"]), 2)
            state["values"] = state["values"][firsts]
            for name in ("positives", "negatives"):
                state[name] = np.add.reduceat(state[name], firsts)

    def result(self, state):
        # a value exceeds one threshold more than the one below it; nothing exceeds none or all
        return area(np.pad(state["positives"], (1, 1)), np.pad(state["negatives"], (1, 1)), self.curve)


def answers(y: Array, p: Array, weight: Array | None) -> tuple[Array, Array, Array]:
    """Every class of every row as a yes-or-no answer: (1 if true, else 0; its prediction; its weight), (n,) each.

    A fraction, of soft targets, counts as a positive by this fraction and as a negative by the rest, as in Keras.
    """
    if y.size != p.size:  # class numbers
        y = y.reshape(p.shape[:-1])[..., None] == np.arange(p.shape[-1])
    y, p, weight = as_rows(y, p, weight)
    return np.clip(y.ravel().astype(np.float64), 0, 1), p.astype(np.float64).ravel(), np.repeat(weight, p.shape[-1])


def area(positives: Array, negatives: Array, curve: str) -> float:
    """The area under the curve through all thresholds, from the weights that exceed exactly i of them."""
    # Above threshold i lies what exceeds at least i + 1 thresholds.
    true, false = (weights[::-1].cumsum()[::-1][1:] for weights in (positives, negatives))
    if curve == "ROC":
        under = (false[:-1] - false[1:]) * (true[:-1] + true[1:]) / 2
        return float(ratio(under.sum(), positives.sum() * negatives.sum()))
    predicted = true + false
    slope = ratio(true[:-1] - true[1:], predicted[:-1] - predicted[1:])
    intercept = true[1:] - slope * predicted[1:]
    growth = np.where(predicted[1:] > 0, ratio(predicted[:-1], predicted[1:]), 1.0)
    under = slope * (true[:-1] - true[1:] + intercept * np.log(growth))
    return float(ratio(under.sum(), positives.sum()))
