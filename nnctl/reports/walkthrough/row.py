"""A row's numbers through a model, as `explain RUN --row N` prints them."""

from __future__ import annotations

from nnctl.api import TrainedRun
from nnctl.reports.terminal import Terminal
from nnctl.reports.walkthrough.chosen_row import chosen_row
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.sections import write_walkthrough
from nnctl.reports.walkthrough.trace import trace


def explain_row(run: TrainedRun, row: int, terminal: Terminal, *, split: str = "test", data: str | None = None,
                layer: str | None = None) -> None:  # fmt: skip
    """Prints what the model computes from a row: preprocessing, every layer, the loss, the gradients, and one step of
    the optimizer.

    row: its number in the split, or in the file `data`, counted from 1. layer: show this layer alone, whole.
    Raises InputError for a row or a layer that does not exist.
    """
    chosen = chosen_row(run, row, split, data)
    write_walkthrough(run, chosen, trace(run.model, chosen.batch), Page(terminal, whole=layer is not None))
