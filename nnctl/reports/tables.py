"""Tables as aligned text, for terminals of any width, files and pipes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nnctl.reports.terminal import Terminal, display_width, fitted, wrap
from nnctl.translation import _

GAP = "  "
_SHORTEST = 12  # least width of a text column whose words are broken
_LISTED = 8  # how many hidden columns are listed by name


@dataclass
class Table:
    """Titles and rows of text.

    left: how many columns, from the first, contain text: left-aligned and, if the table is too wide, wrapped between
    words. The others contain numbers: right-aligned, never broken. spare: how many columns, from the last, may be
    hidden if wrapping is not enough, which a last line mentions. more: what shows the hidden columns. After that, long
    words are broken. A table that still does not fit is printed with one block per row. styles: row number -> styles of
    that row.
    """

    titles: Sequence[str]
    left: int = 1
    spare: int = 0
    more: str = ""
    rows: list[Sequence[str]] = field(default_factory=list)
    styles: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def add(self, *cells: str, style: tuple[str, ...] = ()) -> None:
        assert len(cells) == len(self.titles), "a cell for every title"
        if style:
            self.styles[len(self.rows)] = style
        self.rows.append(cells)

    def print(self, terminal: Terminal) -> None:
        """Prints a row of titles, then the rows."""
        cells = [[terminal.plain(cell) for cell in row] for row in (self.titles, *self.rows)]
        for broken in (False, True):
            least = len(self.titles) - self.spare
            for columns in range(least if broken else len(self.titles), least - 1, -1):  # hide before breaking words
                widths = self._widths([row[:columns] for row in cells], terminal.width, broken)
                if widths is not None:
                    self._print_rows(terminal, cells, widths)
                    note_hidden(cells[0][columns:], self.more, terminal)
                    return
        self._print_blocks(terminal, cells)

    def _widths(self, cells: Sequence[Sequence[str]], available: int | None, broken: bool) -> list[int] | None:
        """The width of each column; None if the table does not fit. broken: whether words may be broken."""
        columns = list(zip(*cells, strict=True))
        widths = [max(map(display_width, column)) for column in columns]
        if available is None:
            return widths
        least = [max(display_width(word) for cell in column for word in cell.split() or [""]) for column in columns]
        if broken:
            least = [min(width, _SHORTEST) for width in least]
        while sum(widths) + len(GAP) * (len(widths) - 1) > available:
            wider = [n for n in range(min(self.left, len(widths))) if widths[n] > least[n]]
            if not wider:
                return None
            widths[max(wider, key=widths.__getitem__)] -= 1
        return widths

    def _print_rows(self, terminal: Terminal, cells: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
        for number, row in enumerate(cells, start=-1):
            styles = ("bold",) if number < 0 else self.styles.get(number, ())
            stacks = [wrap(cell, width, inside=True) if display_width(cell) > width else [cell]
                      for cell, width in zip(row, widths, strict=False)]  # fmt: skip
            for i in range(max(map(len, stacks))):
                line = [fitted(stack[i] if i < len(stack) else "", widths[n], right=n >= self.left)
                        for n, stack in enumerate(stacks)]  # fmt: skip
                terminal.print(GAP.join(line).rstrip(), *styles)

    def _print_blocks(self, terminal: Terminal, cells: Sequence[Sequence[str]]) -> None:
        width = terminal.width or 0
        titles = cells[0]
        names = max(map(display_width, titles))
        beside = width - names - 4 >= _SHORTEST
        for number, (first, *rest) in enumerate(cells[1:]):
            for line in wrap(first, width, inside=True) or [""]:
                terminal.print(line, *self.styles.get(number, ("bold",)))
            for title, cell in zip(titles[1:], rest, strict=True):
                lines = wrap(cell, width - names - 4 if beside else width - 4, inside=True) or [""]
                if not beside:
                    terminal.print(f"  {title}")
                for i, line in enumerate(lines):
                    label = fitted("" if i else title, names) if beside else ""
                    terminal.print(f"  {label}  {line}".rstrip())


def note_hidden(names: Sequence[str], more: str, terminal: Terminal) -> None:
    """Prints which columns are hidden, if any, and what shows them."""
    if not names:
        return
    listed = ", ".join(names[:_LISTED])
    if len(names) > _LISTED:
        listed = _("{names} and {n} more").format(names=listed, n=len(names) - _LISTED)
    text = _("columns not shown here: {names}").format(names=listed)
    terminal.flow(f"{text}; {more}" if more else text, "", "dim")
