"""Losses between numbers: a figure per sample, the mean over the last axis."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from nnctl.losses.base import Loss, losses

EPSILON = 1e-7


class _Elementwise(Loss):
    """Base: the mean over the last axis of f(y, p), with df/dp right under f."""

    def value(self, y, p):
        raise NotImplementedError

    def slope(self, y, p):
        """d value / dp."""
        raise NotImplementedError

    def forward(self, y, p):
        y = y.reshape(p.shape).astype(p.dtype, copy=False)
        return self.value(y, p).mean(axis=-1), (y, p)

    def backward(self, saved, dl):
        y, p = saved
        return self.slope(y, p) * (dl[..., None] / p.shape[-1])


@losses.register("mse", "mean_squared_error")
class MeanSquaredError(_Elementwise):
    """Mean squared error: (p - y)^2."""

    def value(self, y, p):
        return np.square(p - y)

    def slope(self, y, p):
        return 2 * (p - y)


@losses.register("mae", "mean_absolute_error")
class MeanAbsoluteError(_Elementwise):
    """Mean absolute error: |p - y|."""

    def value(self, y, p):
        return np.abs(p - y)

    def slope(self, y, p):
        return np.sign(p - y)


@losses.register("mape", "mean_absolute_percentage_error")
class MeanAbsolutePercentageError(_Elementwise):
    """Mean absolute percentage error: 100 |p - y| / max(|y|, eps)."""

    def value(self, y, p):
        return 100 * np.abs(p - y) / np.maximum(np.abs(y), EPSILON)

    def slope(self, y, p):
        return 100 * np.sign(p - y) / np.maximum(np.abs(y), EPSILON)


@losses.register("msle", "mean_squared_logarithmic_error")
class MeanSquaredLogarithmicError(_Elementwise):
    """Mean squared logarithmic error: (log(p + 1) - log(y + 1))^2, both kept at eps or above."""

    def value(self, y, p):
        return np.square(np.log1p(np.maximum(p, EPSILON)) - np.log1p(np.maximum(y, EPSILON)))

    def slope(self, y, p):
        difference = np.log1p(np.maximum(p, EPSILON)) - np.log1p(np.maximum(y, EPSILON))
        return np.where(p > EPSILON, 2 * difference / (1 + np.maximum(p, EPSILON)), 0)


@losses.register("huber")
class Huber(_Elementwise):
    """Huber: (p - y)^2 / 2 up to delta, delta |p - y| - delta^2 / 2 beyond: outliers pull no harder than delta."""

    delta: Annotated[float, Field(gt=0)] = 1.0

    def value(self, y, p):
        size = np.abs(p - y)
        return np.where(size <= self.delta, 0.5 * np.square(size), self.delta * size - 0.5 * self.delta**2)

    def slope(self, y, p):
        return np.clip(p - y, -self.delta, self.delta)


@losses.register("log_cosh")
class LogCosh(_Elementwise):
    """log(cosh(p - y)): as half the square when small, as the size less log 2 when large."""

    def value(self, y, p):
        size = np.abs(p - y)
        return size + np.log1p(np.exp(-2 * size)) - float(np.log(2))

    def slope(self, y, p):
        return np.tanh(p - y)


@losses.register("poisson")
class Poisson(_Elementwise):
    """Poisson: p - y log(p + eps), for counts y and their predicted mean p."""

    def value(self, y, p):
        return p - y * np.log(p + EPSILON)

    def slope(self, y, p):
        return 1 - y / (p + EPSILON)
