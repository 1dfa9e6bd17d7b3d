"""Line charts and scatter plots, which uPlot draws in the browser: their data, their legend and their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nnctl.reports.findings.thinning import digits
from nnctl.reports.number_format import fine
from nnctl.reports.page.context import Page
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.tables import data_table

Values = Sequence[float | int | None]

COLORS = 6  # that the style sheet defines, as k1 to k6
DASHES = {"solid": None, "dash": "8 5", "dot": "2 4", "dashdot": "9 4 2 4"}
MOST_ROWS = 200  # of the table of numbers
_DIGITS = 7  # significant digits of the numbers of a report


@dataclass(frozen=True)
class Line:
    """One line of a chart, or its points. color: 1 to COLORS. dash: a key of DASHES. end: a letter at its end.
    points: whether its points are marked. joined: whether they are joined by a line."""

    label: str
    values: Values
    color: int = 1
    dash: str = "solid"
    end: str = ""
    points: bool = False
    joined: bool = True


@dataclass(frozen=True)
class Mark:
    """A vertical line with a label."""

    x: float
    label: str


def line_chart(
    page: Page,
    label: str,
    x: Values,
    x_label: str,
    y_label: str,
    lines: Sequence[Line],
    *,
    marks: Sequence[Mark] = (),
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    start: int | None = None,
    aspect: float = 0.5,
    log: bool = False,
    most_rows: int = MOST_ROWS,
    more: Sequence[tuple[str, Values]] = (),
) -> Html:
    """A chart of lines over the same x, which grow. label: its accessible name. start: the index of the point whose
    values the legend shows first. aspect: height by width. log: whether a logarithmic axis is offered. most_rows:
    of the table of numbers below the chart. more: columns of that table alone."""
    number = len(page.charts)
    every = [value for line in lines for value in line.values]
    page.charts.append({
        "x": rounded(x, x),
        "xLabel": x_label,
        "yLabel": y_label,
        "whole": all(isinstance(value, int) for value in x),
        "series": [
            {"label": line.label, "values": rounded(line.values, every), "color": line.color,
             "dash": line.dash, "end": line.end, "points": line.points, "line": line.joined}
            for line in lines
        ],
        "marks": [{"x": mark.x, "label": mark.label} for mark in marks],
        "xRange": x_range,
        "yRange": y_range,
        "start": start,
        "aspect": aspect,
        "log": log and all(value is None or value > 0 for value in every),
    })  # fmt: skip
    legend = tag("ul", tag("li", class_="at"), (tag("li", _legend_button(line)) for line in lines), class_="legend")
    plot = tag("div", class_="plot", role="img", aria_label=label)
    numbers = _numbers(label, x, x_label, [*((line.label, line.values) for line in lines), *more], most_rows)
    return tag("div", plot, legend, numbers, class_="chart", data_chart=number)


def rounded(values: Values, among: Values) -> list[float | int | None]:
    """The values with as many digits as a chart of `among` can show, and as its legend writes."""
    most = max(_DIGITS, digits(value for value in among if value is not None))
    return [float(f"{value:.{most}g}") if isinstance(value, float) else value for value in values]


def thinned(count: int, most: int) -> list[int]:
    """Indices of at most that many of `count` values, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})


def swatch(line: Line) -> Html:
    """A piece of the line as it is drawn."""
    stroke = tag("line", x1=1, x2=29, y1=6, y2=6, stroke_width=2.5, stroke_dasharray=DASHES[line.dash])
    point = tag("circle", cx=15, cy=6, r=3.5)
    parts = [stroke if line.joined else None, point if line.points or not line.joined else None]
    return tag("svg", parts, class_=f"swatch k{line.color}", viewBox="0 0 30 12", aria_hidden="true")


def _legend_button(line: Line) -> Html:
    parts = [swatch(line), tag("span", line.label), tag("span", class_="value")]
    return tag("button", parts, type="button", aria_pressed="true")


def _numbers(label: str, x: Values, x_label: str, columns: Sequence[tuple[str, Values]], most: int) -> Html:
    columns = [(x_label, x), *columns]
    steps = [_step(values) for _name, values in columns]
    rows = ([_number(values[i], step) for (_name, values), step in zip(columns, steps, strict=True)]
            for i in thinned(len(x), most))  # fmt: skip
    return data_table([name for name, _values in columns], rows, label)


def _step(values: Values) -> float:
    """A difference that should be seen among these values."""
    known = [value for value in values if value is not None]
    return (max(known) - min(known)) / 1000 if known else 0.0


def _number(value: float | int | None, step: float) -> str:
    return f"{value:,}" if isinstance(value, int) else fine(value, step)
