"""What `eval` shows: figures, the confusion matrix, and how well each class is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnctl.reports.numbers import count, counted, figure
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal

if TYPE_CHECKING:
    from nnctl.training.runner import Evaluation

_MOST_CLASSES = 20  # a larger matrix is unreadable; --json has it


def show(evaluation: Evaluation, terminal: Terminal) -> None:
    terminal.print(f"{evaluation.split}: {counted(evaluation.rows, 'row')}", "bold")
    terminal.print()
    figures = Table(["", "value"])
    for name, value in evaluation.figures.items():
        figures.add(name, figure(value))
    figures.print(terminal)
    for output, matrix in evaluation.confusion.items():
        target = evaluation.targets[output]
        title = target.columns[0] if len(target.columns) == 1 else output
        if len(target.classes) <= _MOST_CLASSES:
            terminal.print()
            terminal.print(f"{title}: rows are the truth, columns the prediction", "bold")
            confusion = Table(["", *target.classes])
            for word, row in zip(target.classes, matrix, strict=True):
                confusion.add(word, *(count(int(n)) if n else "·" for n in row))
            confusion.print(terminal)
        terminal.print()
        by_class(target.classes, matrix).print(terminal)


def by_class(classes: tuple[str, ...], matrix: np.ndarray) -> Table:
    """Precision, recall, F1 and support of each class from its confusion matrix."""
    table = Table(["class", "precision", "recall", "f1", "rows"])
    hits = np.diag(matrix)
    guessed, true = matrix.sum(axis=0), matrix.sum(axis=1)
    for i, word in enumerate(classes):
        precision = hits[i] / guessed[i] if guessed[i] else 0.0
        recall = hits[i] / true[i] if true[i] else 0.0
        f1 = 2 * precision * recall / (precision + recall) if hits[i] else 0.0
        table.add(word, figure(precision), figure(recall), figure(f1), count(int(true[i])))
    return table
