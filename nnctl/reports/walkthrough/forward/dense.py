"""Dense: z = x W + b, one neuron written out."""

from __future__ import annotations

from nnctl.reports.walkthrough.forward.general import write_inputs
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.sums import Sum, Term, products, write_sum
from nnctl.reports.walkthrough.trace import TracedStep
from nnctl.translation import _


def dense(traced: TracedStep, page: Page) -> None:
    bias = "bias" in traced.weights
    page.formula("z", "x W + b" if bias else "x W")
    write_inputs(traced, page)
    page.array("W", traced.weights["kernel"], _("a column for each neuron"))
    if bias:
        page.array("b", traced.weights["bias"])
    page.text(_("The first neuron:") if traced.y.ndim == 2 else _("The first neuron at the first time step:"))
    write_sum(page, first_neuron(traced))
    page.array("z", traced.y[0])


def first_neuron(traced: TracedStep) -> Sum:
    """z_1, at the first position if there are several."""
    x = traced.x[0].reshape(-1, traced.x[0].shape[-1])[0]
    terms = products("x{i}", x, "W[{i},1]", traced.weights["kernel"][:, 0])
    if "bias" in traced.weights:
        terms.append(Term(("b1",), (float(traced.weights["bias"][0]),)))
    return Sum("z1", terms, float(traced.y.reshape(-1, traced.y.shape[-1])[0, 0]))
