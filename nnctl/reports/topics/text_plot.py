"""Curves, histograms and maps drawn with characters: braille dots where the terminal has Unicode, otherwise ASCII."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nnctl.reports.terminal import fitted, wrap

# The bits of a braille character's dots, by row and column.
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BLOCKS = " ▁▂▃▄▅▆▇█"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Range = tuple[float, float]


def label(value: float) -> str:
    """A number beside an axis: -1, 0.25, 3000, 1.5e-05."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value + 0.0:.3g}"


def spread(values: Sequence[float], margin: float = 0.04) -> Range:
    """The range of an axis: that of the finite values, with a margin."""
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    if high - low < 1e-12 * max(1.0, abs(high)):
        return low - 1, high + 1
    extra = (high - low) * margin
    return low - extra, high + extra


class Canvas:
    """A field of characters on which curves are drawn.

    columns, rows: in characters. x_range, y_range: the numbers at its edges.
    """

    def __init__(self, columns: int, rows: int, x_range: Range, y_range: Range, unicode: bool):
        self.columns, self.rows, self._unicode = columns, rows, unicode
        self._x, self._y = x_range, y_range
        self._dots = [[0] * columns for _ in range(rows)]
        self._marks: dict[tuple[int, int], str] = {}

    def _place(self, x: float, y: float) -> tuple[float, float]:
        """The position in dots, 2 by 4 in each character."""
        across = (x - self._x[0]) / (self._x[1] - self._x[0]) * (self.columns * 2 - 1)
        down = (self._y[1] - y) / (self._y[1] - self._y[0]) * (self.rows * 4 - 1)
        return across, down

    def _dot(self, across: float, down: float) -> None:
        column, row = round(across), round(down)
        if 0 <= column < self.columns * 2 and 0 <= row < self.rows * 4:
            self._dots[row // 4][column // 2] |= _DOTS[row % 4][column % 2]

    def line(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        """A curve through the points; a value that is not finite interrupts it."""
        before: tuple[float, float] | None = None
        for x, y in zip(xs, ys, strict=True):
            if not (math.isfinite(x) and math.isfinite(y)):
                before = None
                continue
            here = self._place(x, y)
            start = before or here
            steps = min(max(1, math.ceil(max(abs(here[0] - start[0]), abs(here[1] - start[1])))), 4000)
            for i in range(steps + 1):
                part = i / steps
                self._dot(start[0] + (here[0] - start[0]) * part, start[1] + (here[1] - start[1]) * part)
            before = here

    def mark(self, x: float, y: float, character: str) -> None:
        """Puts a character at a point, if the point is in the field and nothing was put there before."""
        across, down = self._place(x, y)
        column, row = round(across) // 2, round(down) // 4
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self._marks.setdefault((row, column), character)

    def lines(self, axes: bool = True) -> list[str]:
        """The rows as text. axes: whether the lines x = 0 and y = 0 are drawn where nothing else is."""
        zero_column, zero_row = (round(p) // s for p, s in zip(self._place(0, 0), (2, 4), strict=True))
        across, down = ("┈", "┊") if self._unicode else ("-", ":")
        found = []
        for row, dots in enumerate(self._dots):
            characters = []
            for column, bits in enumerate(dots):
                character = self._marks.get((row, column)) or self._character(bits)
                if character == " " and axes:
                    character = across if row == zero_row else down if column == zero_column else " "
                characters.append(character)
            found.append("".join(characters))
        return found

    def _character(self, bits: int) -> str:
        if not bits:
            return " "
        if self._unicode:
            return chr(0x2800 + bits)
        upper, middle, lower = bits & 0x09, bits & 0x36, bits & 0xC0
        return "*" if middle or (upper and lower) else "'" if upper else "."


def chart(title: str, curves: Sequence[tuple[Sequence[float], Sequence[float]]], width: int, rows: int,
          unicode: bool, names: Sequence[str] = ()) -> list[str]:  # fmt: skip
    """Curves in a frame, with the numbers of both axes, in lines of at most `width` columns. Several curves are marked
    with letters, and a last line says which curve each letter is."""
    xs, ys = ([value for curve in curves for value in curve[axis] if math.isfinite(value)] for axis in (0, 1))
    x_range, (low, high) = spread(xs, 0), spread(ys)

    def row_of(y: float) -> int:
        return round((high - y) / (high - low) * (rows * 4 - 1)) // 4

    rounding = 1e-9 * (high - low)
    marks = {row_of(y): label(0 if abs(y) < rounding else y) for y in (0.0, min(ys), max(ys)) if low <= y <= high}
    gutter = max(map(len, marks.values()))
    canvas = Canvas(width - gutter - 2, rows, x_range, (low, high), unicode)
    for number, curve in enumerate(curves):
        canvas.line(*curve)
        if len(curves) > 1:
            _letter(canvas, *curve, LETTERS[number], number / len(curves))
    side, corner, edge = ("│", "└", "─") if unicode else ("|", "+", "-")
    lines = [" " * (gutter + 2) + title]
    lines += [f"{marks.get(row, ''):>{gutter}} {side}{text}".rstrip() for row, text in enumerate(canvas.lines())]
    lines.append(f"{'':{gutter}} {corner}{edge * canvas.columns}")
    lines.append(" " * (gutter + 2) + under(canvas.columns, *map(label, x_range)))
    if len(curves) > 1:
        lines += wrap(" " * (gutter + 2) + "  ".join(map("{}: {}".format, LETTERS, names)), width, " " * (gutter + 2))
    return lines


def _letter(canvas: Canvas, xs: Sequence[float], ys: Sequence[float], letter: str, offset: float) -> None:
    """Marks a curve with its letter, each curve at other places than the others."""
    for part in (0.08, 0.42, 0.76):
        place = round((part + 0.2 * offset) * (len(xs) - 1))
        if math.isfinite(ys[place]):
            canvas.mark(xs[place], ys[place], letter)


def under(columns: int, left: str, right: str) -> str:
    """The two ends of an axis: one on the left and one on the right."""
    return left + right.rjust(max(columns - len(left), len(right) + 1))


def histogram(title: str, counts: Sequence[int], low: float, high: float, rows: int, unicode: bool) -> list[str]:
    """Bars, two columns wide, of how many values lie in each part of the range from low to high."""
    most = max(counts) or 1
    eighths = [round(count / most * rows * 8) for count in counts]
    lines = [f"  {title}"]
    for row in range(rows - 1, -1, -1):
        filled = [min(max(height - row * 8, 0), 8) for height in eighths]
        bars = [(_BLOCKS[part] if unicode else "#" if part >= 4 else " ") * 2 for part in filled]
        lines.append("  " + "".join(bars).rstrip())
    edge = "─" if unicode else "-"
    lines.append("  " + edge * 2 * len(counts))
    lines.append("  " + under(2 * len(counts), label(low), label(high)))
    return lines


def beside(blocks: Sequence[Sequence[str]], width: int, gap: int = 3) -> list[str]:
    """Blocks of lines side by side, in columns of `width`."""
    height = max(map(len, blocks))
    padded = [[*block, *[""] * (height - len(block))] for block in blocks]
    return [(" " * gap).join(fitted(line, width) for line in row).rstrip() for row in zip(*padded, strict=True)]
