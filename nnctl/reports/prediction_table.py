"""Predictions as a table for a terminal: aligned, rounded, and fitted to its width."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nnctl.reports.tables import GAP, note_hidden
from nnctl.reports.terminal import Terminal, display_width, fitted, visible
from nnctl.translation import _

if TYPE_CHECKING:
    from nnctl.training.prediction import Predictions

_DIGITS = 6  # of the largest number in a column
_SHORTEST_TITLE, _SHORTEST_TEXT = 8, 12  # characters that a shortened title or text keeps
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class _Column:
    """name: as in files. title: as shown, perhaps shortened. right: right-aligned numbers, never shortened."""

    name: str
    title: str
    cells: list[str]
    right: bool
    role: str

    @property
    def width(self) -> int:
        return max(display_width(self.title), self.longest)

    @property
    def longest(self) -> int:
        return max(map(display_width, self.cells), default=0)

    @property
    def least(self) -> int:
        """The width below which the column is not shortened."""
        title = min(display_width(self.title), _SHORTEST_TITLE)
        return max(self.longest if self.right else min(self.longest, _SHORTEST_TEXT), title)


def show(predictions: Predictions, terminal: Terminal) -> None:
    """Prints a row of titles and then every row. If the terminal is too narrow, titles and texts are shortened, then
    columns are hidden and listed in a last line; of the probabilities of many classes, only the largest remains."""
    columns = [_column(name, values, predictions.roles[name], terminal) for name, values in predictions.columns.items()]
    shown, widths = _fitted(columns, predictions, terminal)
    layout = [(width, column.right) for column, width in zip(shown, widths, strict=True)]
    terminal.print(_line([column.title for column in shown], layout), "bold")
    for row in zip(*(column.cells for column in shown), strict=True):
        terminal.print(_line(row, layout))
    names = {column.name for column in shown}
    absent = [column.name for column in columns if column.name not in names]
    if absent:
        terminal.print()
        note_hidden(absent, _("--format csv shows all"), terminal)


def _column(name: str, values: np.ndarray, role: str, terminal: Terminal) -> _Column:
    cells = [terminal.plain(cell) for cell in _cells(values, role)]
    right = values.dtype.kind in "iuf" or (bool(cells) and all(not c or _NUMBER.fullmatch(c) for c in cells))
    return _Column(name, terminal.plain(name), cells, right, role)


def _cells(values: np.ndarray, role: str) -> list[str]:
    if values.ndim > 1:
        return [visible(str(value.tolist())) for value in values]
    if values.dtype.kind == "f":
        return _rounded(values.astype(np.float64), 4 if role == "probability" else None)
    return ["" if value is None or value != value else str(value) for value in values.tolist()]


def _rounded(values: np.ndarray, decimals: int | None) -> list[str]:
    """Numbers with that many decimals, by default as many as give the largest number six digits; NaN is empty."""
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if len(finite) else 0.0
    if decimals is None and largest and not 1e-4 <= largest < 1e9:
        return ["" if value != value else f"{value:.4e}" for value in values.tolist()]
    if decimals is None:
        decimals = max(_DIGITS - 1 - math.floor(math.log10(largest)), 0) if largest else 1
        texts = [f"{value:.{decimals}f}" for value in finite.tolist()]
        ends = max((len(text.partition(".")[2].rstrip("0")) for text in texts), default=0)
        decimals = min(decimals, max(ends, 1))
    return ["" if value != value else f"{value:.{decimals}f}" for value in values.tolist()]


def _line(cells: Sequence[str], layout: Sequence[tuple[int, bool]]) -> str:
    return GAP.join(fitted(cell, *how) for cell, how in zip(cells, layout, strict=True)).rstrip()


def _fitted(columns: list[_Column], predictions: Predictions, terminal: Terminal) -> tuple[list[_Column], list[int]]:
    """The columns that fit the terminal, and their widths, with as little omitted as its width allows."""
    short = [replace(each, title=each.title.replace("probability_", "p_", 1)) if each.role == "probability" else each
             for each in columns]  # fmt: skip
    screen = terminal.width
    for option in (columns, short):
        if screen is None or _total([column.width for column in option]) <= screen:
            return option, [column.width for column in option]
    assert screen is not None, "the loop has returned otherwise"
    options = [short]
    answers = [column for column in columns if column.role != "probability"]
    if best := _most_probable(predictions, terminal):
        options.append([*answers, *best])
    options.append(answers)
    kept = [column for column in answers if column.role == "kept"]
    while kept:  # columns that are in the input anyway, the last one first
        hidden = kept.pop()
        options.append([column for column in options[-1] if column is not hidden])
    while len(options[-1]) > 1:
        options.append(options[-1][:-1])
    for option in options:
        if (widths := _widths(option, screen)) is not None:
            return option, widths
    return options[-1], [screen]


def _most_probable(predictions: Predictions, terminal: Terminal) -> list[_Column]:
    """For each predicted class, the largest of the probabilities."""
    found = []
    for answer, names in predictions.shares.items():
        values = np.max([predictions.columns[name] for name in names], axis=0)
        title = "probability" if len(predictions.shares) == 1 else f"{answer}_probability"
        found.append(_column(title, values, "probability", terminal))
    return found


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _widths(columns: Sequence[_Column], screen: int) -> list[int] | None:
    """Widths that fit the screen; None if there are none, or if two shortened titles would be the same."""
    widths = [column.width for column in columns]
    least = [column.least for column in columns]
    if _total(least) > screen:
        return None
    available = screen - len(GAP) * (len(columns) - 1)
    widths = [min(width, max(available, low)) for width, low in zip(widths, least, strict=True)]
    while sum(widths) > available:
        widest = max((n for n in range(len(widths)) if widths[n] > least[n]), key=widths.__getitem__)
        widths[widest] -= 1
    titles = [fitted(column.title, width) for column, width in zip(columns, widths, strict=True)]
    return widths if len(set(titles)) == len(titles) else None
