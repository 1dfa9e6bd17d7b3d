"""Attention: how much each step looks at each other step, and the first output as a mean weighted so."""

from __future__ import annotations

import numpy as np

from nnctl.config.argument_docs import summary
from nnctl.reports.walkthrough.forward.general import write_inputs
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.sums import Sum, products, write_sum
from nnctl.reports.walkthrough.trace import TracedStep
from nnctl.translation import _

Array = np.ndarray


def attention(traced: TracedStep, page: Page) -> None:
    """Attention and AdditiveAttention, whose output is the mean itself."""
    page.text(_(summary(type(traced.layer))))
    write_inputs(traced, page)
    for name, weight in traced.weights.items():
        page.array(name, weight)
    value, _scored, scores, *_rest = traced.saved
    page.array("A", scores[0], _("a row for each step: its shares of attention, which add up to 1"))
    page.text(_("The first feature of the first step is the mean of the values, weighted by its row of A:"))
    write_sum(page, weighted_mean(scores[0], value[0], float(traced.y[0, 0, 0])))
    page.array("y", traced.y[0])


def multi_head(traced: TracedStep, page: Page) -> None:
    page.text(_(summary(type(traced.layer))))
    page.formula("A", "softmax(Q K^T / sqrt(key_dim))", _("of each head"))
    page.formula("y", _("[A V of every head] W_o + b_o") if traced.layer.use_bias else _("[A V of every head] W_o"))
    write_inputs(traced, page)
    for name, weight in traced.weights.items():
        page.array(name, weight)
    _xs, q, k, v, scores, _attended, _keep, mixed = traced.saved
    page.text(_("The first of {n} heads:").format(n=traced.layer.num_heads))
    for name, array in (("Q", q), ("K", k), ("V", v)):
        page.array(name, array[0, 0])
    page.array("A", scores[0, 0], _("a row for each step: its shares of attention, which add up to 1"))
    page.text(_("The first feature of the first step is the mean of the values, weighted by its row of A:"))
    write_sum(page, weighted_mean(scores[0, 0], v[0, 0], float(mixed[0, 0, 0, 0])))
    page.array("y", traced.y[0])


def weighted_mean(scores: Array, values: Array, result: float) -> Sum:
    """(A V)[1,1] from A (steps, source steps) and V (source steps, features)."""
    return Sum("(A V)[1,1]", products("A[1,{i}]", scores[0], "V[{i},1]", values[:, 0]), result)
