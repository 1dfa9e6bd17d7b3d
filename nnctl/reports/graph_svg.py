"""A network as an SVG picture, with a box for each layer and an arrow to each layer that takes its output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from nnctl.errors import InputError
from nnctl.nn.layers.base import show as show_shape
from nnctl.reports.graph_layout import Box, Layout, Spot, layout
from nnctl.reports.number_format import cut, parameters_counted
from nnctl.reports.terminal import display_width, visible
from nnctl.translation import _

# Lengths in pixels.
_LETTER = 7.3  # width of a character of the 12 px font, rounded up
_PAD, _HEIGHT, _LEVEL = 12, 46, 84  # padding in a box; height of a box; from the top of one level to the next
_LINE, _GAP, _MARGIN = 10, 22, 24  # width reserved for a passing line; gap between neighbours; margin of the picture
_TIP = 7  # length of an arrow's head
_MOST_LETTERS = 30  # of a name

# Light colors, and dark ones if the viewer prefers them. The picture has a background, so it is readable on any page.
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
    """The text of the SVG file. Raises InputError if there are too many lines to draw."""
    texts = {box.name: _texts(box) for box in found}
    letters = max(display_width(left) + display_width(right) + 2 for rows in texts.values() for left, right in rows)
    width = letters * _LETTER + 2 * _PAD
    drawn = layout(found, width, _LINE, _GAP)
    if drawn is None:
        raise InputError("the network has too many connections for a picture", hint="`nnctl summary` lists them")
    wide = max(spot.x + spot.width / 2 for level in drawn.levels for spot in level) + 2 * _MARGIN
    high = (len(drawn.levels) - 1) * _LEVEL + _HEIGHT + 2 * _MARGIN
    tops: dict[str | None, float] = {
        spot.name: depth * _LEVEL for depth, level in enumerate(drawn.levels) for spot in level if spot.name
    }
    places = {spot.name: spot for level in drawn.levels for spot in level if spot.name}
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
        f'viewBox="{-_MARGIN} {-_MARGIN} {wide:.0f} {high:.0f}" role="img">',
        f"<title>{_text(_('A network of {n} boxes').format(n=len(found)))}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" x="{-_MARGIN}" y="{-_MARGIN}" width="{wide:.0f}" height="{high:.0f}"/>',
        *_arrows(found, drawn, tops),
        *(line for box in found for line in _box(box, texts[box.name], places[box.name], tops[box.name], width)),
        "</svg>\n",
    ])  # fmt: skip


def _texts(box: Box) -> list[tuple[str, str]]:
    """The two lines of text in a box, each as (left, right)."""
    weights = parameters_counted(box.parameters) if box.parameters else ""
    if box.shared:
        weights = _("weights of {layer}").format(layer=cut(visible(box.shared), _MOST_LETTERS))
    return [(cut(visible(box.name), _MOST_LETTERS), box.kind), (show_shape(box.shape), weights)]


def _box(box: Box, texts: Sequence[tuple[str, str]], spot: Spot, top: float, width: float) -> Iterator[str]:
    marks = {"input": box.is_input, "trained": box.parameters or box.shared, "output": box.is_output,
             "shared": box.shared}  # fmt: skip
    classes = " ".join(["box", *(name for name, holds in marks.items() if holds)])
    left, right = spot.x - width / 2, spot.x + width / 2
    (name, kind), (shape, weights) = texts
    yield "<g>"
    yield f"<title>{_text(_tooltip(box))}</title>"
    yield f'<rect class="{classes}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{_HEIGHT}" rx="6"/>'
    for baseline, first, style, last in ((19, name, "name", kind), (36, shape, "dim", weights)):
        y = top + baseline
        yield f'<text class="{style}" x="{left + _PAD:.1f}" y="{y:.1f}">{_text(first)}</text>'
        if last:
            yield f'<text class="dim" text-anchor="end" x="{right - _PAD:.1f}" y="{y:.1f}">{_text(last)}</text>'
    yield "</g>"


def _tooltip(box: Box) -> str:
    """The tooltip of a box."""
    told = [f"{box.name}: {box.kind} {show_shape(box.shape)}", parameters_counted(box.parameters)]
    if box.sources:
        told.append(_("takes {layers}").format(layers=", ".join(box.sources)))
    return ", ".join([*told, *([_("an output")] if box.is_output else [])])


def _arrows(found: Sequence[Box], drawn: Layout, tops: dict[str | None, float]) -> Iterator[str]:
    """Each connection as a curve from the lower edge of the source, down its lane, to the upper edge of the target."""
    passed: set[Spot] = set()  # a line that leads to several boxes is drawn once
    for box in found:
        paths = [drawn.paths[source, box.name] for source in box.sources]
        paths.sort(key=lambda path: path[-2].x)
        widest = 48.0 if box.states else 24.0  # wide enough for the names of the states
        step = min(widest, paths[0][-1].width / (2 * len(paths))) if paths else 0.0
        straight = [number for number, path in enumerate(paths) if abs(path[-2].x - path[-1].x) < 0.5]
        middle = straight[0] if straight else (len(paths) - 1) / 2
        for number, path in enumerate(paths):
            end = path[-1].x + (number - middle) * step
            top = tops[box.name]
            y = tops[path[0].name] + _HEIGHT
            x = path[0].x
            curve = f"M {x:.1f} {y:.1f}"
            for passing in path[1:-1]:  # down to the level, then straight past its boxes
                bend = _bend(x, y, passing.x, y + _LEVEL - _HEIGHT)
                x, y = passing.x, y + _LEVEL
                curve = f"M {x:.1f} {y:.1f}" if passing in passed else f"{curve}{bend} V {y:.1f}"
                passed.add(passing)
            curve += _bend(x, y, end, top - _TIP)
            yield f'<path class="line" d="{curve}"/>'
            yield f'<path class="tip" d="M {end:.1f} {top:.1f} l -4 {-_TIP} h 8 z"/>'
            if states := box.states.get(path[0].name or ""):
                label = _text(cut(", ".join(states), _MOST_LETTERS))
                side, anchor = (7, "start") if x < end else (-7, "end")  # away from the curve
                yield f'<text class="dim" text-anchor="{anchor}" x="{end + side:.1f}" y="{top - 3:.1f}">{label}</text>'


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    """A curve that is vertical at both ends."""
    if abs(x - to_x) < 0.5:
        return f" L {to_x:.1f} {to_y:.1f}"
    middle = (y + to_y) / 2
    return f" C {x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"


def _text(text: str) -> str:
    return escape(visible(text), {'"': "&quot;"})
