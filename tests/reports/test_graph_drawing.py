"""The drawing of a network in the terminal, and its picture."""

import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from graphs import network, networks
from hypothesis import given, settings
from screens import lines, screen

from nnctl import cli
from nnctl.reports.graph_drawing import draw, lanes
from nnctl.reports.graph_layout import Box, is_chain, layout
from nnctl.reports.graph_svg import svg

SVG = "{http://www.w3.org/2000/svg}"

# id: (the boxes' sources, how many of them are inputs, the drawing without its text)
DRAWINGS = {
    "a chain": ({0: (), 1: (0,), 2: (1,)}, 1, ["○", "●", "●"]),
    "a shortcut": ({0: (), 1: (0,), 2: (1,), 3: (2, 0)}, 1, ["○", "├─┐", "│ ●", "│ ●", "├─┘", "●"]),
    "two inputs": ({0: (), 1: (), 2: (0, 1)}, 2, ["○", "│ ○", "├─┘", "●"]),
    "two outputs": ({0: (), 1: (0,), 2: (0,)}, 1, ["○", "├─┐", "│ ●", "●"]),
    "three ways": (
        {0: (), 1: (0,), 2: (0,), 3: (0,), 4: (1, 2, 3)}, 1,
        ["○", "├─┐", "│ ●", "├─│─┐", "│ │ ●", "● │ │", "├─┴─┘", "●"],
    ),
    "a line goes on past a merge": (
        {0: (), 1: (0,), 2: (1, 0), 3: (2, 1)}, 1,
        ["○", "├─┐", "│ ●", "├─┤", "● │", "├─┘", "●"],
    ),
    "a merge beside what goes on": (
        {0: (), 1: (0,), 2: (0, 1), 3: (0, 1, 2)}, 1,
        ["○", "├─┐", "│ ●", "├─┼─┐", "│ │ ●", "├─┴─┘", "●"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWINGS)
def test_branches_and_merges_are_drawn(name):
    links, inputs, drawn = DRAWINGS[name]
    assert [text.rstrip() for text, _ in lanes(network(links, inputs))] == drawn


def test_a_drawing_describes_each_line():
    found = [
        Box("left", "Input", (4,), is_input=True),
        Box("tower", "LSTM", (8,), ("left",), parameters=40),
        Box("right", "Input", (4,), is_input=True),
        Box("tower_1", "LSTM", (8,), ("right", "tower"), {"tower": ("h", "c")}, shared="tower"),
        Box("both", "Add", (8,), ("tower", "tower_1"), is_output=True),
    ]
    terminal = screen()
    draw(found, terminal)
    assert lines(terminal) == [
        "○     left     Input  (None, 4)",
        "●     tower    LSTM   (None, 8)",
        "│ ○   right    Input  (None, 4)",
        "├─┤",
        "│ ●   tower_1  LSTM   (None, 8)  weights of tower, from tower: h, c",
        "├─┘",
        "●     both     Add    (None, 8)  output",
    ]


def test_a_narrow_terminal_gets_fewer_columns_then_a_message():
    found = network({0: (), 1: (0,), 2: (0,), 3: (1, 2)})
    widest = []
    for width in (60, 27, 20, 10):
        terminal = screen(width)
        draw(found, terminal)
        widest.append(max(map(len, lines(terminal))))
        assert all(len(line) <= max(width, len("(the drawing")) for line in lines(terminal)), width
        assert ("Dense" in terminal.stream.getvalue()) == (width > 20)
        assert ("--plot" in terminal.stream.getvalue()) == (width == 10)
    plain = screen(unicode=False)
    draw(found, plain)
    assert "?" not in plain.stream.getvalue()


@given(networks())
def test_each_box_has_a_row_below_what_it_takes(found):
    rows = list(lanes(found))
    assert [box for _, box in rows if box] == found
    for text, box in rows:
        assert text.count("●") + text.count("○") == (box is not None)
    lane = {box.name: re.search("[●○]", text).start() for text, box in rows if box}
    for (above, before), (_, box) in pairwise(rows):
        if box and not before and box.sources:  # where lines meet, one comes down to the box and one from each source
            assert above[lane[box.name]] in "┼┤├┬┐┌"
            assert all(above[lane[source]] in "┼┤├┴┘└│" for source in box.sources)
        elif box and before and box.sources:
            assert box.sources == (box.sources[0],) and lane[box.name] == lane[box.sources[0]]


def test_a_chain_is_not_drawn():
    assert is_chain(network({0: (), 1: (0,), 2: (1,)}))
    assert not is_chain(network({0: (), 1: (0,), 2: (1, 0)}))
    assert not is_chain(network({0: (), 1: (0,), 2: (0,)}))
    assert not is_chain(network({0: (), 1: (), 2: (0, 1)}, inputs=2))


@settings(deadline=None)
@given(networks())
def test_no_boxes_overlap_and_no_line_runs_through_a_box(found):
    drawn = layout(found, 100, 10, 20)
    for level in drawn.levels:
        for left, right in pairwise(level):
            assert right.x - left.x >= (left.width + right.width) / 2 + 20 - 1e-6
    depth = {spot: at for at, level in enumerate(drawn.levels) for spot in level}
    assert min(spot.x - spot.width / 2 for spot in depth) == pytest.approx(0)
    assert {spot.name for spot in depth if spot.name} == {box.name for box in found}
    for (source, target), way in drawn.paths.items():
        assert (way[0].name, way[-1].name) == (source, target)
        assert [depth[spot] for spot in way] == list(range(depth[way[0]], depth[way[-1]] + 1))


def test_a_shortcut_leaves_the_main_path_straight():
    drawn = layout(network({0: (), 1: (0,), 2: (1,), 3: (2, 0), 4: (3,), 5: (4, 3), 6: (5,)}), 100, 10, 20)
    places = {spot.x for level in drawn.levels for spot in level if spot.name}
    assert max(places) - min(places) < 1


def test_a_picture_with_too_many_lines_is_refused():
    everything = network({0: (), **{at: tuple(range(at)) for at in range(1, 60)}})
    assert layout(everything, 100, 10, 20) is not None
    assert layout(everything, 100, 10, 20, most=1000) is None


@settings(deadline=None, max_examples=30)
@given(networks())
def test_a_picture_is_well_formed_and_complete(found):
    root = ElementTree.fromstring(svg(found))
    assert len(root.findall(f"{SVG}g")) == len(found)
    assert len(root.findall(f"{SVG}path[@class='line']")) == sum(len(box.sources) for box in found)
    left, top, width, height = map(float, root.get("viewBox").split())
    for box in root.iter(f"{SVG}rect"):
        x, y = float(box.get("x")), float(box.get("y"))
        assert left <= x and x + float(box.get("width")) <= left + width + 1
        assert top <= y and y + float(box.get("height")) <= top + height + 1


def test_a_picture_escapes_what_it_shows():
    odd = "<&\"'>" + "x" * 80
    root = ElementTree.fromstring(svg([Box(odd, "<kind>", (2,), is_input=True), Box("b", "K", (1,), (odd,))]))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert odd[:29] + "…" in texts and "<kind>" in texts
    assert any(odd in title.text for title in root.iter(f"{SVG}title"))


def nnctl(*arguments):
    return CliRunner().invoke(cli.program, [str(a) for a in arguments])


def test_summary_draws_a_graph_and_writes_a_picture(tmp_path):
    picture = tmp_path / "cars.svg"
    result = nnctl("summary", "two_inputs_two_outputs", "--plot", picture)
    assert result.exit_code == 0 and "├─┘" in result.stdout and "multiply-adds" in result.stdout
    assert str(picture) in result.stderr
    assert "both" in {text.text for text in ElementTree.parse(picture).iter(f"{SVG}text")}
    assert "●" not in nnctl("summary", "iris").stdout


def test_json_contains_the_edges():
    found = json.loads(nnctl("summary", "two_inputs_two_outputs", "--json").stdout)
    assert ["body", "seen"] in found["edges"] and ["heard", "both"] in found["edges"]
    assert len(found["edges"]) == sum(len(line["sources"]) for line in found["lines"])


@pytest.mark.parametrize(("path", "word"), [("a.png", "a.svg"), ("no/such/a.svg", "mkdir"), (Path.cwd(), "folder")])
def test_summary_refuses_a_picture_in_another_format(path, word):
    result = nnctl("summary", "iris", "--plot", path)
    assert result.exit_code == 2 and word in result.stderr
