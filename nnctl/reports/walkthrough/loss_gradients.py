"""Where the gradients of a row begin: those of its losses with respect to what the losses read."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.reports.walkthrough.numbers import factor, number, precise
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.trace import Trace, TracedLoss
from nnctl.translation import _

Array = np.ndarray
# Losses whose gradient, together with that of the activation that they are computed with, is p - y.
DIFFERENCE = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")


def write_loss_gradients(trace: Trace, weight: float, page: Page) -> None:
    """The gradient of each loss. weight: the row's sample weight."""
    page.section = _("the loss")
    for each in trace.losses:
        scale = each.objective.weight * weight
        if each.objective.fused:
            _write_fused(each, scale, page)
            page.array("dL/dz", each.gradient[0])
        else:
            page.text(
                _("The gradient of the loss with respect to the prediction p of {output}:").format(output=each.name)
            )
            _write_slope(each, scale, page)
            page.array("dL/dp", each.gradient[0])


def _write_fused(traced: TracedLoss, scale: float, page: Page) -> None:
    loss: Any = traced.objective.loss
    if loss.kind in DIFFERENCE and not getattr(loss, "label_smoothing", 0):
        text = _("Through the loss and {activation} together: the gradient of the loss with respect to the inputs z of "
                 "the activation is simply the prediction minus the target.")  # fmt: skip
        page.text(text.format(activation=loss.fuses))
        if traced.gradient.size == traced.gradient.shape[-1] and scale == 1:
            write_difference(traced, page)
    elif loss.kind == "ctc":
        page.text(_("Through the loss and softmax together: the gradient of the loss with respect to the inputs z of "
                    "softmax is the probability of each class minus its share among the paths that read the "
                    "target."))  # fmt: skip
    else:
        text = _("Through the loss and {activation} together, the gradient of the loss with respect to the inputs z of "
                 "the activation:")  # fmt: skip
        page.text(text.format(activation=loss.fuses))


def write_difference(traced: TracedLoss, page: Page) -> None:
    """dL/dz = p - y, for the class of the target, or for the first unit."""
    gradient, p = traced.gradient.reshape(-1), traced.p.reshape(-1)
    y = np.asarray(traced.y).reshape(-1)
    if traced.objective.loss.labels == "integer":
        y = np.eye(len(p))[int(y[0])]
    at = int(y.argmax())
    symbols, numbers = f"p_{at + 1} - y_{at + 1}", f"{precise(p[at])} - {factor(float(y[at]))}"
    if traced.objective.loss.labels == "binary" and len(y) > 1:  # the loss is a mean over the units
        symbols, numbers = f"({symbols}) / {len(y)}", f"({numbers}) / {len(y)}"
    page.formula(f"dL/dz_{at + 1}", symbols, numbers, number(gradient[at]))


def _write_slope(traced: TracedLoss, scale: float, page: Page) -> None:
    """The first entry of dL/dp by formula, for the mean squared error."""
    if traced.objective.loss.kind != "mse" or traced.mask is not None:
        return
    y, p, size = float(np.asarray(traced.y).reshape(-1)[0]), float(traced.p.reshape(-1)[0]), traced.p[0].size
    before, after = f"{number(scale)} × " if scale != 1 else "", f" / {size}" if size > 1 else ""
    page.formula("dL/dp1", f"{before}2 × (p1 - y1){after}", f"{before}2 × ({number(p)} - {factor(y)}){after}",
                 number(traced.gradient.reshape(-1)[0]))  # fmt: skip
