"""Any layer: what its docstring says, its inputs, its weights and its output."""

from __future__ import annotations

from nnctl.config.argument_docs import summary
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.trace import TracedStep
from nnctl.translation import _


def general(traced: TracedStep, page: Page) -> None:
    page.text(_(summary(type(traced.layer))))
    write_inputs(traced, page)
    for name, weight in traced.weights.items():
        page.array(name, weight)
    page.array(traced.symbol, traced.y[0])


def write_inputs(traced: TracedStep, page: Page) -> None:
    """The inputs: x, or x_1, x_2, ... with the names of the tensors."""
    if len(traced.x) == 1:
        page.array("x", traced.x[0][0], _("from {layer}").format(layer=traced.names[0]))
        return
    for number, (name, x) in enumerate(zip(traced.names, traced.x, strict=True), 1):
        page.array(f"x_{number}", x[0], _("from {layer}").format(layer=name))
