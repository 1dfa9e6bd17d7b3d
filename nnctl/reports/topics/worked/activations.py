"""Activations: values, derivatives and curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.nn.activations import Activation
from nnctl.reports.topics.declarations import flow
from nnctl.reports.topics.document import Example, Plot
from nnctl.reports.topics.worked.numbers import array, number
from nnctl.translation import _

POINTS = (-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0)
LOGITS = (2.0, 1.0, -1.0)
_WIDEST = 4.0  # the curves run from -4 to 4
_NARROWER = {"exponential": 2.0}


def value(activation: Activation, x: Any) -> np.ndarray:
    """f(x), in float64."""
    return activation.value(np.array(x, np.float64))


def derivative(activation: Activation, x: Any) -> np.ndarray:
    """dy/dx of an elementwise activation, in float64."""
    x = np.array(x, np.float64)
    y = activation.value(x.copy())
    return activation.gradient(x, y, np.ones_like(x))


def example(activation: Activation) -> Example:
    if not activation.elementwise:
        return _of_an_axis(activation)
    y, dy = value(activation, POINTS), derivative(activation, POINTS)
    rows = [[name, *map(number, values)] for name, values in (("x", POINTS), ("y = f(x)", y), ("dy/dx", dy))]
    head, *rest = rows
    usual = type(activation)().arguments()
    given = {name: value for name, value in activation.arguments().items() if value != usual[name]}
    intro = _("With {arguments}:").format(arguments=flow(given)) if given else ""
    return {"intro": intro, "table": {"titles": head, "rows": rest, "left": 1}, "lines": [], "outcome": ""}


def _of_an_axis(activation: Activation) -> Example:
    y = value(activation, LOGITS)
    lines = [f"x = {array(LOGITS)}", f"y = {array(y)}"]
    if activation.sums_to_one:
        lines.append(f"y[0] + y[1] + y[2] = {number(y.sum())}")
    shifted = np.array(LOGITS) + 100
    lines.append(f"x = {array(shifted)}  ->  y = {array(value(activation, shifted))}")
    return {
        "intro": _("For three numbers x of one row. Adding 100 to each of them, in the last line, changes nothing:"),
        "table": None, "lines": lines, "outcome": "",
    }  # fmt: skip


def plots(activation: Activation) -> list[Plot]:
    edge = _NARROWER.get(activation.kind, _WIDEST)
    x = np.linspace(-edge, edge, 161)
    if not activation.elementwise:
        return [_of_one_logit(activation, x)]
    curves = (("y = f(x)", value(activation, x)), ("dy/dx", derivative(activation, x)))
    return [
        {"kind": "curve", "title": title, "curves": [{"name": title, "x": x.tolist(), "y": y.tolist()}]}
        for title, y in curves
    ]


def _of_one_logit(activation: Activation, x: np.ndarray) -> Plot:
    """The outputs for [x, 1, -1]."""
    y = value(activation, np.stack([x, np.full_like(x, LOGITS[1]), np.full_like(x, LOGITS[2])], axis=-1))
    return {
        "kind": "curve",
        "title": "y(x, 1, -1)",
        "curves": [{"name": f"y[{i}]", "x": x.tolist(), "y": y[:, i].tolist()} for i in range(3)],
    }
