"""Numbers, lines and tables as text."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from screens import lines, screen

from nnctl.counted import counted
from nnctl.reports.number_format import cut, duration, fine, metric, short, size
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal, display_width, wrap


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (metric(0.03125), "0.0312"),
        (metric(2890.5), "2890.50"),
        (metric(123456.7), "123457"),
        (metric(3.1e-5), "3.1e-05"),
        (metric(-12345678.0), "-1.2e+07"),
        (metric(0), "0.0000"),
        (metric(float("nan")), "nan"),
        (metric(float("inf")), "inf"),
        (metric(None), ""),
        (metric(2890.5, letters=6), "2890.5"),
        (short(0.001), "0.001"),
        (short(3e-5), "3e-05"),
        (counted(1, "epoch"), "1 epoch"),
        (counted(2000, "epoch"), "2,000 epochs"),
        (duration(0.0001), "<1 ms"),
        (duration(0.0994), "99 ms"),
        (duration(0.0999), "0.1 s"),
        (duration(9.96), "10 s"),
        (duration(59.6), "1 m 00 s"),
        (duration(302), "5 m 02 s"),
        (duration(4021), "1 h 07 m"),
        (size(4530), "4.53 kB"),
        (size(999), "999 B"),
        (size(3_200_000_000), "3.2 GB"),
        (cut("versicolor", 6), "versi…"),
        (cut("setosa", 6), "setosa"),
    ],
)
def test_numbers_are_written_as_people_read_them(written, meant):
    assert written == meant


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([6, 7, 8]))
def test_a_metric_exceeds_its_column_at_most_by_its_sign(value, letters):
    assert len(metric(value, letters)) <= max(letters, len("1.0e-300")) + 1


@given(st.floats(0.001, 9999))
def test_a_metric_keeps_at_least_two_decimals(value):
    assert float(metric(value)) == pytest.approx(value, abs=0.005)


@pytest.mark.parametrize(
    ("environment", "is_terminal", "color", "live"),
    [
        ({}, True, True, True),
        ({}, False, False, False),
        ({"NO_COLOR": "1"}, True, False, True),
        ({"FORCE_COLOR": "1"}, False, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False, False),
        ({"TERM": "dumb"}, True, False, False),
        ({"NO_COLOR": ""}, True, True, True),
    ],
)
def test_a_terminal_is_detected_from_stream_and_environment(monkeypatch, environment, is_terminal, color, live):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream.isatty = lambda: is_terminal
    terminal = Terminal.of(stream)
    assert (terminal.color, terminal.live, terminal.unicode) == (color, live, True)
    assert (terminal.width is None) == (not is_terminal)


def test_characters_that_a_stream_cannot_show_become_ascii():
    terminal = screen(unicode=False)
    terminal.print("10 × 20 … ┌─┐ é")
    assert lines(terminal) == ["10 x 20 ... +-+ ?"]


def test_labels_are_aligned_and_long_texts_wrap():
    terminal = screen(width=30)
    terminal.labelled("error", "a message that is longer than the line", "red")
    terminal.labelled("at", "file.yaml:3:4", "cyan")
    assert lines(terminal) == ["error: a message that is", "       longer than the line", "   at: file.yaml:3:4"]


def table():
    made = Table(["layer", "what it does", "parameters"], left=2, spare=1)
    made.add("dense_1", "a weighted sum of every input", "1,056")
    made.add("flatten", "puts axes in a row", "0", style=("dim",))
    return made


def test_a_table_that_fits_is_aligned():
    terminal = screen()
    table().print(terminal)
    assert lines(terminal) == [
        "layer    what it does                   parameters",
        "dense_1  a weighted sum of every input       1,056",
        "flatten  puts axes in a row                      0",
    ]


def test_a_table_wraps_then_hides_columns_then_becomes_blocks():
    wrapped, spared, blocks = screen(40), screen(26), screen(14)
    for terminal in (wrapped, spared, blocks):
        table().print(terminal)
    assert lines(wrapped)[1:3] == ["dense_1  a weighted sum of         1,056", "         every input"]
    assert lines(spared)[:2] == ["layer    what it does", "dense_1  a weighted sum of"]
    assert lines(blocks)[0] == "dense_1" and "parameters" in " ".join(lines(blocks))


words = st.lists(st.text("abcdefghij", min_size=1, max_size=9), min_size=1, max_size=6).map(" ".join)


@given(st.lists(st.tuples(words, words, st.integers(0, 10**9).map(str)), min_size=1, max_size=5), st.integers(40, 120))
def test_a_table_loses_no_word_and_stays_in_its_width(rows, width):
    made, terminal = Table(["name", "meaning", "number"], left=2), screen(width)
    for row in rows:
        made.add(*row)
    made.print(terminal)
    assert all(len(line) <= width for line in lines(terminal))
    assert sorted(" ".join(lines(terminal)[1:]).split()) == sorted(" ".join(map(" ".join, rows)).split())


def test_styles_are_written_only_if_they_can_be_shown():
    plain, colored = screen(), screen(color=True)
    for terminal in (plain, colored):
        table().print(terminal)
    assert "\x1b" not in plain.stream.getvalue()
    assert colored.stream.getvalue().splitlines()[2].startswith("\x1b[2mflatten")


@pytest.mark.parametrize(
    ("text", "width", "indent", "inside", "expected"),
    [
        ("one two three", 7, "", False, ["one two", "three"]),
        ("  label  one two", 12, "    ", False, ["  label  one", "    two"]),
        ("数学 数学 数学", 9, "", False, ["数学 数学", "数学"]),
        ("a/long/path/that/is/copied x", 8, "", False, ["a/long/path/that/is/copied", "x"]),
        ("encoder_block_1_attention", 10, "", True, ["encoder_", "block_1_", "attention"]),
        ("unbreakable", 4, "", True, ["unbr", "eaka", "ble"]),
        ("数学数学", 5, "", True, ["数学", "数学"]),
        ("takes a_b_c, d", 7, "", True, ["takes", "a_b_c,", "d"]),
        ("", 7, "", False, []),
    ],
)
def test_text_is_wrapped_by_the_columns_it_takes(text, width, indent, inside, expected):
    assert wrap(text, width, indent, inside) == expected


@given(st.text("ab_数. ", max_size=60), st.integers(2, 20))
def test_broken_words_lose_no_character_and_no_line_is_too_long(text, width):
    wrapped = wrap(text, width, inside=True)
    assert all(display_width(line) <= width for line in wrapped) or text.startswith(" ")
    assert "".join(wrapped).replace(" ", "") == text.replace(" ", "")


def test_number_columns_are_hidden_before_names_are_broken_and_a_line_says_so():
    made = Table(["layer", "takes", "parameters", "multiply-adds"], left=2, spare=1, more="--json shows all")
    made.add("encoder_block_1_projection", "encoder_block_0_projection", "1,056", "1,024")
    made.add("数学", "b", "0", "0")
    whole, spared, broken = screen(90), screen(68), screen(54)
    for terminal in (whole, spared, broken):
        made.print(terminal)
    assert len(lines(whole)) == 3 and lines(whole)[0].endswith("multiply-adds")
    assert lines(spared) == [
        "layer                       takes                       parameters",
        "encoder_block_1_projection  encoder_block_0_projection       1,056",
        "数学                        b                                    0",
        "columns not shown here: multiply-adds; --json shows all",
    ]
    assert lines(broken) == [
        "layer                 takes                 parameters",
        "encoder_block_1_      encoder_block_0_           1,056",
        "projection            projection",
        "数学                  b                              0",
        "columns not shown here: multiply-adds; --json shows",
        "all",
    ]


def test_blocks_fit_the_narrowest_terminal():
    terminal = screen(20)
    made = Table(["layer", "output shape", "multiply-adds"], left=1)
    made.add("encoder_block_1_projection", "(None, 16, 16)", "1,024")
    made.print(terminal)
    assert lines(terminal) == [
        "encoder_block_1_", "projection", "  output shape", "    (None, 16, 16)", "  multiply-adds", "    1,024",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        (0.9428571, 5e-5, "0.94286"),
        (0.9428571, 0.01, "0.9429"),
        (0.0012345, 1e-7, "0.0012345"),
        (25312345.6, 1, "25312346"),
        (25312345.6, 0.1, "25312345.6"),
        (3.14e-5, 1e-7, "3.14e-05"),
    ],
)
def test_numbers_that_differ_little_are_told_apart(value, step, expected):
    assert fine(value, step) == expected
