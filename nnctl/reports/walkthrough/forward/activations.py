"""Activations: y = f(z), with the first value written out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from nnctl.reports.walkthrough.numbers import factor, number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.sums import SHOWN
from nnctl.reports.walkthrough.trace import TracedStep
from nnctl.translation import _

# By activation: the formula with the number x in it. `{f}` stands in parentheses if it is negative, `{minus}` is -x,
# `{size}` |x|.
WRITTEN: dict[str, str] = {
    "elu": "{x} if {x} > 0, else {alpha} × (exp({x}) - 1)",
    "exponential": "exp({x})",
    "hard_sigmoid": "min(max({x} + 3, 0), 6) / 6",
    "leaky_relu": "{x} if {x} > 0, else {negative_slope} × {f}",
    "relu6": "min(max({x}, 0), 6)",
    "sigmoid": "1 / (1 + exp({minus}))",
    "silu": "{x} / (1 + exp({minus}))",
    "softplus": "log(1 + exp({x}))",
    "softsign": "{x} / (1 + {size})",
    "tanh": "(exp({x}) - exp({minus})) / (exp({x}) + exp({minus}))",
}


def activation(traced: TracedStep, page: Page) -> None:
    function: Any = traced.layer.function
    x, y = traced.x[0][0], traced.y[0]
    if "." not in traced.step.name:  # a layer of its own, whose input has not been shown as z
        page.array("z", x, _("from {layer}").format(layer=traced.names[0]))
    page.text(_("The activation {name}:").format(name=function.kind))
    if function.kind == "softmax":
        softmax(x, y, page)
    else:
        page.formula("y" if function.elementwise else "y_i", formula(function))
        if written := with_number(function, float(x.reshape(-1)[0])):
            page.formula("y1", written, number(y.reshape(-1)[0]))
    page.array("y", y)


def formula(function: Any) -> str:
    """The right side of `y = ...`, with z for its input: that of the docstring, unless arguments change it."""
    if function.kind == "relu" and not function.is_plain_relu:
        return _relu(function, "z", "z")
    if getattr(function, "approximate", False):
        return "z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) / 2"
    return re.sub(r"\bx(?=\b|_)", "z", _of_docstring(type(function)))


def _relu(function: Any, z: str, factor_z: str) -> str:
    """relu with arguments. factor_z: z as it stands before a minus or in a product."""
    kept = z if function.max_value is None else f"min({z}, {function.max_value:g})"
    over = f"({factor_z} - {function.threshold:g})" if function.threshold else factor_z
    other = f"{function.negative_slope:g} × {over}" if function.negative_slope else "0"
    return f"{kept} if {z} > {function.threshold:g}, else {other}"


def _of_docstring(cls: type) -> str:
    found = re.search(
        r"\by(?:_i)? = (.*?)(?:[.;](?:\s|$)|,? (?:which|so that|scale =)|$)", " ".join((cls.__doc__ or "").split())
    )
    return found[1].rstrip(".") if found else f"{cls.__name__}(x)"


def with_number(function: Any, x: float) -> str:
    """The formula with a number in the place of x; empty if the activation has no short one."""
    if function.kind == "relu" and not function.is_plain_relu:
        return _relu(function, number(x), factor(x))
    pattern = "max({x}, 0)" if function.kind == "relu" and function.is_plain_relu else WRITTEN.get(function.kind, "")
    arguments = {name: number(value) for name, value in function.arguments().items() if isinstance(value, int | float)}
    return pattern.format(x=number(x), f=factor(x), minus=number(-x), size=number(abs(x)), **arguments)


def softmax(x: np.ndarray, y: np.ndarray, page: Page) -> None:
    """The most probable class of the (first) position written out. The engine subtracts the largest z first, which
    gives the same quotients and cannot overflow."""
    page.formula("y_i", "exp(z_i) / (exp(z_1) + exp(z_2) + …)")
    z, result = x.reshape(-1, x.shape[-1])[0], y.reshape(-1, y.shape[-1])[0]
    best = int(result.argmax())
    few = [f"exp({number(value)})" for value in z[:SHOWN]] + (["…"] if len(z) > SHOWN else [])
    page.formula(f"y_{best + 1}", f"exp({number(z[best])}) / ({' + '.join(few)})", number(result[best]))
