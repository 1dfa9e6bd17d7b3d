"""Curves and histograms as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from nnctl.reports.topics.document import Plot
from nnctl.reports.topics.text_plot import label, spread

_WIDTH, _HEIGHT = 420, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 10, 10, 26


def figure(plot: Plot) -> str:
    """The plot with its title."""
    title = escape(plot["title"])
    drawn = _bars(plot) if plot["kind"] == "histogram" else _curves(plot)
    keys = ""
    if len(plot["curves"]) > 1:
        line = '<svg viewBox="0 0 32 12" aria-hidden="true"><path class="curve s{}" d="M0 6H32"/></svg>'
        keys = "".join(
            f'<span class="key">{line.format(number)}{escape(curve["name"])}</span>'
            for number, curve in enumerate(plot["curves"])
        )
    return (
        f"<figure><figcaption>{title}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">{drawn}</svg>{keys}</figure>'
    )


def _curves(plot: Plot) -> str:
    finite = [y for curve in plot["curves"] for y in curve["y"] if y is not None and math.isfinite(y)]
    x_range = spread([x for curve in plot["curves"] for x in curve["x"]], 0)
    y_range = spread(finite, 0.06)
    parts = [_axes(x_range, y_range, (min(finite), max(finite)))]
    for number, curve in enumerate(plot["curves"]):
        parts.append(f'<path class="curve s{number % 3}" d="{_path(curve["x"], curve["y"], x_range, y_range)}"/>')
    return "".join(parts)


def _path(xs: Sequence[float], ys: Sequence[float | None], x_range: tuple[float, float],
          y_range: tuple[float, float]) -> str:  # fmt: skip
    steps, pen = [], "M"
    for x, y in zip(xs, ys, strict=True):
        if y is None or not math.isfinite(y):
            pen = "M"
            continue
        steps.append(f"{pen}{_across(x, x_range):.1f} {_down(y, y_range):.1f}")
        pen = "L"
    return "".join(steps)


def _bars(plot: Plot) -> str:
    [curve] = plot["curves"]
    counts = [float(y or 0) for y in curve["y"]]
    gap = curve["x"][1] - curve["x"][0]
    x_range, y_range = (curve["x"][0] - gap / 2, curve["x"][-1] + gap / 2), (0.0, max(counts) * 1.05)
    width = (_WIDTH - _LEFT - _RIGHT) / len(counts)
    bars = "".join(
        f'<rect class="bar" x="{_across(x, x_range) - width / 2:.1f}" y="{_down(y, y_range):.1f}" '
        f'width="{width - 1:.1f}" height="{_HEIGHT - _BOTTOM - _down(y, y_range):.1f}"/>'
        for x, y in zip(curve["x"], counts, strict=True)
    )
    return _axes(x_range, y_range, (0.0, max(counts))) + bars


def _across(x: float, limits: tuple[float, float]) -> float:
    return _LEFT + (x - limits[0]) / (limits[1] - limits[0]) * (_WIDTH - _LEFT - _RIGHT)


def _down(y: float, limits: tuple[float, float]) -> float:
    return _TOP + (limits[1] - y) / (limits[1] - limits[0]) * (_HEIGHT - _TOP - _BOTTOM)


def _axes(x_range: tuple[float, float], y_range: tuple[float, float], marked: tuple[float, float]) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = [f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{right}"/>']
    if y_range[0] < 0 < y_range[1]:
        y = _down(0, y_range)
        parts.append(f'<path class="zero" d="M{_LEFT} {y:.1f}H{right}"/>')
        if min(abs(y - _down(value, y_range)) for value in marked) > 14:  # else the numbers would overlap
            parts.append(_text(_LEFT - 6, y + 4, "0", "end"))
    if x_range[0] < 0 < x_range[1]:
        x = _across(0, x_range)
        parts += [f'<path class="zero" d="M{x:.1f} {_TOP}V{bottom}"/>', _text(x, bottom + 17, "0", "middle")]
    rounding = 1e-9 * (y_range[1] - y_range[0])
    for value in marked:
        name = label(0 if abs(value) < rounding else value)
        parts.append(_text(_LEFT - 6, _down(value, y_range) + 4, name, "end"))
    parts.append(_text(_LEFT, bottom + 17, label(x_range[0]), "start"))
    parts.append(_text(right, bottom + 17, label(x_range[1]), "end"))
    return "".join(parts)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
