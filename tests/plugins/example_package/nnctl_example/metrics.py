import numpy as np

from nnctl.nn.metrics.base import Metric, metrics


@metrics.register("max_error")
class MaxError(Metric):
    """The largest error: max |p - y|, over all rows whose sample weight is not 0. Not in Keras."""

    better = "min"
    takes = ("number",)

    def start(self):
        return {"largest": 0.0}

    def update(self, state, y, p, weight=None):
        error = np.abs(p - y.reshape(p.shape)).reshape(len(p), -1).max(axis=1)
        if weight is not None:
            error = error[weight > 0]
        state["largest"] = float(max(state["largest"], error.max(initial=0)))

    def result(self, state):
        return state["largest"]
