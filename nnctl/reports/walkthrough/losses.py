"""The loss of a row, by formula and with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nnctl.config.argument_docs import summary
from nnctl.nn.losses.base import aligned
from nnctl.reports.walkthrough.ctc import write_ctc
from nnctl.reports.walkthrough.numbers import factor, number, precise
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.sums import SHOWN
from nnctl.reports.walkthrough.trace import Trace, TracedLoss
from nnctl.translation import _

Array = np.ndarray
# From the targets and the predictions of one position: right sides of `L = ...`, without the result.
Written = Callable[[Any, Array, Array], Sequence[str]]


def write_losses(trace: Trace, weight: float, coders: Mapping[str, Any], class_weight: bool, page: Page) -> None:
    """Every output's loss, then their sum. weight: the row's sample weight. coders: of the targets, by output.
    class_weight: whether the config has any."""
    summed = len(trace.losses) > 1 or bool(trace.penalties) or any(e.objective.weight != 1 for e in trace.losses)
    for each in trace.losses:
        left = f"L_{each.name}" if len(trace.losses) > 1 else "L_data" if summed else "L"
        _write_loss(each, left, weight, coders[each.name], class_weight, page)
    if summed:
        _write_total(trace, page)


def _write_loss(traced: TracedLoss, left: str, weight: float, coder: Any, class_weight: bool, page: Page) -> None:
    loss: Any = traced.objective.loss
    if left in ("L", "L_data"):
        page.text(_("Loss: {loss}.").format(loss=loss.kind))
    else:
        page.text(_("Loss of the output {output}: {loss}.").format(output=traced.name, loss=loss.kind))
    page.text(_(summary(type(loss))))
    if class_weight:
        page.text(_("In training, class_weight multiplies the loss of each row; here it is left out."))
    if loss.kind == "ctc":
        write_ctc(traced, coder, left, page)
    elif (sides := WRITTEN.get(loss.kind)) and plain(loss):
        _write_positions(traced, left, sides, weight, page)
    else:
        page.array("y", traced.y[0])
        page.array("p", traced.p[0])
        page.formula(left, number(traced.value))
    if weight != 1:
        page.text(_("The row's sample weight is {weight}: the loss is multiplied by it.").format(weight=number(weight)))
        page.formula(left, number(traced.value))


def _write_positions(traced: TracedLoss, left: str, sides: Written, weight: float, page: Page) -> None:
    """The formula at the first position, and the mean over all positions if there are several."""
    loss: Any = traced.objective.loss
    steps = positions(traced)
    if not steps:
        page.formula(left, number(traced.value))
        return
    y, p = steps[0]
    if len(steps) == 1:
        page.formula(left, *sides(loss, y, p), number(traced.value if weight == 1 else alone(loss, y, p)))
        return
    page.formula(f"{left}[1]", *sides(loss, y, p), number(alone(loss, y, p)))
    few = [number(alone(loss, *step)) for step in steps[:SHOWN]]
    dots = " + …" if len(steps) > SHOWN else ""
    page.text(_("The loss of the row is the mean over its {n} positions that are not padding.").format(n=len(steps)))
    page.formula(left, f"({' + '.join(few)}{dots}) / {len(steps)}", number(traced.value))


def _write_total(trace: Trace, page: Page) -> None:
    symbols, numbers = [], []
    for each in trace.losses:
        name = f"L_{each.name}" if len(trace.losses) > 1 else "L_data"
        factors = [] if each.objective.weight == 1 else [number(each.objective.weight)]
        symbols.append(" × ".join([*factors, name]))
        numbers.append(" × ".join([*factors, factor(each.value)]))
    for key, penalty in trace.penalties.items():
        symbols.append(_("penalty of {weight}").format(weight=key))
        numbers.append(factor(penalty))
    page.text(_("What training minimizes is the sum:"))
    page.formula("L", " + ".join(symbols), " + ".join(numbers), number(trace.total))


def plain(loss: Any) -> bool:
    """Whether no argument changes the written formula."""
    return not getattr(loss, "label_smoothing", 0) and not getattr(loss, "from_logits", False)


def positions(traced: TracedLoss) -> list[tuple[Array, Array]]:
    """The target and the prediction of the row, or of each time step that is not padding; each one-dimensional."""
    p = traced.p[0].reshape(-1, traced.p.shape[-1])
    labels = traced.objective.loss.labels
    y = (
        np.asarray(traced.y).reshape(len(p), -1)
        if labels == "integer"
        else aligned(traced.y, traced.p)[0].reshape(p.shape)
    )
    if traced.mask is not None and traced.mask[0].size == len(p):
        y, p = y[traced.mask[0].reshape(-1)], p[traced.mask[0].reshape(-1)]
    return list(zip(y, p, strict=True))


def alone(loss: Any, y: Array, p: Array) -> float:
    """The loss of one position, as the engine computes it."""
    each, _saved = loss.forward(y[None] if loss.labels != "integer" else y, p[None])
    return float(each.reshape(-1)[0])


def _sparse_crossentropy(loss: Any, y: Array, p: Array) -> Sequence[str]:
    index = int(y[0])
    return [f"-log p_{index + 1}", f"-log {precise(p[index])}"]


def _crossentropy(loss: Any, y: Array, p: Array) -> Sequence[str]:
    terms = [f"{number(a)} × log {precise(b)}" for a, b in zip(y, p, strict=True) if a]
    return ["-(y_1 × log p_1 + y_2 × log p_2 + …)", f"-({_cut(terms)})"]


def _binary_crossentropy(loss: Any, y: Array, p: Array) -> Sequence[str]:
    terms = [
        f"{number(a)} × log {precise(b)} + {number(1 - a)} × log {precise(1 - b)}" for a, b in zip(y, p, strict=True)
    ]
    if len(terms) == 1:
        return ["-(y × log p + (1 - y) × log(1 - p))", f"-({terms[0]})"]
    return ["-mean(y × log p + (1 - y) × log(1 - p))", f"-({_cut(terms)}) / {len(terms)}"]


def _elementwise(symbols: str, one: str) -> Written:
    """Losses that are the mean of a formula of one number. one: with {p} and {y} to be filled in."""

    def sides(loss: Any, y: Array, p: Array) -> Sequence[str]:
        terms = [one.format(p=number(b), y=factor(a)) for a, b in zip(y, p, strict=True)]
        if len(terms) == 1:
            return [symbols, terms[0]]
        return [f"mean {symbols}", f"({_cut(terms)}) / {len(terms)}"]

    return sides


def _cut(terms: Sequence[str]) -> str:
    return " + ".join(terms[:SHOWN]) + (" + …" if len(terms) > SHOWN else "")


WRITTEN: dict[str, Written] = {
    "binary_crossentropy": _binary_crossentropy,
    "categorical_crossentropy": _crossentropy,
    "mae": _elementwise("|p - y|", "|{p} - {y}|"),
    "mean_absolute_error": _elementwise("|p - y|", "|{p} - {y}|"),
    "mean_squared_error": _elementwise("(p - y)^2", "({p} - {y})^2"),
    "mse": _elementwise("(p - y)^2", "({p} - {y})^2"),
    "sparse_categorical_crossentropy": _sparse_crossentropy,
}
