"""Control characters in names and values never reach the terminal: they are escaped, and measured as escaped."""

import json
import re
from pathlib import Path
from xml.dom import minidom

import click
import numpy as np
import pytest
from click.testing import CliRunner
from screens import lines, screen

from nnctl import cli
from nnctl.cli.error_handler import Switches, catching
from nnctl.data.catalog.preview import Preview
from nnctl.errors import DataError, Stopped
from nnctl.reports import datasets
from nnctl.reports.evaluation import by_class, confusion, mistakes
from nnctl.reports.graph_drawing import draw
from nnctl.reports.graph_layout import Box
from nnctl.reports.graph_svg import svg
from nnctl.reports.json_output import dumps
from nnctl.reports.live_table import LiveReport
from nnctl.reports.run_report import PlainReport, QuietReport
from nnctl.reports.tables import Table
from nnctl.training.events import EpochEnded, IterationEnded, RunEnded, RunStarted, Said

# the character, and how it is shown
SHOWN = [
    ("\x1b", r"\x1b"), ("\n", r"\n"), ("\t", r"\t"), ("\r", r"\r"), ("\x00", r"\x00"), ("\x7f", r"\x7f"),
    ("\x9b", r"\x9b"),
    ("\u2028", r"\u2028"), ("\u202a", r"\u202a"), ("\u202e", r"\u202e"), ("\u2066", r"\u2066"), ("\u2069", r"\u2069"),
]  # fmt: skip
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
HOSTILE = "".join(character for character, _ in SHOWN)
SEEN = "".join(text for _, text in SHOWN)


@pytest.mark.parametrize(("character", "shown"), SHOWN)
def test_every_way_of_writing_escapes_control_characters(character, shown):
    for write in (
        lambda terminal, text: terminal.print(text),
        lambda terminal, text: terminal.flow(text),
        lambda terminal, text: terminal.labelled("a", text),
        lambda terminal, text: _table(["t", text], ["a", text]).print(terminal),
        lambda terminal, text: _table([text, "t"], [text, "a"]).print(terminal),
    ):
        for width in (None, 40, 8):
            terminal = screen(width)
            write(terminal, f"x{character}y")
            text = terminal.stream.getvalue()
            assert f"x{shown}y" in text and not OBEYED.search(text)


def _table(titles, *rows):
    return Table(titles, left=2, rows=list(rows))


def test_columns_are_as_wide_as_the_escaped_text():
    terminal = screen(40)
    _table(["name", "b"], ["a\x1b[0m", "one"], ["数学", "two"], ["abc", "three"]).print(terminal)
    assert lines(terminal) == ["name      b", r"a\x1b[0m  one", "数学      two", "abc       three"]


def test_a_run_with_hostile_names():
    metrics = {"loss": 1.0, HOSTILE: 0.5, "val_loss": 1.0, f"val_{HOSTILE}": 0.5}
    rows = {"train": 9, "validation": 3, HOSTILE: 1}
    started = RunStarted(HOSTILE, Path(HOSTILE.replace("\x00", "")), 2, 16, 1, rows, 131,
                         ("loss", HOSTILE), {"loss": 2.0, HOSTILE: 0.25}, (f"note {HOSTILE}",))  # fmt: skip
    ended = RunEnded(
        "done", started.folder, 2, 0.25, {"loss": 1.0, HOSTILE: 0.5}, best_epoch=2, hint=HOSTILE, verdict=HOSTILE
    )
    events = [started, EpochEnded(1, metrics, 0.1, 0.02), EpochEnded(2, metrics, 0.1, 0.02), Said(HOSTILE), ended]
    for report in (PlainReport, QuietReport):
        for width in (None, 80, 30):
            terminal = screen(width)
            one = report(terminal)
            for event in events:
                one(event)
            assert not OBEYED.search(terminal.stream.getvalue())
    terminal = screen()
    one = PlainReport(terminal)
    for event in events:
        one(event)
    titles = next(line for line in lines(terminal) if line.startswith("   epoch"))
    rows = [line for line in lines(terminal) if re.match(r" +\S?( \d|\d) ", line)]
    assert SEEN in titles and all(len(row) == len(titles) for row in rows)


def test_the_live_table_with_hostile_names(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("LINES", "40")
    terminal = screen(200, live=True)
    report = LiveReport(terminal)
    metrics = {"loss": 1.0, HOSTILE: 0.5}
    report(RunStarted("x", Path("r"), 2, 16, 1, {"train": 9}, 131, ("loss", HOSTILE)))
    for event in (IterationEnded(1, 1, 1, 0.5, metrics, 0.1, 0.1), EpochEnded(1, metrics, 0.1, 0.1)):
        report._due = report._cpu_due = 0
        report(event)
    report.close()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.stream.getvalue()).replace("\r", "")  # what moves the cursor
    assert SEEN in text and not OBEYED.search(text)


def test_datasets_and_results_with_hostile_names():
    columns, first = ((HOSTILE, "text", HOSTILE),), ((HOSTILE,),)
    preview = Preview(
        HOSTILE, HOSTILE, 3, HOSTILE, "classes", (HOSTILE, "b"), columns, first, HOSTILE, HOSTILE, HOSTILE
    )
    matrix = np.array([[5, 1], [2, 4]])
    for width in (None, 80, 40):
        terminal = screen(width)
        datasets.show(preview, terminal)
        datasets.show_list([preview], terminal)
        classes = (HOSTILE, "b")
        for table in (confusion(classes, matrix, width), mistakes(classes, matrix), by_class(classes, matrix)):
            if table is not None:
                table.print(terminal)
        text = terminal.stream.getvalue()
        assert not OBEYED.search(text) and r"\x1b" in text
        if width == 80:
            assert all(len(line) <= width for line in lines(terminal))


def test_a_confusion_matrix_is_fitted_by_the_escaped_names():
    terminal = screen(30)
    confusion(("a\x1b\x1b\x1bb", "数学数学数学"), np.array([[5, 1], [2, 4]]), 30).print(terminal)
    assert lines(terminal)[:2] == [
        r"                a\x1b…  数学…",
        r"a\x1b\x1b\x1bb       5      1",
    ]


def test_drawing_and_picture_with_hostile_names():
    boxes = [
        Box("数\x1b[2J\n", "Input", (1,), (), parameters=0, is_input=True, is_output=False),
        Box("b\u202e<\x00\uffff", "Dense", (1,), ("数\x1b[2J\n",), parameters=1, is_input=False, is_output=True),
    ]
    terminal = screen(80)
    draw(boxes, terminal)
    assert [line.rstrip() for line in lines(terminal)] == [
        r"○  数\x1b[2J\n         Input  (None, 1)",
        r"●  b\u202e<\x00\uffff  Dense  (None, 1)  output",
    ]
    picture = svg(boxes)
    assert not OBEYED.search(picture)
    nodes = minidom.parseString(picture).getElementsByTagName("text")
    texts = [node.firstChild.data for node in nodes if node.firstChild]
    assert r"数\x1b[2J\n" in texts and r"b\u202e<\x00\uffff" in texts


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "error",
    [
        DataError(f"a {HOSTILE}", HOSTILE, HOSTILE),
        Stopped(f"a {HOSTILE}", HOSTILE, HOSTILE),
        OSError(2, HOSTILE, HOSTILE),
        KeyError(HOSTILE),
        ValueError(HOSTILE),
        click.UsageError(HOSTILE),
        click.NoSuchOption(f"--{HOSTILE}"),
    ],
)
def test_errors(capsys, error, debug):
    with pytest.raises(SystemExit), catching(Switches(debug=debug)):
        raise error
    shown = capsys.readouterr()
    assert not OBEYED.search(shown.out + shown.err) and "\\x1b" in shown.err


def test_json_keeps_its_value_without_control_characters():
    text = dumps({HOSTILE: [HOSTILE, "数é", "\ud800"]})
    assert not OBEYED.search(text) and "数é" in text
    assert json.loads(text) == {HOSTILE: [HOSTILE, "数é", "\ud800"]}
    text.encode()


@pytest.fixture
def hostile_config(tmp_path):
    """A config for a table with control characters in its file name, its columns and its values."""
    file = tmp_path / "da\x1b[2Jta\u202e.csv"
    words = ["one\x1b[31m", "two\u202e\nx", "three\r\t"]
    rows = [f'{i % 3 + i / 100},{i % 7},"{words[i % 2]}","{words[i % 3]}"' for i in range(60)]
    file.write_bytes("\n".join(['a\x1b[2J,"b\nc",t\u2066m,cl\u202eass', *rows]).encode())
    config = tmp_path / "evil.yaml"
    config.write_text(
        f"dataset: {{path: {json.dumps(str(file))}, target: {json.dumps('cl' + chr(0x202E) + 'ass')}}}\n"
        "layers: [{Dense: {units: 3, activation: softmax}}]\nloss: sparse_categorical_crossentropy\n"
        "metrics: [accuracy]\nepochs: 2\n"
    )
    return config


def test_no_command_prints_a_control_character_of_the_data(hostile_config, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    run, picture = tmp_path / "r", tmp_path / "x\x1b.svg"
    outputs = {}
    for arguments in (
        ["check", hostile_config], ["check", hostile_config, "--json"], ["summary", hostile_config, "--plot", picture],
        ["summary", hostile_config, "--json"], ["train", hostile_config, "--run", run], ["eval", run],
        ["eval", run, "--json"],
    ):  # fmt: skip
        result = CliRunner().invoke(cli.program, list(map(str, arguments)))
        assert result.exit_code == 0, result.output
        outputs[tuple(arguments[:1] + arguments[2:])] = result.output
        assert not OBEYED.search(result.output), arguments
    assert r"a\x1b[2J" in outputs["check",] and r"b\nc" in outputs["check",]
    assert r"two\u202e\nx" in outputs["eval",]
    assert r"x\033.svg'" in outputs["summary", "--plot", picture]  # as a shell takes it
