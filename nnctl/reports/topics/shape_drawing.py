"""Draws how a layer changes a shape: boxes for images, grids for sequences, rows of cells for vectors."""

from __future__ import annotations

from collections.abc import Sequence

from nnctl.reports.terminal import display_width, fitted

Shape = Sequence[int | None]
_MOST_CELLS = 14
_MOST_ROWS = 6


def change(before: Shape, after: Shape, name: str, unicode: bool) -> list[str]:
    """`before` and `after`, with an arrow that has the layer's name between them."""
    left, right = _drawn(before, unicode), _drawn(after, unicode)
    height = max(len(left), len(right))
    left, right = _centered(left, height), _centered(right, height)
    line = "─" if unicode else "-"
    arrow = f" {line * 2} {name} {line * 2}{'▶' if unicode else '>'} "
    widths = max(map(display_width, left)), max(map(display_width, right))
    middle = (height - 1) // 2
    rows = [
        fitted(one, widths[0]) + (arrow if row == middle else " " * len(arrow)) + other
        for row, (one, other) in enumerate(zip(left, right, strict=True))
    ]
    labels = f"{shown_shape(before):<{widths[0]}}{'':{len(arrow)}}{shown_shape(after)}"
    return [line.rstrip() for line in (*rows, labels)]


def shown_shape(shape: Shape) -> str:
    """A shape as Python writes it: (28, 28, 3)."""
    return "(" + ", ".join("None" if n is None else str(n) for n in shape) + ("," if len(shape) == 1 else "") + ")"


def _drawn(shape: Shape, unicode: bool) -> list[str]:
    if len(shape) == 3:
        height, width, channels = (n or 1 for n in shape)
        return _image(height, width, channels, unicode)
    if len(shape) == 2:
        steps, features = (n or 1 for n in shape)
        return [_cells(steps, unicode) for _row in range(min(features, _MOST_ROWS))]
    return [_cells(shape[0] or 1, unicode)] if len(shape) == 1 else ["?"]


def _cells(count: int, unicode: bool) -> str:
    """One cell for each number, or for some of them and an ellipsis."""
    cell, more = ("□", "…") if unicode else ("o", "..")
    return cell * count if count <= _MOST_CELLS else cell * (_MOST_CELLS - 2) + more + cell


def _image(height: int, width: int, channels: int, unicode: bool) -> list[str]:
    """A sheet for one channel; for several a second one behind it."""
    columns, rows = min(max(round(width / 2.3), 3), 16), min(max(round(height / 5), 1), 6)
    if unicode:
        top, side, bottom, behind, corner, under = "┌─┐", "│", "└─┘", "┐", "┘", "└"
    else:
        top, side, bottom, behind, corner, under = "+-+", "|", "+-+", "+", "+", "+"
    sheet = [top[0] + top[1] * columns + top[2]]
    sheet += [side + " " * columns + side for _row in range(rows)]
    sheet.append(bottom[0] + bottom[1] * columns + bottom[2])
    if channels == 1:
        return sheet
    lines = [sheet[0], sheet[1] + behind, *[line + side for line in sheet[2:]]]
    return [*lines, " " + under + bottom[1] * columns + corner]


def _centered(lines: list[str], height: int) -> list[str]:
    above = (height - len(lines)) // 2
    return [""] * above + lines + [""] * (height - len(lines) - above)
