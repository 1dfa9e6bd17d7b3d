"""Tables as aligned text, for terminals of any width, files and pipes alike."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from nnctl.reports.terminal import Terminal

GAP = "  "
_NARROWEST = 6  # a text column is not wrapped below this


@dataclass
class Table:
    """Titles and rows of text.

    left: how many columns, from the first, hold text: left-aligned, wrapped where room is short; the rest
    hold numbers: right-aligned, never broken. styles: row number -> styles of that row.
    """

    titles: Sequence[str]
    left: int = 1
    rows: list[Sequence[str]] = field(default_factory=list)
    styles: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def add(self, *cells: str, style: tuple[str, ...] = ()) -> None:
        assert len(cells) == len(self.titles), "a cell for every title"
        if style:
            self.styles[len(self.rows)] = style
        self.rows.append(cells)

    def print(self, terminal: Terminal, indent: str = "") -> None:
        """Writes the table: a row of titles, then the rows."""
        cells = [[terminal.plain(cell) for cell in row] for row in (self.titles, *self.rows)]
        room = None if terminal.width is None else terminal.width - len(indent)
        widths = self._widths(cells, room)
        for number, row in enumerate(cells, start=-1):
            styles = ("bold",) if number < 0 else self.styles.get(number, ())
            for line in self._lines(row, widths):
                terminal.print(indent + line, *styles)

    def _widths(self, cells: Sequence[Sequence[str]], room: int | None) -> list[int]:
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        while room is not None and sum(widths) + len(GAP) * (len(widths) - 1) > room:
            widest = max(range(self.left), key=widths.__getitem__, default=None)
            if widest is None or widths[widest] <= _NARROWEST:
                break
            widths[widest] -= 1
        return widths

    def _lines(self, row: Sequence[str], widths: Sequence[int]) -> list[str]:
        stacks = []
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            pieces = textwrap.wrap(cell, width) if number < self.left and len(cell) > width else [cell]
            align = "<" if number < self.left else ">"
            stacks.append([f"{piece:{align}{width}}" for piece in pieces or [""]])
        height = max(map(len, stacks))
        blank = [" " * width for width in widths]
        return [
            GAP.join(stack[i] if i < len(stack) else blank[n] for n, stack in enumerate(stacks)).rstrip()
            for i in range(height)
        ]
