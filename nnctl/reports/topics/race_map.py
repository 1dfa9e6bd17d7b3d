"""The race in the terminal: the map of a surface with paths on it, and a table of how low each optimizer got."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nnctl.reports.topics.document import RaceSurface
from nnctl.reports.topics.text_plot import Canvas

STEPS = 100  # of the whole race
# The learning rates that were tried for each optimizer and surface; the race has the best of them.
TRIED = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_SHOWN = 40  # steps of a path on the map
_BANDS = 1.6  # a band of the background is this factor higher than the one below


def drawn(surface: RaceSurface, names: Sequence[str], columns: int, rows: int, unicode: bool) -> list[str]:
    """The map: bands of equal height, the path of the first of `names` as a line, that of the second as o's."""
    canvas = Canvas(columns - 2, rows, surface["x"], surface["y"], unicode)
    paths = {racer["name"]: racer["path"][: _SHOWN + 1] for racer in surface["racers"]}
    first, *others = (paths[name] for name in names)
    canvas.mark(*surface["minimum"], "X")
    canvas.mark(*surface["start"], "S")
    for other in others:
        for x, y in other:
            if x is not None and y is not None:
                canvas.mark(x, y, "o")
    canvas.line(*([math.nan if v is None else v for v in axis] for axis in zip(*first, strict=True)))
    field = surface["heights"]
    background = [[_band(field, row / rows, column / (columns - 2), unicode) for column in range(columns - 2)]
                  for row in range(rows)]  # fmt: skip
    top, side, bottom = ("┌─┐", "│", "└─┘") if unicode else ("+-+", "|", "+-+")
    lines = [top[0] + top[1] * (columns - 2) + top[2]]
    for drawn_row, empty in zip(canvas.lines(axes=False), background, strict=True):
        lines.append(side + "".join(c if c != " " else e for c, e in zip(drawn_row, empty, strict=True)) + side)
    lines.append(bottom[0] + bottom[1] * (columns - 2) + bottom[2])
    return lines


def _band(field: Sequence[Sequence[float]], down: float, across: float, unicode: bool) -> str:
    """The background at a place: every second band of heights is dotted."""
    height = field[int(down * len(field))][int(across * len(field[0]))]
    band = math.floor(math.log(height + 0.03) / math.log(_BANDS) / 2)
    return ("·" if unicode else ".") if band % 2 else " "
