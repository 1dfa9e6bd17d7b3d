"""The output of `eval`: metrics, confusion matrix and per-class table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnctl.reports.kept_weights import weights_used
from nnctl.reports.number_format import count, cut, metric
from nnctl.reports.tables import GAP, Table
from nnctl.reports.terminal import Terminal, display_width, visible
from nnctl.translation import N_, _, plural

if TYPE_CHECKING:
    from nnctl.training.evaluation import Evaluation

_MOST_CLASSES = 20  # of a readable matrix; --json has every class
_MOST_MISTAKES = 10
_SHORTEST_NAME = 3
_SPLITS = (N_("train"), N_("validation"), N_("test"))


def show(evaluation: Evaluation, terminal: Terminal) -> None:
    """Prints the metrics; then, for each output with classes, the confusion matrix and the per-class table."""
    rows = plural("{n} row", "{n} rows", evaluation.rows).format(n=count(evaluation.rows))
    terminal.print(f"{_(evaluation.split)}: {rows}", "bold")
    if evaluation.kept:
        terminal.flow(weights_used(evaluation.kept))
    terminal.print()
    metrics = Table(["", _("value")])
    for name, value in evaluation.metrics.items():
        metrics.add(_("{metric} (scaled)").format(metric=name) if name in evaluation.scaled else name, metric(value))
    metrics.print(terminal)
    for output, matrix in evaluation.confusion.items():
        target = evaluation.targets[output]
        name, classes = target.columns[0] if len(target.columns) == 1 else output, target.classes or ()
        table = confusion(classes, matrix, terminal.width)
        terminal.print()
        if table is None:
            terminal.flow(_("{target}: most frequent errors").format(target=name))
            table = mistakes(classes, matrix)
        else:
            text = _("{target}: confusion matrix (rows: true class, columns: predicted class)")
            terminal.flow(text.format(target=name))
        table.print(terminal)
        terminal.print()
        by_class(classes, matrix).print(terminal)


def confusion(classes: Sequence[str], matrix: np.ndarray, width: int | None) -> Table | None:
    """The confusion matrix, with class names shortened to fit; None if it does not fit even so."""
    if len(classes) > _MOST_CLASSES:
        return None
    cells = [[count(int(n)) if n else "·" for n in row] for row in matrix]
    widest = max(len(cell) for row in cells for cell in row)
    classes = [visible(name) for name in classes]
    names = max(map(display_width, classes))
    letters = names if width is None else (width - names) // len(classes) - len(GAP)
    if letters < max(widest, min(names, _SHORTEST_NAME)):
        return None
    table = Table(["", *(cut(name, letters) for name in classes)])
    for name, row in zip(classes, cells, strict=True):
        table.add(name, *row)
    return table


def mistakes(classes: Sequence[str], matrix: np.ndarray) -> Table:
    """The pairs of true and predicted class that differ, the most frequent first."""
    true, predicted = np.nonzero(matrix)  # far fewer pairs than there are, if there are many classes
    wrong = np.where(true != predicted, matrix[true, predicted], 0)
    table = Table([_("true"), _("predicted"), _("rows")], left=2)
    for at in np.argsort(-wrong, kind="stable")[:_MOST_MISTAKES]:
        if wrong[at]:
            table.add(classes[true[at]], classes[predicted[at]], count(int(wrong[at])))
    return table


def by_class(classes: Sequence[str], matrix: np.ndarray) -> Table:
    """Precision, recall, F1 and support of each class; then their averages, unweighted and weighted by support.

    precision = hits / predicted, recall = hits / support, F1 = 2 hits / (predicted + support); 0 / 0 counts as 0.
    """
    hits, predicted, support = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    scores = np.stack([_ratio(hits, predicted), _ratio(hits, support), _ratio(2 * hits, predicted + support)], axis=1)
    table = Table([_("class"), _("precision"), _("recall"), _("f1"), _("support")])
    for name, row, rows in zip(classes, scores, support, strict=True):
        table.add(name, *map(metric, row), count(int(rows)))
    total = int(support.sum())
    table.add(_("average"), *map(metric, scores.mean(axis=0)), count(total), style=("dim",))
    weighted = support @ scores / max(total, 1)
    table.add(_("weighted average"), *map(metric, weighted), count(total), style=("dim",))
    return table


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return numerator / np.maximum(denominator, 1)  # if the denominator is 0, so is the numerator
