"""Initializers: a small sample, the statistics of a large one, and its histogram."""

from __future__ import annotations

import numpy as np

from nnctl.nn.initializers import Initializer
from nnctl.reports.topics.document import Example, Plot
from nnctl.reports.topics.worked.numbers import assigned, number
from nnctl.translation import _

SHAPE = (128, 64)
_SEED = 7
_BARS = 29


def _sample(initializer: Initializer, shape: tuple[int, ...]) -> np.ndarray:
    return initializer.sample(shape, np.random.default_rng(_SEED))


def example(initializer: Initializer) -> Example:
    large = _sample(initializer, SHAPE)
    names = (_("mean"), _("standard deviation"), _("smallest"), _("largest"))
    deviation = large.std() if large.min() < large.max() else 0.0  # equal weights have none, but for rounding
    values = (large.mean(), deviation, large.min(), large.max())
    return {
        "intro": _("A kernel of {inputs} inputs and {units} units, and a small one:").format(
            inputs=SHAPE[0], units=SHAPE[1]),
        "table": {"titles": list(names), "rows": [[number(v) for v in values]], "left": 0},
        "lines": assigned("w", np.round(_sample(initializer, (3, 3)), 4)), "outcome": "",
    }  # fmt: skip


def plots(initializer: Initializer) -> list[Plot]:
    """The histogram; none where all weights are equal."""
    large = _sample(initializer, SHAPE)
    if large.min() == large.max():
        return []
    counts, edges = np.histogram(large, _BARS)
    middles = (edges[:-1] + edges[1:]) / 2
    title = _("weights of a kernel {shape}").format(shape=SHAPE)
    return [{"kind": "histogram", "title": title,
             "curves": [{"name": title, "x": middles.tolist(), "y": counts.tolist()}]}]  # fmt: skip
