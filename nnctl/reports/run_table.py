"""The table of a training run: its columns, and which epochs get a row."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

from nnctl.reports.number_format import count, cut, duration, fixed, short
from nnctl.reports.tables import GAP
from nnctl.reports.terminal import display_width, fitted, visible
from nnctl.training.events import EpochEnded, Figures, RunStarted

LABEL = 8  # letters of the first column: "baseline", "best 120", "37/57"
_LETTERS = 7  # of a metric; in a narrow terminal:
_FEW_LETTERS = 6
_RATE = 8
_TIME = 9
_ROWS = 30  # about as many rows as a screen and a reader take

# (seconds of the first epoch from which on, unit, units in a second, decimals)
_UNITS = ((0, "ms", 1000, 1), (0.1, "ms", 1000, 0), (2, "s", 1, 1), (1000, "min", 1 / 60, 1), (36000, "h", 1 / 3600, 2))


@dataclass(frozen=True)
class Column:
    """key: a metric's name, "rate" or "seconds". title: its lines. group: what stands over it. largest: about the
    largest number that comes, in size, from which the number of decimals follows. signed: some numbers are below 0."""

    key: str
    title: tuple[str, ...]
    group: str
    width: int
    largest: float = 1.0
    signed: bool = False

    @property
    def is_loss(self) -> bool:
        return self.key in ("loss", "val_loss")

    @property
    def decimals(self) -> int:
        """The same for every row: four, or as many as leave room for numbers twice as large as the largest."""
        return min(max(self.width - 1 - self.signed - _whole_digits(self.largest), 0), 4)


class RunTable:
    """Lays out the rows of a run so that they stay aligned however they are printed, one by one.

    width: letters of a line, or None for any. Where they do not suffice, long names are stacked; then columns
    go: the time, the learning rate, and metrics from the last on. The losses always stay; `absent` names what went.
    first: the first finished epoch, which fixes the decimals of each column and the unit of the time.
    """

    def __init__(self, started: RunStarted, width: int | None = None, first: EpochEnded | None = None):
        self._unit = None if first is None or first.seconds is None else _unit(first.seconds)
        wanted = _columns(started, first, f"time ({self._unit[0]})" if self._unit else "time")
        self.columns = _fitted(wanted, width)
        kept = {column.key for column in self.columns}
        self.absent = [_TITLES.get(c.key, visible(c.key)) for c in wanted if c.key not in kept]

    def header(self) -> list[str]:
        """Titles; over them, where there is a validation part, a line of groups."""
        height = max(len(column.title) for column in self.columns)
        lines = []
        for i in range(height):
            label = "epoch" if i == height - 1 else ""
            titles = [("",) * (height - len(column.title)) + column.title for column in self.columns]
            cells = [GAP + fitted(title[i], column.width, right=True)
                     for title, column in zip(titles, self.columns, strict=True)]  # fmt: skip
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
                text = "" if seconds is None else self._time(seconds)
            else:
                text = fixed(figures.get(column.key), column.decimals, column.width)
            cells.append(f"{GAP}{text:>{column.width}}")
        return f"{label:>{LABEL}}{''.join(cells)}".rstrip()

    def _time(self, seconds: float) -> str:
        if self._unit is None:
            return duration(seconds)
        _, factor, decimals = self._unit
        return f"{seconds * factor:.{decimals}f}"

    def epoch(self, event: EpochEnded, label: str | None = None) -> str:
        return self.row(label or str(event.epoch), event.figures, event.learning_rate, event.seconds)

    def baseline(self, figures: Figures) -> str:
        """What guessing the majority class or the mean reaches, under the figures of unseen rows."""
        prefix = "val_" if self._validates else ""
        return self.row("baseline", {prefix + name: value for name, value in figures.items()})


_TITLES = {"rate": "lr", "seconds": "time"}


def _unit(seconds: float) -> tuple[str, float, int]:
    """The unit of the time column, how many of them a second has, and the decimals."""
    return tuple(next(rest for least, *rest in reversed(_UNITS) if seconds >= least))


def _columns(started: RunStarted, first: EpochEnded | None, time: str) -> list[Column]:
    columns = []
    for name in started.figures:
        if not name.startswith("val_"):
            title = visible(name)
            known = _known(name, started, first)
            largest = max(map(abs, known), default=1.0)
            columns.append(Column(name, (title,), "training", max(display_width(title), _letters(largest)), largest,
                                  signed=min(known, default=0) < 0))  # fmt: skip
    if started.rows.get("validation"):
        columns += [replace(column, key=f"val_{column.key}", group="validation") for column in columns]
    return [*columns, Column("rate", ("lr",), "", _RATE), Column("seconds", (time,), "", max(_TIME, len(time)))]


def _known(name: str, started: RunStarted, first: EpochEnded | None) -> list[float]:
    """The numbers of a metric that are known once the first epoch is done."""
    figures = first.figures if first else {}
    known = [figures.get(name), figures.get(f"val_{name}"), started.baseline.get(name)]
    return [value for value in known if value is not None and math.isfinite(value)]


def _whole_digits(largest: float) -> int:
    return len(f"{2 * largest:.0f}")


def _letters(largest: float) -> int:
    """Of a column: numbers up to a million keep two decimals; larger ones are cut to whole ones, then scientific."""
    digits = _whole_digits(largest)
    return max(_LETTERS, digits + 3) if digits <= 6 else _LETTERS


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
    least = max(_letters(column.largest), *map(display_width, lines))
    return replace(column, title=lines, width=min(column.width, least))


def _narrowed(column: Column) -> Column:
    titles = (line if display_width(line) <= _FEW_LETTERS else line.removesuffix("_") for line in column.title)
    return replace(column, title=tuple(cut(line, _FEW_LETTERS) for line in titles), width=_FEW_LETTERS)


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

    The best is that of the metric the run monitors; the training loss where there is no such metric.
    pause: seconds after which an epoch gets a row even so; None where which epochs have rows must not depend on their
    speed.
    """

    def __init__(self, started: RunStarted, every_epoch: bool = False, pause: float | None = None,
                 clock: Callable[[], float] = perf_counter):  # fmt: skip
        self._pause = pause
        self._clock = clock
        self._shown_at = clock()
        self.every = 1 if every_epoch else _step(started.epochs - started.first_epoch + 1)
        self._started = started
        self.best: EpochEnded | None = started.best_so_far
        self.last: EpochEnded | None = None
        self._shown: set[int] = set()

    def take(self, event: EpochEnded) -> bool:
        """Takes in a finished epoch; whether it gets a row at once."""
        self.last = event
        if self._is_best(event):
            self.best = event
        if event.epoch != 1 and event.epoch % self.every and not self._is_due():
            return False
        if self._pause is not None:
            self._shown_at = self._clock()
        self._shown.add(event.epoch)
        return True

    def _is_due(self) -> bool:
        return self._pause is not None and self._clock() - self._shown_at >= self._pause

    def rule(self) -> str | None:
        """Which epochs have a row, where not all have: "every 20th epoch, the best and the last"."""
        if self.every == 1:
            return None
        pause = "" if self._pause is None else f", at least one every {self._pause:g} seconds"
        return f"every {count(self.every)}{'nd' if self.every == 2 else 'th'} epoch{pause}, the best and the last"

    def left_over(self) -> list[EpochEnded]:
        """The last and then the best epoch, where they have no row yet."""
        rows = []
        for event in (self.last, self.best):
            if event is not None and event.epoch not in self._shown:
                self._shown.add(event.epoch)
                rows.append(event)
        return rows

    def _is_best(self, event: EpochEnded) -> bool:
        if event.is_best is not None:  # the run knows, and keeps its weights
            return event.is_best
        return self._cost(event) < (math.inf if self.best is None else self._cost(self.best))

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
