"""The loss of a row, by formula and with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nnctl.config.argument_docs import summary
from nnctl.reports.walkthrough.ctc import write_ctc
from nnctl.reports.walkthrough.loss_positions import Position, positions, predictions, targets
from nnctl.reports.walkthrough.numbers import factor, number, precise
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.sums import SHOWN
from nnctl.reports.walkthrough.trace import Trace, TracedLoss
from nnctl.translation import _

# From a loss and one position: right sides of `L = ...`, without the result.
Written = Callable[[Any, Position], Sequence[str]]


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
    sides = WRITTEN.get(loss.kind)
    if loss.kind != "ctc" and not sides:
        page.array("y", traced.y[0])
        if not getattr(loss, "from_logits", False):
            page.array("p", traced.p[0])
    _write_arguments(traced, page)
    if loss.kind == "ctc":
        write_ctc(traced, coder, left, page)
    elif sides:
        _write_positions(traced, left, sides, page)
    else:
        page.formula(left, number(traced.unweighted))
    if weight != 1:
        page.text(_("The row's sample weight is {weight}: the loss is multiplied by it.").format(weight=number(weight)))
        page.formula(left, f"{number(weight)} × {factor(traced.unweighted)}", number(traced.value))


def _write_arguments(traced: TracedLoss, page: Page) -> None:
    """What from_logits makes of the prediction, and label_smoothing of the target."""
    loss: Any = traced.objective.loss
    if getattr(loss, "from_logits", False):
        page.text(_("With from_logits, the model's output is z, and its probabilities are p = {activation}(z):")
                  .format(activation=loss.fuses))  # fmt: skip
        page.array("p", predictions(traced).reshape(traced.p.shape)[0])
    if smoothing := getattr(loss, "label_smoothing", 0):
        page.text(_("label_smoothing replaces the target y by y':"))
        parts = 2 if loss.labels == "binary" else traced.p.shape[-1]
        page.formula("y'", f"y × (1 - {smoothing:g}) + {smoothing:g} / {parts}")
        page.array("y'", targets(traced).reshape(traced.p.shape)[0])


def _write_positions(traced: TracedLoss, left: str, sides: Written, page: Page) -> None:
    """The formula at the first position, and the mean over all positions if there are several."""
    loss: Any = traced.objective.loss
    steps = positions(traced)
    if not steps:
        page.formula(left, number(traced.unweighted))
        return
    written = sides(loss, steps[0])
    if len(steps) == 1:
        page.formula(left, *written, number(steps[0].loss))
        return
    page.formula(f"{left}[1]", *written, number(steps[0].loss))
    few = [factor(step.loss) for step in steps[:SHOWN]]
    dots = " + …" if len(steps) > SHOWN else ""
    text = _("The loss of the row is the mean over its {n} positions.") if traced.mask is None else _(
        "The loss of the row is the mean over its {n} positions that are not padding.")  # fmt: skip
    page.text(text.format(n=len(steps)))
    page.formula(left, f"({' + '.join(few)}{dots}) / {len(steps)}", number(traced.unweighted))


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


def _log(logarithm: float) -> str:
    """`log p` in numbers, from its value."""
    p = np.exp(logarithm)
    return f"log {precise(p)}" if p > 0 else factor(logarithm)


def _sparse_crossentropy(loss: Any, at: Position) -> Sequence[str]:
    if loss.label_smoothing:
        return _crossentropy(loss, at)
    index = int(at.y.argmax())
    return [f"-log p_{index + 1}", f"-{_log(at.log_p[index])}"]


def _crossentropy(loss: Any, at: Position) -> Sequence[str]:
    terms = [f"{number(y)} × {_log(log_p)}" for y, log_p in zip(at.y, at.log_p, strict=True) if y]
    y = "y'" if loss.label_smoothing else "y"
    return [f"-({y}_1 × log p_1 + {y}_2 × log p_2 + …)", f"-({_cut(terms)})"]


def _binary_crossentropy(loss: Any, at: Position) -> Sequence[str]:
    logs = zip(at.y, at.log_p, at.log_rest, strict=True)
    terms = [f"{number(y)} × {_log(log_p)} + {number(1 - y)} × {_log(log_rest)}" for y, log_p, log_rest in logs]
    y = "y'" if loss.label_smoothing else "y"
    symbols = f"{y} × log p + (1 - {y}) × log(1 - p)"
    if len(terms) == 1:
        return [f"-({symbols})", f"-({terms[0]})"]
    return [f"-mean({symbols})", f"-({_cut(terms)}) / {len(terms)}"]


def _elementwise(symbols: str, one: str) -> Written:
    """Losses that are the mean of a formula of one number. one: with {p} and {y} to be filled in."""

    def sides(loss: Any, at: Position) -> Sequence[str]:
        terms = [one.format(p=number(p), y=factor(y)) for y, p in zip(at.y, at.p, strict=True)]
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
