"""The output of `summary` and `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnctl.reports.graph_drawing import draw
from nnctl.reports.graph_layout import boxes, is_chain
from nnctl.reports.notes import translated
from nnctl.reports.number_format import count, metric, parameters, rows_of_splits, size
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal, fitted
from nnctl.translation import N_, _

if TYPE_CHECKING:
    from nnctl.training.dry_run import CheckReport, Summary

_WORDS = (N_("number"), N_("category"), N_("text"), N_("feature"), N_("target"))  # types and roles of columns


def show(summary: Summary, terminal: Terminal) -> None:
    """Prints the graph, unless it is a plain chain, and the table."""
    found = boxes(summary)
    if not is_chain(found):
        draw(found, terminal)
        terminal.print()
    show_table(summary, terminal)


def edges(summary: Summary) -> list[tuple[str, str]]:
    """(tensor, the layer that takes it), for other programs."""
    return [(source, line.name) for line in summary.lines for source in line.sources]


def show_table(summary: Summary, terminal: Terminal) -> None:
    """Prints one row per layer, and the totals."""
    titles = [_("layer"), _("type"), _("inputs"), _("output shape"), _("parameters"), _("multiply-adds")]
    table = Table(titles, left=4, spare=1, more=_("--json shows all"))
    for name, shape in summary.inputs.items():
        table.add(name, "Input", "", _shape(shape), "0", "0")
    for line in summary.lines:
        kind = line.kind
        if line.shared:
            kind = _("{kind} (weights of {layer})").format(kind=line.kind, layer=line.shared)
        table.add(line.name, kind, ", ".join(line.sources), _shape(line.shape),
                  count(line.parameters), count(line.multiply_adds))  # fmt: skip
    table.print(terminal)
    terminal.print()
    _labelled(terminal, _("parameters"), parameters(summary.parameters, summary.trainable))
    _labelled(terminal, _("multiply-adds"), _("{n} per sample").format(n=count(summary.multiply_adds)))
    _labelled(terminal, _("memory"), _("{size} during training").format(size=size(summary.memory)))


def _labelled(terminal: Terminal, label: str, text: str) -> None:
    terminal.flow(fitted(label, 15) + text, indent=" " * 15)


def show_check(report: CheckReport, terminal: Terminal) -> None:
    """Prints what was done to the data, the columns, the layers, and the loss of the first batch."""
    for note in report.notes:
        terminal.flow(f"- {translated(note)}", indent="  ")
    if report.columns:
        terminal.print()
        table = Table([_("column"), _("type"), _("role")], left=3)
        for column in report.columns:
            name, kind, role = column
            table.add(name, _(kind), _(role))
        table.print(terminal)
    terminal.print()
    show_table(report.summary, terminal)
    terminal.print()
    _labelled(terminal, _("samples"), rows_of_splits(report.rows))
    loss = _("{loss} (forward and backward pass of one batch)").format(loss=metric(report.first_loss))
    _labelled(terminal, _("first loss"), loss)
    for warning in report.warnings:
        terminal.labelled(_("note"), translated(warning), "yellow")
    terminal.print()
    terminal.print(_("ok"), "green", "bold")


def _shape(shape: tuple[int | None, ...]) -> str:
    """As in Keras: None for the batch axis, which comes first and may have any length."""
    return "(" + ", ".join(["None", *("None" if n is None else str(n) for n in shape)]) + ")"
