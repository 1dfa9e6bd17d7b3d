"""The table of a training run: its columns and rows."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from nnctl.reports.number_format import cut, duration, fixed, short
from nnctl.reports.tables import GAP
from nnctl.reports.terminal import display_width, fitted, visible
from nnctl.training.events import EpochEnded, Metrics, RunStarted
from nnctl.translation import N_, _

# Widths of the columns, in characters.
LABEL = 8  # the first column: "baseline", "best 120", "37/57"
_METRIC = 7
_NARROW_METRIC = 6  # in a narrow terminal
_RATE = 8
_TIME = 9


class _Unit(NamedTuple):
    name: str
    per_second: float
    decimals: int


# Shortest first epoch in seconds -> the unit of the time column.
_UNITS = {0: _Unit("ms", 1000, 1), 0.1: _Unit("ms", 1000, 0), 2: _Unit("s", 1, 1), 1000: _Unit("min", 1 / 60, 1),
          36000: _Unit("h", 1 / 3600, 2)}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """key: the name of a metric, "rate" or "seconds". title: its lines. group: the heading above it. largest: roughly
    the largest absolute value expected, which determines the number of decimals. signed: whether values may be
    negative."""

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
        """The same for every row: four, or fewer so that numbers twice as large as the largest still fit."""
        return min(max(self.width - 1 - self.signed - _whole_digits(self.largest), 0), 4)


class RunTable:
    """Lays out the rows of a run so that they stay aligned however they are printed, one by one.

    width: characters per line, or None for any. If they do not suffice, long names are stacked; then columns are
    hidden: the time, the learning rate, and metrics from the last on. The losses are always shown; `absent` lists the
    hidden columns. first: the first finished epoch, which sets the decimals of each column and the unit of the time.
    """

    def __init__(self, started: RunStarted, width: int | None = None, first: EpochEnded | None = None):
        self._unit = None if first is None or first.seconds is None else _unit(first.seconds)
        time = _("time ({unit})").format(unit=self._unit.name) if self._unit else _("time")
        wanted = _columns(started, first, time)
        self.columns = _fitted(wanted, width)
        kept = {column.key for column in self.columns}
        self.absent = [_(_TITLES[c.key]) if c.key in _TITLES else visible(c.key) for c in wanted if c.key not in kept]

    def header(self) -> list[str]:
        """The titles; if there is a validation split, with a line of groups above them."""
        height = max(len(column.title) for column in self.columns)
        lines = []
        for i in range(height):
            label = _("epoch") if i == height - 1 else ""
            titles = [("",) * (height - len(column.title)) + column.title for column in self.columns]
            cells = [GAP + fitted(title[i], column.width, right=True)
                     for title, column in zip(titles, self.columns, strict=True)]  # fmt: skip
            lines.append(f"{fitted(label, LABEL, right=True)}{''.join(cells)}".rstrip())
        return [" " * LABEL + self._groups(), *lines] if self._validates else lines

    @property
    def _validates(self) -> bool:
        return any(column.group == "validation" for column in self.columns)

    def _groups(self) -> str:
        text = ""
        for group in dict.fromkeys(column.group for column in self.columns):
            widths = [column.width for column in self.columns if column.group == group]
            span = sum(widths) + len(GAP) * (len(widths) - 1)
            text += GAP + (_ruled(_(_GROUPS[group]), span) if group else " " * span)
        return text.rstrip()

    def row(self, label: str, metrics: Metrics, rate: float | None = None, seconds: float | None = None) -> str:
        """A line; a metric that is not in `metrics` is left blank."""
        cells = []
        for column in self.columns:
            if column.key == "rate":
                text = "" if rate is None else short(rate)
            elif column.key == "seconds":
                text = "" if seconds is None else self._time(seconds)
            else:
                text = fixed(metrics.get(column.key), column.decimals, column.width)
            cells.append(f"{GAP}{text:>{column.width}}")
        return f"{fitted(label, LABEL, right=True)}{''.join(cells)}".rstrip()

    def _time(self, seconds: float) -> str:
        if self._unit is None:
            return duration(seconds)
        value = seconds * self._unit.per_second
        text = f"{value:.{self._unit.decimals}f}"
        return text if float(text) else f"{value:.2g}"  # after a first epoch in which kernels were compiled

    def epoch(self, event: EpochEnded, label: str | None = None) -> str:
        return self.row(label or str(event.epoch), event.metrics, event.learning_rate, event.seconds)

    def baseline(self, metrics: Metrics) -> str:
        """The metrics of always predicting the majority class or the mean: on the validation rows, in their columns, if
        there are any; else on the training rows."""
        prefix = "val_" if self._validates else ""
        return self.row(_("baseline"), {prefix + name: value for name, value in metrics.items()})


_TITLES = {"rate": N_("lr"), "seconds": N_("time")}
_GROUPS = {"training": N_("training"), "validation": N_("validation")}


def _ruled(title: str, span: int) -> str:
    """A title in the middle of a line of that many columns."""
    text = cut(f" {title} ", span)
    free = span - display_width(text)
    return "─" * (free // 2) + text + "─" * (free - free // 2)


def _unit(seconds: float) -> _Unit:
    """The unit of the time column, from the duration of the first epoch."""
    return next(unit for least, unit in reversed(_UNITS.items()) if seconds >= least)


def _columns(started: RunStarted, first: EpochEnded | None, time: str) -> list[Column]:
    columns = []
    for name in started.metrics:
        if not name.startswith("val_"):
            title = visible(name)
            known = _known(name, started, first)
            largest = max(map(abs, known), default=1.0)
            width = max(display_width(title), _metric_width(largest))
            signed = min(known, default=0) < 0
            columns.append(Column(name, (title,), "training", width, largest, signed))
    if started.rows.get("validation"):
        columns += [replace(column, key=f"val_{column.key}", group="validation") for column in columns]
    return [*columns, Column("rate", (_("lr"),), "", _RATE),
            Column("seconds", (time,), "", max(_TIME, display_width(time)))]  # fmt: skip


def _known(name: str, started: RunStarted, first: EpochEnded | None) -> list[float]:
    """The values of a metric that are known after the first epoch."""
    metrics = first.metrics if first else {}
    known = [metrics.get(name), metrics.get(f"val_{name}"), started.baseline.get(name)]
    return [value for value in known if value is not None and math.isfinite(value)]


def _whole_digits(largest: float) -> int:
    return len(f"{2 * largest:.0f}")


def _metric_width(largest: float) -> int:
    """Numbers up to a million keep two decimals; larger ones lose their decimals, then become scientific."""
    digits = _whole_digits(largest)
    return max(_METRIC, digits + 3) if digits <= 6 else _METRIC


def _fitted(columns: list[Column], available: int | None) -> list[Column]:
    if available is None or _width(columns) <= available:
        return columns
    columns = [_stacked(column) for column in columns]
    columns = _without(columns, ["seconds", "rate"], available)
    if _width(columns) <= available:
        return columns
    columns = [_narrowed(column) for column in columns]
    metrics = [c.key for group in ("training", "validation")
               for c in reversed(columns) if c.group == group and not c.is_loss]  # fmt: skip
    return _without(columns, metrics, available)


def _stacked(column: Column) -> Column:
    """The column with its title broken after underscores: kind_ over accuracy."""
    lines = tuple(re.findall(r"[^_]+_?|_", column.title[0]))
    least = max(_metric_width(column.largest), *map(display_width, lines))
    return replace(column, title=lines, width=min(column.width, least))


def _narrowed(column: Column) -> Column:
    titles = (line if display_width(line) <= _NARROW_METRIC else line.removesuffix("_") for line in column.title)
    return replace(column, title=tuple(cut(line, _NARROW_METRIC) for line in titles), width=_NARROW_METRIC)


def _without(columns: list[Column], dispensable: list[str], available: int) -> list[Column]:
    for key in dispensable:
        if _width(columns) <= available:
            break
        columns = [column for column in columns if column.key != key]
    return columns


def _width(columns: list[Column]) -> int:
    return LABEL + sum(len(GAP) + column.width for column in columns)
