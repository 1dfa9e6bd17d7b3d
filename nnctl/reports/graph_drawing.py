"""A network drawn in the terminal, one layer per line, in the style of `git log --graph`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnctl.nn.layers.base import show as show_shape
from nnctl.reports.graph_layout import Box, consumers
from nnctl.reports.number_format import cut
from nnctl.reports.terminal import Terminal, display_width, fitted
from nnctl.translation import _

_MOST_LETTERS = 40  # of a name; the table shows the whole name

# (up, down, left, right) -> the character that joins these directions
_LETTERS = {
    (1, 1, 1, 1): "┼", (1, 1, 1, 0): "┤", (1, 1, 0, 1): "├", (1, 0, 1, 1): "┴", (0, 1, 1, 1): "┬",
    (1, 0, 1, 0): "┘", (1, 0, 0, 1): "└", (0, 1, 1, 0): "┐", (0, 1, 0, 1): "┌", (0, 0, 1, 1): "─", (1, 1, 0, 0): "│",
}  # fmt: skip


def draw(found: Sequence[Box], terminal: Terminal) -> None:
    """Prints the drawing: ○ for an input, ● for a layer. Columns that do not fit are omitted, from the right."""
    rows = list(lanes(found))
    width = max(len(lines) for lines, _ in rows)
    cells = {box.name: (cut(terminal.plain(box.name), _MOST_LETTERS), box.kind, show_shape(box.shape)) for box in found}
    notes = {box.name: terminal.plain(_note(box)) for box in found}
    for columns in (3, 2, 1):
        widths = [max(display_width(cells[box.name][at]) for box in found) for at in range(columns)]
        needed = width + 2 + sum(widths) + 2 * columns + max(map(display_width, notes.values()))
        if terminal.width is None or needed <= terminal.width:
            break
    else:
        hint = "--plot FILE.svg writes a picture"
        terminal.flow(f"(the drawing of the graph needs {needed} columns; {hint})", "", "dim")
        return
    for lines, box in rows:
        if box is None:
            terminal.print(lines.rstrip())
            continue
        shown = cells[box.name][:columns]
        text = "  ".join(fitted(cell, size) for cell, size in zip(shown, widths, strict=True))
        terminal.print(f"{lines:{width}}  {text}  {notes[box.name]}".rstrip())


def _note(box: Box) -> str:
    notes = [_("weights of {layer}").format(layer=box.shared)] if box.shared else []
    notes += [
        _("from {layer}: {states}").format(layer=source, states=", ".join(states))
        for source, states in box.states.items()
    ]
    return ", ".join([*notes, *([_("output")] if box.is_output else [])])


def lanes(found: Sequence[Box]) -> Iterator[tuple[str, Box | None]]:
    """The characters of each row, and the box in it; None for a row in which lines only branch or merge.

    A lane is a column in which the output of a box runs down to the last box that takes it.
    """
    last = {name: max(takers) for name, takers in consumers(found).items()}
    held: list[str | None] = []  # the box whose output is in each lane
    for at, box in enumerate(found):
        taken = [held.index(source) for source in box.sources]
        ending = [lane for lane in taken if last[held[lane] or ""] == at]
        if ending:
            lane = min(ending)
        else:  # a new lane, to the right of those of its inputs
            first = min(taken, default=-1) + 1
            lane = next((free for free in range(first, len(held)) if held[free] is None), max(first, len(held)))
            held += [None] * (lane + 1 - len(held))
        if taken and taken != [lane]:
            yield _branching(held, taken, ending, lane), None
        for done in ending:
            held[done] = None
        held[lane] = box.name
        letters = ["│" if name else " " for name in held]
        letters[lane] = "○" if box.is_input else "●"
        yield " ".join(letters), box
        if box.name not in last:
            held[lane] = None
        while held and held[-1] is None:
            held.pop()


def _branching(held: Sequence[str | None], taken: Sequence[int], ending: Sequence[int], lane: int) -> str:
    """The row above a box in `lane`, in which the lanes of its inputs merge."""
    first, last = min(*taken, lane), max(*taken, lane)
    text = ""
    for at, name in enumerate(held):
        left, right = first < at <= last, first <= at < last
        if name and at not in taken:
            text += "│"  # a line that crosses the horizontal one
        else:
            down = at == lane or (at in taken and at not in ending)
            text += _LETTERS.get((at in taken, down, left, right), " ")
        text += "─" if right else " "
    return text
