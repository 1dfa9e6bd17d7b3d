"""Losses for regression: the distance between numbers."""

from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.nn.losses.base import EPSILON, ElementwiseLoss, Loss, aligned, losses


@losses.register("mse", "mean_squared_error")
class MeanSquaredError(ElementwiseLoss):
    """Mean squared error: mean (p - y)^2. Large errors count most; its best constant prediction is the mean of y."""

    labels = "number"
    kernel_number = 3
    predicts = "numbers"

    def each(self, y, p):
        error = p - y
        return error * error

    def gradient(self, y, p):
        return 2 * (p - y)


@losses.register("mae", "mean_absolute_error")
class MeanAbsoluteError(ElementwiseLoss):
    """Mean absolute error: mean |p - y|. Robust against outliers; its best constant prediction is the median of y."""

    labels = "number"
    predicts = "numbers"

    def each(self, y, p):
        return np.abs(p - y)

    def gradient(self, y, p):
        return np.sign(p - y)


@losses.register("mape", "mean_absolute_percentage_error")
class MeanAbsolutePercentageError(ElementwiseLoss):
    """Mean absolute percentage error: 100 mean |p - y| / max(|y|, 1e-7)."""

    labels = "number"
    predicts = "numbers"
    scale_free = True

    def each(self, y, p):
        return 100 * (np.abs(p - y) / np.maximum(np.abs(y), EPSILON))

    def gradient(self, y, p):
        return 100 * (np.sign(p - y) / np.maximum(np.abs(y), EPSILON))


@losses.register("msle", "mean_squared_logarithmic_error")
class MeanSquaredLogarithmicError(ElementwiseLoss):
    """Mean squared error of logarithms: mean (log(1 + p) - log(1 + y))^2, for targets over several magnitudes.

    Numbers below 1e-7 count as 1e-7, so p must not be negative: end with softplus, exponential or relu.
    """

    labels = "number"
    predicts = "positive"
    least_target = 0.0

    def each(self, y, p):
        error = _log1p(p) - _log1p(y)
        return error * error

    def gradient(self, y, p):
        return np.where(p > EPSILON, 2 * (_log1p(p) - _log1p(y)) / (1 + np.maximum(p, EPSILON)), 0)


def _log1p(x):
    return np.log1p(np.maximum(x, EPSILON))


@losses.register("huber")
class Huber(ElementwiseLoss):
    """Squared error near 0, absolute error beyond delta: a mean squared error that is robust against outliers.

    With e = p - y: mean of e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2. Source: Huber 1964.
    """

    delta: Annotated[float, Field(gt=0)] = 1.0

    bare = ("delta",)
    labels = "number"
    predicts = "numbers"

    def each(self, y, p):
        size = np.abs(p - y)
        near = np.minimum(size, self.delta)
        return near * (size - 0.5 * near)  # both formulas at once

    def gradient(self, y, p):
        return np.clip(p - y, -self.delta, self.delta)


@losses.register("log_cosh")
class LogCosh(ElementwiseLoss):
    """Logarithm of the hyperbolic cosine of the error: a smooth Huber loss.

    mean log cosh(p - y), computed as |e| + log(1 + exp(-2 |e|)) - log 2 of the error e.
    """

    labels = "number"
    predicts = "numbers"

    def each(self, y, p):
        size = np.abs(p - y)
        return size + np.log1p(np.exp(-2 * size)) - 0.6931471805599453

    def gradient(self, y, p):
        return np.tanh(p - y)


@losses.register("cosine_similarity")
class CosineSimilarity(Loss):
    """Minus the cosine of the angle between two vectors: -1 for the same direction, 1 for opposite directions.

    loss = -sum (y / |y|) (p / |p|), the norms at least 1e-7; 0 where y or p is all zeros.
    """

    labels = "number"
    predicts = "numbers"
    scale_free = True

    def forward(self, y, p):
        unit_y, _ = _unit(aligned(y, p))
        unit_p, norm = _unit(p)
        loss = -np.add.reduce(unit_y * unit_p, axis=-1)
        return loss, (unit_y, unit_p, norm, loss)

    def backward(self, saved, dl):
        unit_y, unit_p, norm, loss = saved
        # only the component of y orthogonal to p changes the direction of p
        return (unit_y + loss[..., None] * unit_p) * (-dl[..., None] / norm)


def _unit(x):
    norm = np.maximum(np.sqrt(np.add.reduce(x * x, axis=-1, keepdims=True)), EPSILON)
    return x / norm, norm
