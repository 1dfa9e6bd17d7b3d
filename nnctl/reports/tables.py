"""Tables as aligned text, for terminals of any width, files and pipes alike."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from nnctl.reports.terminal import Terminal

GAP = "  "


@dataclass
class Table:
    """Titles and rows of text.

    left: how many columns, from the first, hold text: left-aligned, wrapped between words where room is short;
    the rest hold numbers: right-aligned, never broken. spare: how many columns, from the last, are left out
    where wrapping is not enough. A table that fits in no way is written as a block a row.
    styles: row number -> styles of that row.
    """

    titles: Sequence[str]
    left: int = 1
    spare: int = 0
    rows: list[Sequence[str]] = field(default_factory=list)
    styles: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def add(self, *cells: str, style: tuple[str, ...] = ()) -> None:
        assert len(cells) == len(self.titles), "a cell for every title"
        if style:
            self.styles[len(self.rows)] = style
        self.rows.append(cells)

    def print(self, terminal: Terminal) -> None:
        """Writes the table: a row of titles, then the rows."""
        cells = [[terminal.plain(cell) for cell in row] for row in (self.titles, *self.rows)]
        for columns in range(len(self.titles), len(self.titles) - self.spare - 1, -1):
            widths = self._widths([row[:columns] for row in cells], terminal.width)
            if widths is not None:
                self._print_rows(terminal, cells, widths)
                return
        self._print_blocks(terminal)

    def _widths(self, cells: Sequence[Sequence[str]], room: int | None) -> list[int] | None:
        """Of each column; None where the table does not fit with every word whole."""
        columns = list(zip(*cells, strict=True))
        widths = [max(map(len, column)) for column in columns]
        if room is None:
            return widths
        longest_word = [max(len(word) for cell in column for word in cell.split() or [""]) for column in columns]
        while sum(widths) + len(GAP) * (len(widths) - 1) > room:
            wider = [n for n in range(min(self.left, len(widths))) if widths[n] > longest_word[n]]
            if not wider:
                return None
            widths[max(wider, key=widths.__getitem__)] -= 1
        return widths

    def _print_rows(self, terminal: Terminal, cells: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
        for number, row in enumerate(cells, start=-1):
            styles = ("bold",) if number < 0 else self.styles.get(number, ())
            stacks = [textwrap.wrap(cell, width, break_on_hyphens=False) if len(cell) > width else [cell]
                      for cell, width in zip(row, widths, strict=False)]  # fmt: skip
            for i in range(max(map(len, stacks))):
                line = [f"{stack[i] if i < len(stack) else '':{'<' if n < self.left else '>'}{widths[n]}}"
                        for n, stack in enumerate(stacks)]  # fmt: skip
                terminal.print(GAP.join(line).rstrip(), *styles)

    def _print_blocks(self, terminal: Terminal) -> None:
        names = max(map(len, self.titles))
        for number, (first, *rest) in enumerate(self.rows):
            terminal.print(first, *self.styles.get(number, ("bold",)))
            for title, cell in zip(self.titles[1:], rest, strict=True):
                terminal.flow(f"  {title:{names}}  {cell}", indent=" " * (names + 4))
