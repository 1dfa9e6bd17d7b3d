"""Pooling: the largest or the mean of a window, or of everything, for the first channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.config.argument_docs import summary
from nnctl.nn.layers import window_geometry
from nnctl.reports.walkthrough.forward.general import write_inputs
from nnctl.reports.walkthrough.numbers import number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.trace import TracedStep
from nnctl.translation import _

Array = np.ndarray
MOST = 12


def pooling(traced: TracedStep, page: Page) -> None:
    page.text(_(summary(type(traced.layer))))
    write_inputs(traced, page)
    values, place = pooled(traced)
    few = [number(v) for v in values[:MOST]] + (["…"] if len(values) > MOST else [])
    at = ",".join(str(n + 1) for n in (*place, 0))
    function = "max" if "Max" in traced.layer.kind else "mean"
    page.formula(
        f"y[{at}]" if place else "y1",
        f"{function}({', '.join(few)})",
        number(traced.y[0][(*place, ..., 0)].reshape(-1)[0]),
    )
    page.array("y", traced.y[0])


def pooled(traced: TracedStep) -> tuple[Array, tuple[int, ...]]:
    """The values of the first channel that one output is made of, and the place of that output: the largest."""
    layer: Any = traced.layer
    x = traced.x[0][0][..., 0]
    if layer.kind.startswith("Global"):
        mask = _real(traced)
        return (x.reshape(-1) if mask is None or "Max" in layer.kind else x[mask]), ()
    y = traced.y[0][..., 0]
    place = tuple(int(n) for n in np.unravel_index(y.argmax(), y.shape))
    sizes, strides = layer.window()
    before = window_geometry.befores(x.shape, sizes, strides, layer.padding, (1,) * len(sizes))
    starts = [p * s - b for p, s, b in zip(place, strides, before, strict=True)]
    window = tuple(slice(max(s, 0), s + n) for s, n in zip(starts, sizes, strict=True))
    return x[window].reshape(-1), place


def _real(traced: TracedStep) -> Array | None:
    """Which steps the mean is taken over, if some are padding."""
    return None if traced.given_mask is None else traced.given_mask[0]
