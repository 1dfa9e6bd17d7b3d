"""Optimizers: three steps on f(w) = w^2 by the optimizer's own rule."""

from __future__ import annotations

import numpy as np

from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.nn.optimizers import Optimizer
from nnctl.reports.topics.document import Example, Plot, Rows
from nnctl.reports.topics.worked.numbers import number
from nnctl.translation import _

RATE = 0.1
STEPS = 4


def example(optimizer: Optimizer) -> Example:
    weight = np.array([1.0])
    step = OptimizerStep(type(optimizer)(learning_rate=RATE), weight, {"w": slice(0, 1)}, shapes={"w": (1,)})
    table: Rows = {"titles": [_("step"), "w", "g = 2 w", *step.slots, _("new w")], "rows": [], "left": 0}
    for count in range(STEPS):
        before, gradient = float(weight[0]), 2 * weight
        step.step(gradient.copy(), count)
        slots = [number(slot[0]) for slot in step.slots.values()]
        table["rows"].append([str(count + 1), number(before), number(gradient[0]), *slots, number(weight[0])])
    intro = _("Steps on the loss w^2, whose gradient is 2 w, from w = 1 with a learning rate of {rate}. What the "
              "optimizer remembers of a weight (its slots) is shown as it is after the step.")  # fmt: skip
    return {"intro": intro.format(rate=number(RATE)), "table": table, "lines": [], "outcome": ""}


def plots(optimizer: Optimizer) -> list[Plot]:
    return []
