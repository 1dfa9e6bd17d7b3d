"""The output of `datasets`: the list of data sets, and the preview of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnctl.reports.notes import translated, translated_values
from nnctl.reports.number_format import count
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal, fitted
from nnctl.translation import _

if TYPE_CHECKING:
    from nnctl.data.catalog.preview import Preview


def show_list(previews: Sequence[Preview], terminal: Terminal) -> None:
    """One row per data set."""
    titles = [_("name"), _("target"), _("task"), _("description"), _("rows"), _("columns")]
    table = Table(titles, left=4, spare=2, more=_("--json shows all"))
    for preview in previews:
        place = "" if preview.place == "here" else f" ({translated(preview.place)})"
        table.add(preview.name, preview.target, task(preview), _(preview.title) + place,
                  count(preview.rows), str(len(preview.columns)))  # fmt: skip
    table.print(terminal)
    terminal.print()
    terminal.flow(_("To use one in a config: `dataset: NAME`. To preview one: `nnctl datasets NAME`."))


def show(preview: Preview, terminal: Terminal) -> None:
    """The description, then one row per column with its first values."""
    terminal.flow(f"{preview.name}: {_(preview.title)}")
    classes = f": {', '.join(preview.classes)}" if preview.classes else ""
    if preview.place != "here":
        terminal.flow("  " + _("not on this machine: {place}").format(place=translated(preview.place)))
    lines = {_("rows"): count(preview.rows), _("target"): f"{preview.target}, {task(preview)}{classes}",
             _("source"): preview.source, _("licence"): preview.licence}  # fmt: skip
    for label, text in lines.items():
        terminal.flow(f"  {fitted(label, 9)}{text}", indent=" " * 11)
    terminal.print()
    firsts = [", ".join(values) for values in zip(*preview.first, strict=True)] or [""] * len(preview.columns)
    titles = [_("column"), _("type"), _("values"), *([_("first rows")] if preview.first else [])]
    table = Table(titles, left=len(titles), spare=1, more=_("--json shows all"))
    for (name, kind, values), first in zip(preview.columns, firsts, strict=True):
        table.add(*(name, _(kind), translated_values(values), first)[: len(titles)],
                  style=("bold",) if name == preview.target else ())  # fmt: skip
    table.print(terminal)


def task(preview: Preview) -> str:
    """`3 classes`, `a number`, or `text of 10 characters`."""
    if preview.task == "text":
        return _("text of {n} characters").format(n=len(preview.classes))
    return _("{n} classes").format(n=len(preview.classes)) if preview.classes else _("a number")
