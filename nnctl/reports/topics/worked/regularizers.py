"""Regularizers: the penalty and the gradient of a few weights, and both over a single weight."""

from __future__ import annotations

import numpy as np

from nnctl.nn.regularizers import Regularizer
from nnctl.reports.topics.document import Example, Plot
from nnctl.reports.topics.worked.numbers import array, number
from nnctl.translation import _

_WEIGHTS = (0.5, -2.0, 0.01, 0.0)


def example(regularizer: Regularizer) -> Example:
    w = np.array(_WEIGHTS)
    lines = [f"w = {array(w)}", f"penalty(w) = {number(regularizer.penalty(w))}",
             f"dpenalty/dw = {array(regularizer.gradient(w))}"]  # fmt: skip
    return {"intro": _("The penalty is added to the loss:"), "table": None, "lines": lines, "outcome": ""}


def plots(regularizer: Regularizer) -> list[Plot]:
    w = np.linspace(-2, 2, 161)
    curves = (
        (_("penalty of a single weight w"), [regularizer.penalty(w[i : i + 1]) for i in range(len(w))]),
        ("dpenalty/dw", regularizer.gradient(w).tolist()),
    )
    return [
        {"kind": "curve", "title": title, "curves": [{"name": title, "x": w.tolist(), "y": y}]} for title, y in curves
    ]
