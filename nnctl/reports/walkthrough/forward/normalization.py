"""Normalizations: y = gamma (x - mean) / sqrt(var + eps) + beta, with the first value written out."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.config.argument_docs import summary
from nnctl.reports.walkthrough.forward.general import write_inputs
from nnctl.reports.walkthrough.numbers import factor, number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.trace import TracedStep
from nnctl.translation import _


def normalization(traced: TracedStep, page: Page) -> None:
    page.text(_(summary(type(traced.layer))))
    write_inputs(traced, page)
    for name, weight in traced.weights.items():
        page.array(name, weight)
    x, mean, variance = first_value(traced)
    page.text(_("The first value:"))
    page.formula("y1", *written(traced, x, mean, variance), number(traced.y.reshape(-1)[0]))
    page.array("y", traced.y[0])


def first_value(traced: TracedStep) -> tuple[float, float, float]:
    """The first value of the input, and the mean and variance that it is normalized with: the moving averages, or
    those of its own features (LayerNormalization)."""
    x = traced.x[0]
    if traced.layer.kind == "BatchNormalization":
        moving = (float(traced.weights[name][0]) for name in ("moving_mean", "moving_variance"))
        return (float(x.reshape(-1)[0]), *moving)  # type: ignore[return-value]  # two of them
    features = x.reshape(-1, x.shape[-1])[0].astype(np.float64)
    return float(features[0]), float(features.mean()), float(features.var())


def written(traced: TracedStep, x: float, mean: float, variance: float) -> tuple[str, str]:
    """The formula in symbols and in numbers."""
    layer: Any = traced.layer
    symbols = "(x1 - mean) / sqrt(var + epsilon)"
    numbers = f"({number(x)} - {factor(mean)}) / sqrt({number(variance)} + {layer.epsilon:g})"
    if "gamma" in traced.weights:
        symbols, numbers = f"gamma1 × {symbols}", f"{factor(traced.weights['gamma'][0])} × {numbers}"
    if "beta" in traced.weights:
        symbols, numbers = f"{symbols} + beta1", f"{numbers} + {factor(traced.weights['beta'][0])}"
    return symbols, numbers
