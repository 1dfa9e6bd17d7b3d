"""Metrics for numbers that are not losses as well: RMSE, R2, cosine similarity."""

import math
from typing import Literal

import numpy as np

from nnctl.nn.metrics.base import VALUES, Metric, add_mean, as_rows, metrics


@metrics.register("rmse", "root_mean_squared_error")
class RootMeanSquaredError(Metric):
    """The root of the mean squared error, in the unit of the target: sqrt(mean((y - p)^2))."""

    better = "min"
    takes = VALUES

    def update(self, state, y, p, weight=None):
        add_mean(state, np.square(y.reshape(p.shape) - p), weight)

    def result(self, state):
        return math.sqrt(super().result(state))


@metrics.register("cosine_similarity")
class CosineSimilarity(Metric):
    """The mean cosine of the angle between target and prediction: y . p / (|y| |p|), 0 where one is 0."""

    better = "max"
    takes = VALUES

    def update(self, state, y, p, weight=None):
        y = y.reshape(p.shape)
        lengths = np.linalg.norm(y, axis=-1) * np.linalg.norm(p, axis=-1)
        add_mean(state, (y * p).sum(-1) / np.where(lengths > 0, lengths, 1), weight)


@metrics.register("r2_score", "r2")
class R2Score(Metric):
    """The fraction of the target's variance that the predictions explain.

    1 - sum (y - p)^2 / sum (y - mean y)^2.
    1 is perfect, 0 is as good as always predicting the mean, below 0 is worse. The score of a constant target is 0.
    class_aggregation: over several units, the plain mean or the mean weighted by variance.
    """

    class_aggregation: Literal["uniform_average", "variance_weighted_average"] = "uniform_average"

    better = "max"
    takes = VALUES

    def start(self):
        return {"count": 0.0, "mean": 0.0, "squares": 0.0, "residual": 0.0}

    def update(self, state, y, p, weight=None):
        y, p, weight = as_rows(y.astype(np.float64), p, weight)
        count = weight.sum()
        if count == 0:
            return
        # Sums about the batch's own mean, merged pairwise (Chan, Golub and LeVeque 1979): sums of y^2 would lose digits
        # where the targets are large compared with their deviation.
        mean = weight @ y / count
        apart = mean - state["mean"]
        total = state["count"] + count
        state["squares"] = state["squares"] + weight @ np.square(y - mean) + apart**2 * (state["count"] * count / total)
        state["residual"] = state["residual"] + weight @ np.square(y - p)
        state["mean"] = state["mean"] + apart * (count / total)
        state["count"] = float(total)

    def result(self, state):
        squares, residual = np.atleast_1d(state["squares"]), np.atleast_1d(state["residual"])
        varies = squares > 0
        # of 1 minus a quotient near 1, digits beyond the 12th are rounding errors; adding 0 makes -0 a plain 0
        scores = np.where(varies, np.round(1 - residual / np.where(varies, squares, 1), 12), 0.0) + 0.0
        if self.class_aggregation == "uniform_average" or not varies.any():
            return float(scores.mean())
        return float(squares @ scores / squares.sum())
