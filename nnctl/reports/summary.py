"""What `summary` and `check` show of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnctl.reports.graph_drawing import draw
from nnctl.reports.graph_layout import boxes, is_chain
from nnctl.reports.number_format import count, figure, parameters, size
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal

if TYPE_CHECKING:
    from nnctl.training.dry_run import CheckReport, Summary


def show(summary: Summary, terminal: Terminal) -> None:
    """The graph, where it is more than a chain; then the table."""
    found = boxes(summary)
    if not is_chain(found):
        draw(found, terminal)
        terminal.print()
    show_table(summary, terminal)


def edges(summary: Summary) -> list[tuple[str, str]]:
    """(tensor, the layer that takes it), for programs."""
    return [(source, line.name) for line in summary.lines for source in line.sources]


def show_table(summary: Summary, terminal: Terminal) -> None:
    """A row a layer, then the totals."""
    table = Table(["layer", "kind", "takes", "output shape", "parameters", "multiply-adds"], left=4, spare=1,
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
    terminal.flow(f"multiply-adds  {count(summary.multiply_adds)} a sample", indent=" " * 15)
    terminal.flow(f"memory         {size(summary.memory)} in training", indent=" " * 15)


def show_check(report: CheckReport, terminal: Terminal) -> None:
    """Columns, what was done to the data, the layers, and the first batch's loss."""
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
    terminal.flow("samples        " + ", ".join(f"{count(n)} {part}" for part, n in report.rows.items()), " " * 15)
    terminal.flow(f"first loss     {figure(report.first_loss)}, of one batch forward and backward", " " * 15)
    for warning in report.warnings:
        terminal.labelled("note", warning, "yellow")
    terminal.print()
    terminal.print("ok", "green", "bold")


def _shape(shape: tuple[int | None, ...]) -> str:
    """As Keras writes it: the batch axis, of any length, comes first."""
    return "(" + ", ".join(["None", *("None" if n is None else str(n) for n in shape)]) + ")"
