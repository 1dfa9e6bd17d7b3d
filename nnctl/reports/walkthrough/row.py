"""A row's numbers through a model, as `explain RUN --row N` prints them."""

from __future__ import annotations

from typing import Any

from nnctl.api import TrainedRun
from nnctl.errors import InputError
from nnctl.reports.terminal import Terminal
from nnctl.reports.walkthrough.as_data import as_data
from nnctl.reports.walkthrough.chosen_row import chosen_row
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.sections import write_one_layer, write_walkthrough
from nnctl.reports.walkthrough.text_page import TextPage
from nnctl.reports.walkthrough.trace import trace
from nnctl.translation import _


def explain_row(run: TrainedRun, row: int, terminal: Terminal, *, split: str = "test", data: str | None = None,
                layer: str | None = None) -> None:  # fmt: skip
    """Prints what the model computes from a row: preprocessing, every layer, the loss, the gradients, and one step of
    the optimizer.

    row: its number in the split, or in the file `data`, counted from 1. layer: show this layer alone, whole.
    Raises InputError for a row or a layer that does not exist.
    """
    _write(TextPage(terminal, whole=layer is not None), run, row, split, data, layer)


def row_page(run: TrainedRun, row: int, *, split: str = "test", data: str | None = None,
             layer: str | None = None) -> str:  # fmt: skip
    """What `explain_row` prints, as an HTML page."""
    from nnctl.reports.walkthrough.html.page import HtmlPage  # imported here for start-up's sake

    page = HtmlPage(whole=layer is not None)
    _write(page, run, row, split, data, layer)
    return page.html()


def row_as_data(run: TrainedRun, row: int, *, split: str = "test", data: str | None = None,
                layer: str | None = None) -> dict[str, Any]:  # fmt: skip
    """The numbers that `explain_row` prints, and all others of the row or the layer, in full precision."""
    _check_layer(run, layer)
    chosen = chosen_row(run, row, split, data)
    return as_data(run, chosen, trace(run.model, chosen.batch), layer)


def _check_layer(run: TrainedRun, layer: str | None) -> None:
    names = [node.name for node in run.model.graph.nodes]
    if layer is not None and layer not in names:
        raise InputError(
            _("the model has no layer {name}").format(name=repr(layer)), where=str(run.folder),
            hint=_("layers: {names}").format(names=", ".join(names)),
        )  # fmt: skip


def _write(page: Page, run: TrainedRun, row: int, split: str, data: str | None, layer: str | None) -> None:
    _check_layer(run, layer)
    chosen = chosen_row(run, row, split, data)
    traced = trace(run.model, chosen.batch)
    if layer is None:
        write_walkthrough(run, chosen, traced, page)
    else:
        write_one_layer(run, chosen, traced, layer, page)
