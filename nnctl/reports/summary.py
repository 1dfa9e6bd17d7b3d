"""The output of `summary` and `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnctl.reports.graph_drawing import draw
from nnctl.reports.graph_layout import boxes, is_chain
from nnctl.reports.number_format import count, metric, parameters, size
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal

if TYPE_CHECKING:
    from nnctl.training.dry_run import CheckReport, Summary


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
    table = Table(["layer", "type", "inputs", "output shape", "parameters", "multiply-adds"], left=4, spare=1,
                  more="--json shows all")  # fmt: skip
    for name, shape in summary.inputs.items():
        table.add(name, "Input", "", _shape(shape), "0", "0")
    for line in summary.lines:
        kind = f"{line.kind} (weights of {line.shared})" if line.shared else line.kind
        table.add(line.name, kind, ", ".join(line.sources), _shape(line.shape),
                  count(line.parameters), count(line.multiply_adds))  # fmt: skip
    table.print(terminal)
    terminal.print()
    terminal.flow(f"parameters     {parameters(summary.parameters, summary.trainable)}", indent=" " * 15)
    terminal.flow(f"multiply-adds  {count(summary.multiply_adds)} per sample", indent=" " * 15)
    terminal.flow(f"memory         {size(summary.memory)} during training", indent=" " * 15)


def show_check(report: CheckReport, terminal: Terminal) -> None:
    """Prints what was done to the data, the columns, the layers, and the loss of the first batch."""
    for note in report.notes:
        terminal.flow(f"- {note}", indent="  ")
    if report.columns:
        terminal.print()
        table = Table(["column", "type", "role"], left=3)
        for column in report.columns:
            table.add(*column)
        table.print(terminal)
    terminal.print()
    show_table(report.summary, terminal)
    terminal.print()
    terminal.flow("samples        " + ", ".join(f"{count(n)} {split}" for split, n in report.rows.items()), " " * 15)
    terminal.flow(f"first loss     {metric(report.first_loss)} (forward and backward pass of one batch)", " " * 15)
    for warning in report.warnings:
        terminal.labelled("note", warning, "yellow")
    terminal.print()
    terminal.print("ok", "green", "bold")


def _shape(shape: tuple[int | None, ...]) -> str:
    """As in Keras: None for the batch axis, which comes first and may have any length."""
    return "(" + ", ".join(["None", *("None" if n is None else str(n) for n in shape)]) + ")"
