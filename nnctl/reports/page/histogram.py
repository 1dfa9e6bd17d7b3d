"""Histograms as SVG."""

from __future__ import annotations

from nnctl.reports.findings.document import Histogram
from nnctl.reports.number_format import count, fine
from nnctl.reports.page.elements import Html, join, tag
from nnctl.reports.page.tables import data_table
from nnctl.translation import _

HEIGHT = 100.0  # of the picture, in its own units; a bin is 10 wide


def histogram(data: Histogram, label: str, *, small: bool = False, table: bool = False) -> Html:
    """Bars over a line of values. label: its accessible name. table: whether the numbers are listed below."""
    edges, counts = data["edges"], data["counts"]
    shown = [fine(edge, (edges[-1] - edges[0]) / 50) for edge in edges]
    most = max(counts) or 1
    bars = [
        tag("rect", x=i * 10 + 0.6, y=f"{HEIGHT - _height(n, most):.1f}", width=8.8, height=f"{_height(n, most):.1f}")
        for i, n in enumerate(counts)
        if n
    ]
    zero = None
    if edges[0] < 0 < edges[-1]:
        x = f"{-edges[0] / (edges[-1] - edges[0]) * 10 * len(counts):.1f}"
        zero = tag("line", x1=x, x2=x, y1=0, y2=HEIGHT, class_="zero")
    peak = counts.index(max(counts))
    words = _("{label}: from {low} to {high}, most values between {left} and {right}").format(
        label=label,
        low=shown[0],
        high=shown[-1],
        left=shown[peak],
        right=shown[peak + 1],
    )
    drawn = tag("svg", bars, zero, viewBox=f"0 0 {10 * len(counts)} {HEIGHT:.0f}", preserveAspectRatio="none",
                role="img", aria_label=words)  # fmt: skip
    ends = tag("div", tag("span", shown[0]), tag("span", shown[-1]), class_="ends", aria_hidden="true")
    numbers = None
    if table:
        rows = ([shown[i], shown[i + 1], count(n)] for i, n in enumerate(counts))
        numbers = data_table([_("from"), _("to"), _("values")], rows, label)
    return join([tag("div", drawn, ends, class_="histogram small" if small else "histogram"), numbers])


def _height(n: int, most: int) -> float:
    """At least 1, so that a rare value is seen."""
    return max(1.0, HEIGHT * n / most)
