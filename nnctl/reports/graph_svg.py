"""A network as a picture: an SVG file with a box a layer and an arrow from each to what takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from nnctl.errors import InputError
from nnctl.nn.layers.base import show as show_shape
from nnctl.reports.graph_layout import Box, Layout, Spot, layout
from nnctl.reports.number_format import count, cut
from nnctl.reports.terminal import display_width, visible

_LETTER = 7.3  # width of a letter of the 12 px font, generously
_PAD, _HEIGHT, _LEVEL = 12, 46, 84  # inside a box; of a box; from the top of one level to the next
_LINE, _GAP, _MARGIN = 10, 22, 24  # room of a passing line; between neighbours; around the picture
_TIP = 7  # length of an arrow's head
_MOST_LETTERS = 30  # of a name

# Light, and dark where the viewer asks for it: the picture brings its own ground, so that it can be read on any.
_STYLE = """
text { font: 12px ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328; }
.name { font-weight: bold; }
.dim { fill: #59636e; }
.ground { fill: #ffffff; }
.box { fill: #f6f8fa; stroke: #818b98; stroke-width: 1.2; }
.trained { fill: #ddf4ff; stroke: #0969da; }
.input { fill: #fff8c5; stroke: #9a6700; }
.output { stroke: #1a7f37; stroke-width: 3; }
.shared { stroke-dasharray: 5 3; }
.line { fill: none; stroke: #59636e; stroke-width: 1.4; }
.tip { fill: #59636e; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.dim { fill: #9198a1; }
.ground { fill: #0d1117; }
.box { fill: #161b22; stroke: #6e7681; }
.trained { fill: #0c2d6b; stroke: #4493f8; }
.input { fill: #3b2300; stroke: #d29922; }
.output { stroke: #3fb950; }
.line { stroke: #9198a1; }
.tip { fill: #9198a1; }
}
"""


def svg(found: Sequence[Box]) -> str:
    """The picture's text. Raises InputError where there are too many lines to draw."""
    texts = {box.name: _texts(box) for box in found}
    letters = max(display_width(left) + display_width(right) + 2 for rows in texts.values() for left, right in rows)
    width = letters * _LETTER + 2 * _PAD
    drawn = layout(found, width, _LINE, _GAP)
    if drawn is None:
        raise InputError("the network has too many connections for a picture", hint="`nnctl summary` lists them")
    wide = max(spot.x + spot.width / 2 for level in drawn.levels for spot in level) + 2 * _MARGIN
    high = (len(drawn.levels) - 1) * _LEVEL + _HEIGHT + 2 * _MARGIN
    tops = {spot.name: depth * _LEVEL for depth, level in enumerate(drawn.levels) for spot in level if spot.name}
    places = {spot.name: spot for level in drawn.levels for spot in level if spot.name}
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
        f'viewBox="{-_MARGIN} {-_MARGIN} {wide:.0f} {high:.0f}" role="img">',
        f"<title>A network of {len(found)} boxes</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" x="{-_MARGIN}" y="{-_MARGIN}" width="{wide:.0f}" height="{high:.0f}"/>',
        *_arrows(found, drawn, tops),
        *(line for box in found for line in _box(box, texts[box.name], places[box.name], tops[box.name], width)),
        "</svg>\n",
    ])  # fmt: skip


def _texts(box: Box) -> list[tuple[str, str]]:
    """The box's lines: what stands left, what stands right."""
    weights = f"{count(box.parameters)} parameters" if box.parameters else ""
    if box.shared:
        weights = f"weights of {cut(visible(box.shared), _MOST_LETTERS)}"
    return [(cut(visible(box.name), _MOST_LETTERS), box.kind), (show_shape(box.shape), weights)]


def _box(box: Box, texts: Sequence[tuple[str, str]], spot: Spot, top: float, width: float) -> Iterator[str]:
    marks = {"input": box.is_input, "trained": box.parameters or box.shared, "output": box.is_output,
             "shared": box.shared}  # fmt: skip
    classes = " ".join(["box", *(name for name, holds in marks.items() if holds)])
    left, right = spot.x - width / 2, spot.x + width / 2
    (name, kind), (shape, weights) = texts
    yield "<g>"
    yield f"<title>{_text(_says(box))}</title>"
    yield f'<rect class="{classes}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{_HEIGHT}" rx="6"/>'
    for baseline, first, style, last in ((19, name, "name", kind), (36, shape, "dim", weights)):
        y = top + baseline
        yield f'<text class="{style}" x="{left + _PAD:.1f}" y="{y:.1f}">{_text(first)}</text>'
        if last:
            yield f'<text class="dim" text-anchor="end" x="{right - _PAD:.1f}" y="{y:.1f}">{_text(last)}</text>'
    yield "</g>"


def _says(box: Box) -> str:
    """What a pointer held over the box shows."""
    takes = f", takes {', '.join(box.sources)}" if box.sources else ""
    output = ", an output" if box.is_output else ""
    return f"{box.name}: {box.kind} {show_shape(box.shape)}, {count(box.parameters)} parameters{takes}{output}"


def _arrows(found: Sequence[Box], drawn: Layout, tops: dict[str | None, float]) -> Iterator[str]:
    """Each link as a curve from the source's lower edge, down its lane, to the target's upper edge."""
    passed: set[Spot] = set()  # a line that several boxes take is drawn once
    for box in found:
        ways = [drawn.ways[source, box.name] for source in box.sources]
        ways.sort(key=lambda way: way[-2].x)
        room = 48.0 if box.states else 24.0  # room for the states' names
        step = min(room, ways[0][-1].width / (2 * len(ways))) if ways else 0.0
        straight = [number for number, way in enumerate(ways) if abs(way[-2].x - way[-1].x) < 0.5]
        middle = straight[0] if straight else (len(ways) - 1) / 2
        for number, way in enumerate(ways):
            end = way[-1].x + (number - middle) * step
            top = tops[box.name]
            y = tops[way[0].name] + _HEIGHT
            x = way[0].x
            curve = f"M {x:.1f} {y:.1f}"
            for passing in way[1:-1]:  # down to the level, then straight past its boxes
                bend = _bend(x, y, passing.x, y + _LEVEL - _HEIGHT)
                x, y = passing.x, y + _LEVEL
                curve = f"M {x:.1f} {y:.1f}" if passing in passed else f"{curve}{bend} V {y:.1f}"
                passed.add(passing)
            curve += _bend(x, y, end, top - _TIP)
            yield f'<path class="line" d="{curve}"/>'
            yield f'<path class="tip" d="M {end:.1f} {top:.1f} l -4 {-_TIP} h 8 z"/>'
            if states := box.states.get(way[0].name or ""):
                label = _text(cut(", ".join(states), _MOST_LETTERS))
                side, anchor = (7, "start") if x < end else (-7, "end")  # away from the curve
                yield f'<text class="dim" text-anchor="{anchor}" x="{end + side:.1f}" y="{top - 3:.1f}">{label}</text>'


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    """A curve that leaves and arrives upright."""
    if abs(x - to_x) < 0.5:
        return f" L {to_x:.1f} {to_y:.1f}"
    middle = (y + to_y) / 2
    return f" C {x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"


def _text(text: str) -> str:
    return escape(visible(text), {'"': "&quot;"})
