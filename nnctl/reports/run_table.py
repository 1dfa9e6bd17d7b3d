"""The table of a training run: its columns, and which epochs get a row."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, replace

from nnctl.reports.numbers import cut, duration, figure, short
from nnctl.reports.tables import GAP
from nnctl.training.events import EpochEnded, Figures, RunStarted

LABEL = 8  # letters of the first column: "baseline", "best 120", "37/57"
_LETTERS = 7  # of a figure; in a narrow terminal:
_FEW_LETTERS = 6
_TIME = 9
_ROWS = 30  # about as many rows as a screen and a reader take


@dataclass(frozen=True)
class Column:
    """key: a figure's name, "rate" or "seconds". title: its lines. group: what stands over it."""

    key: str
    title: tuple[str, ...]
    group: str
    width: int

    @property
    def is_loss(self) -> bool:
        return self.key in ("loss", "val_loss")


class RunTable:
    """Lays out the rows of a run so that they stay aligned however they are printed, one by one.

    width: letters of a line, or None for any. Where they do not suffice, long names are stacked; then columns
    go: the time, the learning rate, and metrics from the last on. The losses always stay.
    """

    def __init__(self, started: RunStarted, width: int | None = None):
        self.columns = _fitted(_columns(started), width)

    def header(self) -> list[str]:
        """Titles; over them, where there is a validation part, a line of groups."""
        height = max(len(column.title) for column in self.columns)
        lines = []
        for i in range(height):
            label = "epoch" if i == height - 1 else ""
            titles = [("",) * (height - len(column.title)) + column.title for column in self.columns]
            cells = [f"{GAP}{title[i]:>{column.width}}" for title, column in zip(titles, self.columns, strict=True)]
            lines.append(f"{label:>{LABEL}}{''.join(cells)}".rstrip())
        return [" " * LABEL + self._groups(), *lines] if self._validates else lines

    @property
    def _validates(self) -> bool:
        return any(column.group == "validation" for column in self.columns)

    def _groups(self) -> str:
        text = ""
        for group in dict.fromkeys(column.group for column in self.columns):
            widths = [column.width for column in self.columns if column.group == group]
            span = sum(widths) + len(GAP) * (len(widths) - 1)
            text += GAP + (f"{cut(f' {group} ', span):─^{span}}" if group else " " * span)
        return text.rstrip()

    def row(self, label: str, figures: Figures, rate: float | None = None, seconds: float | None = None) -> str:
        """A line; a figure that is not among `figures` stays blank."""
        cells = []
        for column in self.columns:
            if column.key == "rate":
                text = "" if rate is None else short(rate)
            elif column.key == "seconds":
                text = "" if seconds is None else duration(seconds)
            else:
                text = figure(figures.get(column.key), column.width)
            cells.append(f"{GAP}{text:>{column.width}}")
        return f"{label:>{LABEL}}{''.join(cells)}".rstrip()

    def epoch(self, event: EpochEnded, label: str | None = None) -> str:
        return self.row(label or str(event.epoch), event.figures, event.learning_rate, event.seconds)

    def baseline(self, figures: Figures) -> str:
        """What guessing the majority class or the mean reaches, under the figures of unseen rows."""
        prefix = "val_" if self._validates else ""
        return self.row("baseline", {prefix + name: value for name, value in figures.items()})


def _columns(started: RunStarted) -> list[Column]:
    names = [name for name in started.figures if not name.startswith("val_")]
    columns = [Column(name, (name,), "training", max(len(name), _LETTERS)) for name in names]
    if started.rows.get("validation"):
        columns += [replace(column, key=f"val_{column.key}", group="validation") for column in columns]
    return [*columns, Column("rate", ("lr",), "", _LETTERS), Column("seconds", ("time",), "", _TIME)]


def _fitted(columns: list[Column], room: int | None) -> list[Column]:
    if room is None or _width(columns) <= room:
        return columns
    columns = [_stacked(column) for column in columns]
    columns = _without(columns, ["seconds", "rate"], room)
    if _width(columns) <= room:
        return columns
    columns = [_narrowed(column) for column in columns]
    metrics = [c.key for group in ("training", "validation")
               for c in reversed(columns) if c.group == group and not c.is_loss]  # fmt: skip
    return _without(columns, metrics, room)


def _stacked(column: Column) -> Column:
    """The column with its title broken after underscores: kind_ over accuracy."""
    lines = tuple(re.findall(r"[^_]+_?|_", column.title[0]))
    return replace(column, title=lines, width=min(column.width, max(_LETTERS, *map(len, lines))))


def _narrowed(column: Column) -> Column:
    return replace(column, title=tuple(cut(line, _FEW_LETTERS) for line in column.title), width=_FEW_LETTERS)


def _without(columns: list[Column], dispensable: list[str], room: int) -> list[Column]:
    for key in dispensable:
        if _width(columns) <= room:
            break
        columns = [column for column in columns if column.key != key]
    return columns


def _width(columns: list[Column]) -> int:
    return LABEL + sum(len(GAP) + column.width for column in columns)


class Epochs:
    """Which epochs get a row: all of a short run; of a long one every k-th, the last, and the best.

    The best is that of the figure the run monitors; the training loss where there is no such figure.
    """

    def __init__(self, started: RunStarted, every_epoch: bool = False):
        self.every = 1 if every_epoch else _step(started.epochs - started.first_epoch + 1)
        self._started = started
        self.best: EpochEnded | None = started.best_so_far
        self.last: EpochEnded | None = None
        self._shown: set[int] = set()

    def take(self, event: EpochEnded) -> bool:
        """Takes in a finished epoch; whether it gets a row at once."""
        self.last = event
        if self._cost(event) < (math.inf if self.best is None else self._cost(self.best)):
            self.best = event
        if event.epoch != 1 and event.epoch % self.every:
            return False
        self._shown.add(event.epoch)
        return True

    def left_over(self) -> list[EpochEnded]:
        """The last and then the best epoch, where they have no row yet."""
        rows = []
        for event in (self.last, self.best):
            if event is not None and event.epoch not in self._shown:
                self._shown.add(event.epoch)
                rows.append(event)
        return rows

    def _cost(self, event: EpochEnded) -> float:
        """What the best epoch has least of."""
        started, figures = self._started, event.figures
        sign = -1 if started.bigger_is_better and started.monitor in figures else 1
        cost = sign * figures.get(started.monitor, figures["loss"])
        return cost if math.isfinite(cost) else math.inf  # which is never the best


def _step(epochs: int) -> int:
    """The least of 1, 2, 5, 10, 20, 50, ... that gives no more rows than a screen takes."""
    steps = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    return next(step for step in steps if epochs <= step * _ROWS)
