"""AUC: how well predictions rank, whatever the threshold."""

from typing import Annotated, Literal

import numpy as np

from nnctl.fields import Field
from nnctl.metrics.base import Array, Metric, as_rows, metrics
from nnctl.metrics.scores import ratio


@metrics.register("auc")
class AUC(Metric):
    """The area under the ROC or the precision-recall curve, drawn through `num_thresholds` points.

    ROC: true positive rate over false positive rate, by the trapezoidal rule; 0.5 is guessing, 1 is perfect.
    PR: precision over recall, interpolated between the points as Davis and Goadrich 2006 do.
    The thresholds lie evenly from 0 to 1, the outer ones just beyond. Outputs of several classes are pooled:
    every class of every row is one yes-or-no answer. from_logits: predictions go through the sigmoid first.
    """

    num_thresholds: Annotated[int, Field(ge=2)] = 200
    curve: Literal["ROC", "PR"] = "ROC"
    from_logits: bool = False

    def thresholds(self) -> Array:
        """Where the curve is sampled, rising, (num_thresholds,)."""
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
        if y.size != p.size:  # class numbers
            y = y.reshape(p.shape[:-1])[..., None] == np.arange(p.shape[-1])
        y, p, weight = as_rows(y, p, weight)
        p = p.astype(np.float64)
        if self.from_logits:
            p = 0.5 * (1 + np.tanh(0.5 * p))  # the sigmoid, which cannot overflow in this form
        exceeded = np.searchsorted(self.thresholds(), p.ravel(), side="left")
        weights = np.repeat(weight, p.shape[-1])
        true = y.ravel() > 0
        for name, chosen in (("positives", true), ("negatives", ~true)):
            state[name] += np.bincount(exceeded[chosen], weights[chosen], minlength=self.num_thresholds + 1)

    def result(self, state):
        # Above threshold i lies what exceeds at least i + 1 thresholds.
        true, false = (state[name][::-1].cumsum()[::-1][1:] for name in ("positives", "negatives"))
        positives, negatives = state["positives"].sum(), state["negatives"].sum()
        if self.curve == "ROC":
            area = (false[:-1] - false[1:]) * (true[:-1] + true[1:]) / 2
            return float(ratio(area.sum(), positives * negatives))
        predicted = true + false
        slope = ratio(true[:-1] - true[1:], predicted[:-1] - predicted[1:])
        intercept = true[1:] - slope * predicted[1:]
        growth = np.where(predicted[1:] > 0, ratio(predicted[:-1], predicted[1:]), 1.0)
        area = slope * (true[:-1] - true[1:] + intercept * np.log(growth))
        return float(ratio(area.sum(), positives))
