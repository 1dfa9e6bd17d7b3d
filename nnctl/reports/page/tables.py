"""Tables: rows of text and numbers, which can be sorted where that helps, and lists of names and values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from nnctl.reports.page.elements import Child, Html, tag
from nnctl.translation import _

Row: TypeAlias = Sequence[Any]  # of Child and Cell


@dataclass(frozen=True)
class Cell:
    """A cell whose text is not what it is sorted by. value: what it is sorted by. best: whether it is highlighted."""

    content: Child
    value: float | None = None
    best: bool = False


LONGEST = 30  # letters of a word in a cell; longer ones, such as paths and hashes, may be broken


def broken(text: str) -> Child:
    """The text, whose long words may be broken, so that they do not make a column as wide as themselves."""
    if all(len(word) <= LONGEST for word in text.split()):
        return text
    pieces = re.findall(rf"\S{{1,{LONGEST}}}|\s+", text)
    return [pieces[0], *((None if piece.isspace() or before.isspace() else tag("wbr"), piece)
                         for before, piece in pairwise(pieces))]  # fmt: skip


def table(
    titles: Sequence[str],
    rows: Iterable[Row],
    label: str,
    *,
    numbers: Iterable[int] = (),
    sortable: bool = False,
) -> Html:
    """A table whose first column names its rows. label: its accessible name. numbers: indices of columns of numbers,
    which are aligned to the right and, if the table is sortable, sorted by value."""
    right = frozenset(numbers)
    head = (
        tag("th", broken(title), scope="col", class_="number" if i in right else None) for i, title in enumerate(titles)
    )
    body = (tag("tr", (_cell(i, cell, i in right) for i, cell in enumerate(row))) for row in rows)
    return scroll(
        tag("table", tag("thead", tag("tr", head)), tag("tbody", body), aria_label=label,
            class_="rows sortable" if sortable else "rows"),
        label,
    )  # fmt: skip


def scroll(content: Html, label: str) -> Html:
    """Content that may be wider than the window and then has a scroll bar of its own."""
    return tag("div", content, class_="scroll", role="group", aria_label=_("{table}, scrollable").format(table=label))


def key_values(pairs: Iterable[tuple[str, Child]]) -> Html:
    """Names and their values."""
    return tag("dl", ((tag("dt", name), tag("dd", value)) for name, value in pairs), class_="key")


def data_table(titles: Sequence[str], rows: Iterable[Row], label: str) -> Html:
    """The numbers of a chart, folded up below it."""
    shown = table(titles, rows, label, numbers=range(len(titles)))
    return tag("details", tag("summary", _("Numbers as a table")), shown)


def key_name(key: str) -> Html:
    """A key of the config, whose line may break after a dot."""
    first, *others = key.split(".")
    return tag("code", first, ((".", tag("wbr"), part) for part in others))


def code(text: str, label: str) -> Html:
    """Lines to copy. label: the accessible name of the button that copies them."""
    return tag("div", tag("pre", tag("code", text)), class_="code", data_copy=label)


def _cell(column: int, cell: Child | Cell, number: bool) -> Html:
    holder = cell if isinstance(cell, Cell) else Cell(broken(cell) if type(cell) is str else cell)
    classes = [name for name, holds in (("number", number), ("best", holder.best)) if holds]
    attributes = {"class_": " ".join(classes) or None, "data_value": holder.value}
    if column == 0:
        return tag("th", holder.content, scope="row", **attributes)
    return tag("td", holder.content, **attributes)
