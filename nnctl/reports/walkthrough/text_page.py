"""The page of a walkthrough in a terminal, fitted to its width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal, display_width, wrap
from nnctl.reports.walkthrough.numbers import aligned, shape
from nnctl.reports.walkthrough.page import JOINED, Page
from nnctl.translation import _, plural

Array = np.ndarray
INDENT = "   "
WIDTH = 100  # of files and pipes
REPEATED = 32  # numbers of an array that is printed again
ROWS, LINES = 8, 2  # of a matrix and of a vector that is cut


class TextPage(Page):
    """Writes to a terminal."""

    def __init__(self, terminal: Terminal, whole: bool = False):
        super().__init__(whole)
        self.terminal = terminal
        self.width = terminal.width or WIDTH
        self._printed: dict[tuple[tuple[int, ...], bytes], str] = {}  # large arrays, and what they were called

    def heading(self, text: str) -> None:
        self.terminal.print()
        for line in wrap(text, self.width, INDENT):
            self.terminal.print(line, "bold")

    def title(self, text: str) -> None:
        """A heading above headings."""
        self.terminal.print()
        self.terminal.print(text, "bold")
        self.terminal.print("─" * min(display_width(text), self.width))

    def text(self, text: str, *styles: str) -> None:
        for line in wrap(text, self.width - len(INDENT)):
            self.terminal.print(INDENT + line, *styles)

    def formula(self, left: str, *rights: str) -> None:
        """`left = right`, with further right sides below the first."""
        before = INDENT * 2 + left
        for right in rights:
            start = f"{before} = " if left else before
            hang = " " * (len(INDENT) * 2 + display_width(left) + 3)
            if len(hang) > self.width // 2:
                hang = INDENT * 3
            for line in wrap(start + right, self.width, hang):
                self.terminal.print(line.replace(JOINED, " "))
            before = " " * display_width(before)

    def array(self, name: str, values: Array, note: str = "") -> None:
        """An array under its name and shape; large ones are cut, and a last line says by how much."""
        values = np.asarray(values)
        label = f"{name} {shape(values.shape)}" + (f", {note}" if note else "")
        if values.size > REPEATED and not self.whole:
            key, called = (values.shape, values.tobytes()), name
            if self.section:
                called = _("{name} of {layer}").format(name=name, layer=self.section)
            if key in self._printed:
                self.text(f"{label}: " + _("the same numbers as {name}, above").format(name=self._printed[key]))
                return
            self._printed[key] = called
        if values.ndim <= 1:
            self._vector(label, values.reshape(-1))
            return
        self.text(label)
        if values.ndim == 2:
            self._matrix(values)
            return
        rest = values.shape[2:]
        shown = np.ndindex(*rest) if self.whole else iter([(0,) * len(rest)])
        for place in shown:
            index = ", ".join(str(n + 1) for n in place)
            self.text(f"{name}[:, :, {index}]", "dim")
            self._matrix(values[(slice(None), slice(None), *place)])
        if not self.whole and int(np.prod(rest)) > 1:
            more = int(np.prod(rest)) - 1
            self._more(
                [plural("{n} more matrix of this size", "{n} more matrices of this size", more).format(n=f"{more:,}")]
            )

    def table(self, table: Table) -> None:
        """A table, indented."""
        table.print(_Indented(self.terminal, self.width))

    def _vector(self, label: str, values: Array) -> None:
        cells = aligned(values if self.whole else values[: 64 * LINES])
        width = max(map(len, cells), default=0) + 2
        line = INDENT + label + ":"
        if not cells:
            self.terminal.print(line)
            return
        if display_width(line) + width * len(cells) <= self.width and len(cells) == len(values):
            self.terminal.print((line + "".join(cell.rjust(width) for cell in cells)).rstrip())
            return
        self.terminal.print(line)
        each = max((self.width - len(INDENT) * 2) // width, 1)
        shown = len(cells) if self.whole else min(each * LINES, len(cells))
        if shown < len(cells) <= each * (LINES + 1):
            shown = len(cells)  # no line is saved by a line that says what is missing
        for first in range(0, shown, each):
            row = "".join(cell.rjust(width) for cell in cells[first : min(first + each, shown)])
            self.terminal.print((INDENT * 2 + row).rstrip())
        if shown < len(values):
            more = len(values) - shown
            self._more([plural("{n} more value", "{n} more values", more).format(n=f"{more:,}")])

    def _matrix(self, values: Array) -> None:
        rows = len(values) if self.whole or len(values) <= ROWS + 1 else ROWS
        for part, columns in self._columns(values[:rows]):
            if self.whole and len(columns) < values.shape[1]:
                self.text(_("columns {first} to {last}").format(first=columns[0] + 1, last=columns[-1] + 1), "dim")
            for row in part:
                self.terminal.print((INDENT * 2 + "".join(row)).rstrip())
            if not self.whole:
                more = []
                if (left := values.shape[1] - len(columns)) > 0:
                    more.append(plural("{n} more column", "{n} more columns", left).format(n=f"{left:,}"))
                if (below := len(values) - rows) > 0:
                    more.append(plural("{n} more row", "{n} more rows", below).format(n=f"{below:,}"))
                self._more(more)
                return

    def _columns(self, values: Array) -> Iterator[tuple[list[list[str]], range]]:
        """The cells of as many columns as fit the width, and which columns these are; then of the next ones."""
        first = 0
        while first < values.shape[1]:
            columns: list[list[str]] = []
            used, last = len(INDENT) * 2, first
            while last < values.shape[1]:
                cells = aligned(values[:, last])
                width = (len(cells[0]) if cells else 0) + 2
                if columns and used + width > self.width:
                    break
                columns.append([cell.rjust(width) for cell in cells])
                used += width
                last += 1
            yield [list(row) for row in zip(*columns, strict=True)], range(first, last)
            first = last

    def _more(self, parts: Sequence[str]) -> None:
        if parts:
            self.terminal.print(INDENT * 2 + "… " + ", ".join(parts), "dim")


class _Indented(Terminal):
    """A terminal whose lines are indented."""

    def __init__(self, terminal: Terminal, width: int):
        super().__init__(terminal.stream, terminal.live, terminal.color, terminal.unicode, width - len(INDENT))

    def print(self, text: str = "", *styles: str) -> None:
        super().print(INDENT + text if text else text, *styles)
