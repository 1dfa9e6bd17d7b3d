"""One step of the run's optimizer on one row: every weight before and after, one of them written out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl.config.argument_docs import summary
from nnctl.engine.batch import Batch
from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.reports.tables import Table
from nnctl.reports.topics.cases import in_cases
from nnctl.reports.topics.docstring import has_words, taken_apart
from nnctl.reports.walkthrough.numbers import aligned, number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.rules import written
from nnctl.reports.walkthrough.trace import Trace, trace
from nnctl.training.model import Model
from nnctl.translation import _

Array = np.ndarray
SHOWN = 2  # weights of each variable


@dataclass(frozen=True)
class Update:
    """A step of an optimizer that has just begun.

    gradients: as the rule gets them, after clipping. before, after: all weights, flat. slots: by name, after the step;
    starts: what they were before. rate: the learning rate. scalars: the numbers that the rule takes.
    """

    optimizer: Any
    gradients: Array
    before: Array
    after: Array
    slots: dict[str, Array]
    starts: dict[str, float]
    rate: float
    scalars: tuple[float, ...]


def update_of(model: Model, traced: Trace) -> Update:
    """The step of the run's optimizer, computed by the engine."""
    optimizer: Any = model.spec.optimizer
    program = traced.program
    weights, gradients = program.parameters.copy(), traced.flat_gradients.copy()
    step = OptimizerStep(optimizer, weights, program.spans, shapes=program.shapes)
    step.step(gradients, 0)
    rate = optimizer.rate(0)
    return Update(optimizer, gradients, program.parameters, weights, dict(step.slots), optimizer.slots(), rate,
                  optimizer.scalars(rate, 0, optimizer.memory()))  # fmt: skip


def write_update(model: Model, batch: Batch, traced: Trace, page: Page) -> None:
    """The step: its formula, a table of some weights, and the loss of the row afterwards."""
    if not traced.gradients:
        page.text(_("No weight is trained."))
        return
    update = update_of(model, traced)
    optimizer = update.optimizer
    page.text(
        _("The optimizer is {name}, at its first step, and its batch is this row alone.").format(name=optimizer.kind)
    )
    page.text(_(summary(type(optimizer))))
    page.text(_("Learning rate: {rate}.").format(rate=number(update.rate)))
    if _clips(optimizer):
        page.text(_("Gradients are clipped first, as the config says; these are the clipped ones."))
    if traced.penalties:
        page.text(_("These gradients include those of the penalties of {weights}.")
                  .format(weights=", ".join(traced.penalties)))  # fmt: skip
    if update.starts:
        starts = ", ".join(f"{name} = {number(start)}" for name, start in update.starts.items())
        page.text(_("At the start, the optimizer remembers nothing: {slots}.").format(slots=starts))
    chosen = _chosen(traced, update)
    key, place, at = max(chosen, key=lambda each: abs(update.gradients[each[2]]))
    lines = written(update, at)
    if lines:
        page.text(_("The weight with the largest gradient, {weight}:").format(weight=f"{key}{place}"))
    for left, symbols, numbers, result in lines:
        page.formula(left, symbols, numbers, number(result))
    if lines and optimizer.kind in ("adam", "adamw"):
        page.text(_("m^ and v^ are m and v, corrected for their start at 0. As in Keras, both corrections are in the "
                    "factor a."))  # fmt: skip
    if not lines:
        if optimizer.weight_decay:
            page.formula("", "w <- w - weight_decay lr w")
        for line in formulas(type(optimizer)):
            page.formula("", line)
    _write_table(update, chosen, page)
    after = trace(model, batch, update.after)
    page.text(_("With all weights so changed, the loss of this row is {after} instead of {before}.")
              .format(after=number(after.total), before=number(traced.total)))  # fmt: skip


def formulas(cls: type) -> list[str]:
    """The formulas in an optimizer's docstring."""
    return [_(line) if has_words(line) else in_cases(line) for line in taken_apart(cls).formula]


def _clips(optimizer: Any) -> bool:
    return bool(optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue)


def _chosen(traced: Trace, update: Update) -> list[tuple[str, str, int]]:
    """The weights with the largest gradients of each variable: its name, `[2,7]`, and its place in the flat array."""
    chosen = []
    for key, span in traced.program.spans.items():
        size = np.abs(update.gradients[span])
        for at in np.argsort(-size, kind="stable")[:SHOWN]:
            place = ",".join(str(int(n) + 1) for n in np.unravel_index(at, traced.program.shapes[key]))
            chosen.append((key, f"[{place}]", span.start + int(at)))
    return chosen


def _write_table(update: Update, chosen: list[tuple[str, str, int]], page: Page) -> None:
    page.text(_("The {n} weights of each variable with the largest gradients:").format(n=SHOWN))
    table = Table([_("weight"), "w", "g", *update.slots, _("new w")])
    places = [at for _key, _place, at in chosen]
    columns = [update.before, update.gradients, *update.slots.values(), update.after]
    cells = [aligned(column[places]) for column in columns]
    for (key, place, _at), *row in zip(chosen, *cells, strict=True):
        table.add(f"{key}{place}", *row)
    page.table(table)
