"""Where the gradients of a row begin: those of its losses with respect to what the losses read."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.reports.walkthrough.loss_positions import predictions, targets
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
        if len(trace.losses) > 1:
            page.text(_("Output {name}:").format(name=each.name))
        if each.objective.fused or getattr(each.objective.loss, "from_logits", False):
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
    if loss.kind in DIFFERENCE:
        text = _("Through the loss and {activation} together: the gradient of the loss with respect to the inputs z of "
                 "the activation is simply the prediction minus the target.")  # fmt: skip
        page.text(text.format(activation=loss.fuses))
        if (n := numbers(traced)) > 1:
            page.text(_("It is divided by {n}: the loss is the mean over {n} numbers.").format(n=n))
        if scale != 1:
            page.text(_("It is multiplied by {weight}, the weight of the loss.").format(weight=number(scale)))
        if traced.each.size:
            write_difference(traced, scale, page)
    elif loss.kind == "ctc":
        page.text(_("Through the loss and softmax together: the gradient of the loss with respect to the inputs z of "
                    "softmax is the probability of each class minus its share among the paths that read the "
                    "target."))  # fmt: skip
        if scale != 1:
            page.text(_("It is multiplied by {weight}, the weight of the loss.").format(weight=number(scale)))
    else:
        text = _("Through the loss and {activation} together, the gradient of the loss with respect to the inputs z of "
                 "the activation:")  # fmt: skip
        page.text(text.format(activation=loss.fuses))


def numbers(traced: TracedLoss) -> int:
    """How many numbers the loss of a row is the mean over: the positions, and the units if they are yes or no."""
    units = int(traced.p.shape[-1]) if traced.objective.loss.labels == "binary" else 1
    return traced.each.size * units


def write_difference(traced: TracedLoss, scale: float, page: Page) -> None:
    """dL/dz = p - y at the first position that is not padding, for the class of the target, or for the first unit."""
    units = traced.p.shape[-1]
    first = int(traced.real.reshape(-1).argmax())
    p, y, gradient = (
        array.reshape(-1, units)[first] for array in (predictions(traced), targets(traced), traced.gradient)
    )
    at = int(y.argmax())
    index = [int(n) + 1 for n in np.unravel_index(first, traced.p.shape[1:-1])] if traced.p.ndim > 2 else []
    place = f"[{','.join(map(str, [*index, at + 1]))}]" if index else f"_{at + 1}"
    target = "y'" if getattr(traced.objective.loss, "label_smoothing", 0) else "y"
    symbols, figures = f"p{place} - {target}{place}", f"{precise(p[at])} - {factor(float(y[at]))}"
    if scale != 1:
        symbols, figures = (f"{number(scale)} × ({side})" for side in (symbols, figures))
    if (n := numbers(traced)) > 1:
        symbols, figures = (f"{side if scale != 1 else f'({side})'} / {n}" for side in (symbols, figures))
    page.formula(f"dL/dz{place}", symbols, figures, number(gradient[at]))


def _write_slope(traced: TracedLoss, scale: float, page: Page) -> None:
    """The first entry of dL/dp by formula, for the mean squared error."""
    if traced.objective.loss.kind != "mse" or traced.mask is not None:
        return
    y, p, size = float(np.asarray(traced.y).reshape(-1)[0]), float(traced.p.reshape(-1)[0]), traced.p[0].size
    before, after = f"{number(scale)} × " if scale != 1 else "", f" / {size}" if size > 1 else ""
    page.formula("dL/dp1", f"{before}2 × (p1 - y1){after}", f"{before}2 × ({number(p)} - {factor(y)}){after}",
                 number(traced.gradient.reshape(-1)[0]))  # fmt: skip
