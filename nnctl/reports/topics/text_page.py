"""Prints a topic in the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import StringIO

from nnctl.reports.number_format import count
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal, display_width, wrap
from nnctl.reports.topics.cases import derivative_line
from nnctl.reports.topics.document import Example, Page, Plot, RaceSurface
from nnctl.reports.topics.family_tree import adds, branches
from nnctl.reports.topics.names import IDEA, own_name, shown_name
from nnctl.reports.topics.race_map import STEPS, TRIED, drawn
from nnctl.reports.topics.shape_drawing import change, shown_shape
from nnctl.reports.topics.text_plot import beside, chart, histogram
from nnctl.translation import N_, _

WIDTH = 80  # if lines may have any length
_WIDEST = 120  # text of longer lines is hard to read
_INDENT = "  "
ANOTHER = N_("{name} is also the name of another topic: nnctl explain {words}")
SHAPES = N_("shapes, with the arguments of the YAML below, without the axis of rows")
_MEASURED = (30, STEPS)  # steps after which the table of a race has the heights


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
        if page["shapes"]:
            self._shapes()
        if page["plots"]:
            self._plots(page["plots"])
        if page["example"]:
            self._example(page["example"])
        if page["race"]:
            self._family()
            self._race()
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
            self._text(derivative_line(derivative), _INDENT * 2, _INDENT * 4)
        for note in notes:
            if not note.endswith(":"):
                self._text(note)

    def _title(self) -> None:
        page, family = self.page, _(self.page["family"])
        name = shown_name(page["topic"])
        gap = self.width - display_width(name) - display_width(family)
        self.terminal.print(name + " " * max(gap, 2) + family, "bold")
        if page["also_called"]:
            self._text(_("also called: {names}").format(names=", ".join(page["also_called"])), "")

    def _section(self, title: str) -> None:
        self.terminal.print()
        for line in wrap(title, self.width):
            self.terminal.print(line, "cyan")

    def _text(self, text: str, indent: str = _INDENT, hanging: str | None = None) -> None:
        hanging = indent if hanging is None else hanging
        for line in wrap(indent + text, self.width, hanging, inside=True):
            self.terminal.print(line)

    def _family(self) -> None:
        """The family tree of optimizers, each with what it adds; the page's own is marked."""
        self._section(_("family tree: what each adds to its parent"))
        lines = branches(self.terminal.unicode)
        widest = max(len(before + name) for before, name in lines)
        for before, name in lines:
            added = adds(name)
            mark = "*" if name == self.page["topic"] else " "
            text = f"{mark} {before + name:{widest}}  {_(added) if added else ''}".rstrip()
            for line in wrap(text, self.width, " " * (widest + 4), inside=True):
                self.terminal.print(line, *(("bold",) if name == self.page["topic"] else ()))

    def _race(self) -> None:
        page, unicode = self.page, self.terminal.unicode
        first, *others = [name for name in (page["topic"], page["parent"]) if name in named_racers(page["race"])]
        self._section(_("race: how low each optimizer gets on two surfaces, by its own rule"))
        self._text(_("All start at S and make {steps} steps, each with the best of the learning rates {low} to {high} "
                     "for the surface. X is the lowest point; what counts is to get low quickly.").format(
            steps=STEPS, low=TRIED[0], high=TRIED[-1]))  # fmt: skip
        columns = (self.width - 5) // 2
        maps = [
            drawn(surface, [first, *others], columns, max(columns // 3, 9), unicode) for surface in page["race"][:2]
        ]
        titled = [[surface["formula"], *lines] for surface, lines in zip(page["race"], maps, strict=False)]
        self._lines([_INDENT + line for line in beside(titled, columns, 1)])
        if others:
            self._text(_("The line is the path of {name}, the o's that of its parent {parent}.").format(
                name=first, parent=others[0]))  # fmt: skip
        else:
            self._text(_("The line is the path of {name}.").format(name=first))
        self._lines(
            [_INDENT * 2 + line for line in printed(standings(page["race"][:2]), self.terminal, self.width - 4)]
        )

    def _lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.terminal.print(line)

    def _shapes(self) -> None:
        self._section(_(SHAPES))
        self._lines([_INDENT * 2 + line for line in shape_lines(self.page, self.terminal.unicode)])
        if self.page["parameters"]:
            self._text(parameters_text(self.page))

    def _plots(self, plots: Sequence[Plot]) -> None:
        unicode = self.terminal.unicode
        self._section(plots_title(self.page))
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
        if page["see"] or page["keras"] or page["source"] or page["others"]:
            self._section(_("see also"))
        for label, text in ((_("topics"), ", ".join(map(own_name, page["see"]))), (_("Keras"), page["keras"]),
                            (_("source"), page["source"])):  # fmt: skip
            if text:
                self._text(f"{label}: {text}")
        for other in page["others"]:
            self._text(_(ANOTHER).format(name=page["topic"], words=other))


def shape_lines(page: Page, unicode: bool) -> list[str]:
    """The drawing of the first change of shape, and the others in a line each."""
    first, *rest = page["shapes"]
    others = [f"{shown_shape(each['input'])} -> {shown_shape(each['output'])}" for each in rest]
    return [*change(first["input"], first["output"], page["topic"], unicode), *others]


def parameters_text(page: Page) -> str:
    """How many parameters a layer has, and which, for the shape that is drawn."""
    weights = ", ".join(f"{name} {shown_shape(shape)}" for name, shape in page["parameters"].items())
    total = count(sum(math.prod(shape) for shape in page["parameters"].values()))
    return _("Parameters for the shape that is drawn: {total}, which are {weights}.").format(
        total=total, weights=weights
    )


def plots_title(page: Page) -> str:
    """The title of the section with the plots."""
    if page["plots"][0]["kind"] == "histogram":
        return _("histogram")
    return _("curve") if len(page["plots"]) == 1 else _("curves")


def named_racers(surfaces: Sequence[RaceSurface]) -> set[str]:
    return {racer["name"] for surface in surfaces for racer in surface["racers"]}


def standings(surfaces: Sequence[RaceSurface]) -> Table:
    """For each optimizer: its learning rate on each surface, and the height after 30 and 100 steps."""
    titles = [_("optimizer")]
    for surface in surfaces:
        titles += [_(surface["name"]), *(_("step {number}").format(number=n) for n in _MEASURED)]
    table = Table(titles, left=1)
    for racers in zip(*(surface["racers"] for surface in surfaces), strict=True):
        cells = [racers[0]["name"]]
        for racer in racers:
            heights = [racer["heights"][step] for step in _MEASURED]
            cells += [f"{racer['rate']:g}", *("-" if f is None else f"{f:.2g}" for f in heights)]
        table.add(*cells)
    return table


def printed(table: Table, terminal: Terminal, width: int) -> list[str]:
    """The lines of a table of at most that width, without styles."""
    text = StringIO()
    table.print(Terminal(text, live=False, color=False, unicode=terminal.unicode, width=width))
    return text.getvalue().splitlines()
