"""Schedules: the learning rate at some steps, and its curve."""

from __future__ import annotations

import numpy as np

from nnctl.nn.schedules import Schedule
from nnctl.reports.topics.document import Example, Plot
from nnctl.translation import _

_SHOWN = (0, 250, 500, 1000, 1001, 1500, 2000, 2500, 3000)


def example(schedule: Schedule) -> Example:
    rates = [schedule.rate(step) for step in _SHOWN]
    return {
        "intro": "", "lines": [], "outcome": "",
        "table": {"titles": [_("step"), *map(str, _SHOWN)],
                  "rows": [[_("learning rate"), *(f"{rate:.3g}" for rate in rates)]], "left": 1},
    }  # fmt: skip


def plots(schedule: Schedule) -> list[Plot]:
    steps = np.arange(0, 3001, 10)
    title = _("learning rate over steps")
    rates = [schedule.rate(step) for step in steps.tolist()]
    return [{"kind": "curve", "title": title, "curves": [{"name": title, "x": steps.tolist(), "y": rates}]}]
