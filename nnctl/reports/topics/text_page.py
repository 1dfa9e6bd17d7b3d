"""Prints a topic in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal, display_width, wrap
from nnctl.reports.topics.document import Example, Page, Plot
from nnctl.reports.topics.names import IDEA
from nnctl.reports.topics.text_plot import beside, chart, histogram
from nnctl.translation import _

WIDTH = 80  # if lines may have any length
_WIDEST = 120  # text of longer lines is hard to read
_INDENT = "  "


def show(page: Page, terminal: Terminal) -> None:
    """Prints all that the page says."""
    width = min(terminal.width or WIDTH, _WIDEST)
    _Printer(page, terminal, width).print()


class _Printer:
    def __init__(self, page: Page, terminal: Terminal, width: int):
        self.page, self.terminal, self.width = page, terminal, width

    def print(self) -> None:
        page = self.page
        self._title()
        self._text(page["summary"], "")
        before = [note for note in page["notes"] if page["family"] == IDEA or not page["formula"]]
        for note in before:
            self._text(note, "")
        if page["formula"]:
            self._formula([note for note in page["notes"] if note not in before])
        if page["plots"]:
            self._plots(page["plots"])
        if page["example"]:
            self._example(page["example"])
        self._advice()
        self._yaml()
        if page["arguments"]:
            self._arguments()
        self._ends()

    def _formula(self, notes: Sequence[str]) -> None:
        page = self.page
        self._section(_("formula"))
        for note in notes:
            if note.endswith(":"):  # of the symbols in the formula
                self._text(note)
        for line in page["formula"]:
            self._text(line, _INDENT * 2, _INDENT * 4)
        if derivative := page["derivative"]:
            self._text(derivative if derivative.startswith("dy") else f"dy/dx = {derivative}", _INDENT * 2, _INDENT * 4)
        for note in notes:
            if not note.endswith(":"):
                self._text(note)

    def _title(self) -> None:
        page, family = self.page, _(self.page["family"])
        gap = self.width - display_width(page["topic"]) - display_width(family)
        self.terminal.print(page["topic"] + " " * max(gap, 2) + family, "bold")
        if page["also_called"]:
            self._text(_("also called: {names}").format(names=", ".join(page["also_called"])), "")

    def _section(self, title: str) -> None:
        self.terminal.print()
        self.terminal.print(title, "cyan")

    def _text(self, text: str, indent: str = _INDENT, hanging: str | None = None) -> None:
        hanging = indent if hanging is None else hanging
        for line in wrap(indent + text, self.width, hanging, inside=True):
            self.terminal.print(line)

    def _lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.terminal.print(line)

    def _plots(self, plots: Sequence[Plot]) -> None:
        unicode = self.terminal.unicode
        self._section(_("curve") if len(plots) == 1 else _("curves"))
        if plots[0]["kind"] == "histogram":
            for plot in plots:
                [bars] = plot["curves"]
                low, high = bars["x"][0], bars["x"][-1]
                self._lines(histogram(plot["title"], [int(n or 0) for n in bars["y"]], low, high, 6, unicode))
            return
        columns = min(56, (self.width - 5) // 2) if len(plots) > 1 else min(60, self.width - 2)
        drawn = [self._chart(plot, columns, unicode) for plot in plots]
        self._lines([_INDENT + line for line in (beside(drawn, columns) if len(drawn) > 1 else drawn[0])])

    def _chart(self, plot: Plot, columns: int, unicode: bool) -> list[str]:
        curves = [(curve["x"], [float("nan") if y is None else y for y in curve["y"]]) for curve in plot["curves"]]
        return chart(plot["title"], curves, columns, 9, unicode, [curve["name"] for curve in plot["curves"]])

    def _example(self, example: Example) -> None:
        self._section(_("worked example, computed by nnctl"))
        if example["intro"]:
            self._text(example["intro"])
        if table := example["table"]:
            shown = Table(table["titles"], left=table["left"])
            for row in table["rows"]:
                shown.add(*row)
            self._lines([_INDENT * 2 + line for line in printed(shown, self.terminal, self.width - 4)])
        for line in example["lines"]:
            self._text(line, _INDENT * 2, _INDENT * 4)
        if example["outcome"]:
            self._text(example["outcome"])

    def _arguments(self) -> None:
        self._section(_("arguments"))
        arguments = self.page["arguments"]
        for argument in arguments:
            default = _("required") if argument["default"] is None else argument["default"]
            self.terminal.print(f"{_INDENT}{argument['name']}: {default}", "bold")
            self._text(f"{argument['meaning']} ({argument['type']})", _INDENT * 2)

    def _advice(self) -> None:
        idea = self.page["family"] == IDEA
        titles = (_("what to do"), _("a common mistake")) if idea else (_("when to use it"), _("when not"))
        for title, text in zip(titles, (self.page["use"], self.page["avoid"]), strict=True):
            if text:
                self._section(title)
                self._text(text)

    def _yaml(self) -> None:
        self._section(_("YAML"))
        for line in self.page["yaml"].splitlines():
            self.terminal.print(_INDENT * 2 + line)

    def _ends(self) -> None:
        page = self.page
        self._section(_("see also"))
        for label, text in ((_("topics"), ", ".join(page["see"])), (_("Keras"), page["keras"]),
                            (_("source"), page["source"])):  # fmt: skip
            if text:
                self._text(f"{label}: {text}")
        for other in page["others"]:
            self._text(_("{name} is also another topic: nnctl explain {words}").format(
                name=page["topic"], words=other))  # fmt: skip


def printed(table: Table, terminal: Terminal, width: int) -> list[str]:
    """The lines of a table of at most that width, without styles."""
    text = StringIO()
    table.print(Terminal(text, live=False, color=False, unicode=terminal.unicode, width=width))
    return text.getvalue().splitlines()
