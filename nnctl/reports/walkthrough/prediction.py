"""What a row's output says in the classes or units of the data, beside the truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.api import TrainedRun
from nnctl.nn.losses.ctc_decoding import decode
from nnctl.reports.tables import Table
from nnctl.reports.walkthrough.chosen_row import ChosenRow
from nnctl.reports.walkthrough.numbers import aligned, number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.trace import Trace
from nnctl.training.evaluation import boundary
from nnctl.training.prediction import probabilities
from nnctl.translation import _

Array = np.ndarray
CLASSES = 10


def write_prediction(run: TrainedRun, chosen: ChosenRow, trace: Trace, page: Page) -> None:
    """Each output's prediction; for classes with their probabilities."""
    for name, p in trace.outputs.items():
        coder: Any = run.preprocessing.targets[name]
        loss: Any = run.model.spec.losses[name]
        if len(trace.outputs) > 1:
            page.text(_("Output {name}:").format(name=name))
        truth = _truth(coder, chosen, name)
        if coder.classes and coder.labels in ("integer", "onehot") and p.ndim == 2:
            _write_classes(coder, probabilities(p, loss)[0], truth, page)
        elif coder.labels == "binary" and coder.classes and p.ndim == 2:
            said = coder.decode((p > boundary(loss)).astype(p.dtype))[0]
            page.text(_compared(str(said), truth))
        elif coder.labels == "sequence":
            mask = trace.output_masks[name]
            lengths = None if mask is None else np.count_nonzero(mask, axis=1)
            page.text(_compared(str(coder.decode(decode(p, lengths))[0]), truth))
        elif coder.labels == "number":
            page.text(_compared(_listed(coder.decode(p)[0]), truth))
        page.array("p", p[0], _("the model's output"))


def _write_classes(coder: Any, p: Array, truth: str | None, page: Page) -> None:
    order = np.argsort(-p, kind="stable")
    shown = sorted(order[:CLASSES]) if len(order) > CLASSES and not page.whole else range(len(order))
    table = Table([_("class"), _("probability"), ""])
    for index, text in zip(shown, aligned(p[i] for i in shown), strict=True):
        marks = [_("predicted")] if index == order[0] else []
        if coder.classes[index] == truth:
            marks.append(_("the truth"))
        table.add(coder.classes[index], text, ", ".join(marks))
    page.text(_compared(coder.classes[order[0]], truth))
    page.table(table)


def _compared(said: str, truth: str | None) -> str:
    if truth is None:
        return _("Predicted: {answer}.").format(answer=said)
    if said == truth and not said.endswith("…"):
        return _("Predicted: {answer}, which is right.").format(answer=said)
    return _("Predicted: {answer}; the truth is {truth}.").format(answer=said, truth=truth)


def _truth(coder: Any, chosen: ChosenRow, name: str) -> str | None:
    if not chosen.labelled:
        return None
    return _listed(np.asarray(coder.decode(np.asarray(chosen.batch.targets[name])))[0])


def _listed(value: Any) -> str:
    """A value, or the first ones of several."""
    few = [number(each) if isinstance(each, float | np.floating) else str(each)
           for each in np.ravel(value)[: CLASSES + 1]]  # fmt: skip
    return ", ".join([*few[:CLASSES], *(["…"] if len(few) > CLASSES else [])])
