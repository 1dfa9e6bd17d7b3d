"""nnctl predict: terminals, standard input, the newest run, and files that are never overwritten."""

import csv
import io
import json
import os
import subprocess
import sys

import click.testing
import numpy as np
import pytest
from small_runs import COLOURED, COLOURS, nnctl, softmax_by_hand, train


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    return train(tmp_path_factory.mktemp("colours"), COLOURED, train=COLOURS)


@pytest.fixture
def in_terminal(monkeypatch):
    """Makes the standard streams look like a terminal of some width."""

    def of(width):
        monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda self: True, raising=False)
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("NO_COLOR", "1")

    return of


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_shows_an_aligned_rounded_table(colours, tmp_path, in_terminal, width):
    (tmp_path / "p.csv").write_text("colour,age\nred,20\nblue,35\n")
    expected = softmax_by_hand(colours, [[0, 1, -7.5 / np.std(np.arange(16))], [1, 0, 7.5 / np.std(np.arange(16))]])
    in_terminal(width)
    result = nnctl("predict", colours, tmp_path / "p.csv", "--keep", "age")
    assert result.stdout.splitlines() == [
        "age  y  probability_A  probability_B",
        *(f" {age}  {'AB'[p.argmax()]}         {p[0]:.4f}         {p[1]:.4f}"
          for age, p in zip((20, 35), expected, strict=True)),
    ]  # fmt: skip
    # a file and another format are what they are in a pipe
    rows = list(csv.reader(io.StringIO(nnctl("predict", colours, tmp_path / "p.csv", "--format", "csv").stdout)))
    assert rows[0] == ["y", "probability_A", "probability_B"] and len(rows[1][1]) > 6


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_no_line_exceeds_the_width_and_no_row_is_missing(colours, tmp_path, in_terminal, width):
    words = ["a \x1b[31mred\x1b[0m thing", "line\nbreak\ttab", "x" * 200]
    file = io.StringIO()
    csv.writer(file).writerows([["name", "colour", "age"], *([word, "red", n] for n, word in enumerate(words * 20))])
    (tmp_path / "p.csv").write_text(file.getvalue())
    in_terminal(width)
    result = nnctl("predict", colours, tmp_path / "p.csv", "--keep", "all")
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines[: lines.index("") if "" in lines else None]) == 61  # what is not shown is named after a blank line
    assert not any(sign in result.output for sign in "\x1b\t\r")
    if width >= 80:
        assert r"a \x1b" in result.stdout and r"line\n" in result.stdout


# Standard input


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("colour,age\nred,21\nblue,22\n", []),
        ("\ufeffcolour;age\nred;21\nblue;22\n", []),
        ("colour\tage\nred\t21\nblue\t22\n", ["--input-format", "tsv"]),
        ('[{"colour": "red", "age": 21}, {"colour": "blue", "age": 22}]', []),
        ('{"colour": "red", "age": 21}\n{"colour": "blue", "age": 22}\n', []),
        ('[{"colour": "red", "age": 21}, {"colour": "blue", "age": 22}]', ["--input-format", "json"]),
    ],
)
def test_standard_input_is_read_in_every_format(colours, tmp_path, text, options):
    (tmp_path / "p.csv").write_text("colour,age\nred,21\nblue,22\n")
    expected = nnctl("predict", colours, tmp_path / "p.csv").stdout
    result = nnctl("predict", colours, "-", *options, stdin=text)
    assert result.exit_code == 0, result.output
    assert result.stdout == expected


def test_the_format_of_standard_input_and_of_the_output_are_independent(colours):
    csv_text, json_text = "colour,age\nred,21\n", '[{"colour": "red", "age": 21}]'
    for given in (csv_text, json_text):
        assert json.loads(nnctl("predict", colours, "-", "--format", "json", stdin=given).stdout)[0]["y"] == "A"
        assert nnctl("predict", colours, "-", "--format", "csv", stdin=given).stdout.startswith("y,probability_A")


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "is empty"), ("colour,age\nred\n", "standard input"), ("colour\nred\n", "lacks the column age"),
     ("colour,age\nred,x\n", "standard input")],
)  # fmt: skip
def test_errors_in_standard_input_name_standard_input(colours, text, says):
    result = nnctl("predict", colours, "-", stdin=text)
    assert result.exit_code == 2 and says in " ".join(result.stderr.split()) and "/nnctl-" not in result.stderr


def test_input_format_works_only_with_standard_input(colours, tmp_path):
    (tmp_path / "p.csv").write_text("colour,age\nred,21\n")
    result = nnctl("predict", colours, tmp_path / "p.csv", "--input-format", "json")
    assert result.exit_code == 2 and "standard input" in result.stderr


# RUN left out


def test_without_a_run_the_newest_is_used_and_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("colour,age\nred,21\n")
    result = nnctl("predict", "p.csv")
    assert result.exit_code == 2 and "no finished run" in result.stderr
    (tmp_path / "runs").mkdir()
    old = train(tmp_path, COLOURED, run="runs/b", train=COLOURS)
    new = train(tmp_path, COLOURED.replace("epochs: 20", "epochs: 1"), run="runs/a")
    os.utime(old / "model.safetensors", (1, 1))
    (tmp_path / "runs" / "unfinished").mkdir()
    (tmp_path / "runs" / "unfinished" / "config.yaml").write_text("")
    result = nnctl("predict", "p.csv")
    assert result.stderr.split() == ["run:", "runs/a"]
    assert result.stdout == nnctl("predict", new, "p.csv").stdout != nnctl("predict", old, "p.csv").stdout
    assert result.stdout == nnctl("predict", new / "model.safetensors", "p.csv").stdout


@pytest.mark.parametrize(("swapped", "says"), [(True, "INPUT comes after it"), (False, "INPUT comes after it")])
def test_a_run_in_place_of_the_input_is_refused(colours, tmp_path, swapped, says):
    result = nnctl("predict", *([tmp_path, colours] if swapped else [colours]))
    assert result.exit_code == 2 and says in result.stderr
    assert nnctl("predict").exit_code == 2


# Where it writes


@pytest.mark.parametrize("name", ["same", "spelled", "symbolic", "hard", "run", "trained"])
def test_no_input_is_overwritten(tmp_path, name):
    run = train(tmp_path, COLOURED, train=COLOURS)
    given = tmp_path / "p.csv"
    given.write_text("colour,age\nred,21\n")
    (tmp_path / "link.csv").symlink_to(given)
    os.link(given, tmp_path / "hard.csv")
    output = {
        "same": given, "spelled": tmp_path / "run" / ".." / "p.csv", "symbolic": tmp_path / "link.csv",
        "hard": tmp_path / "hard.csv", "run": run / "metrics.csv", "trained": tmp_path / "train.csv",
    }[name]  # fmt: skip
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    result = nnctl("predict", run, given, "-o", output)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1 and "never overwritten" in result.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_picture_does_not_overwrite_the_config(tmp_path):
    run = train(tmp_path, COLOURED, train=COLOURS)
    os.link(run.parent / "c.yaml", tmp_path / "hard.svg")
    before = (tmp_path / "c.yaml").read_text()
    result = nnctl("summary", tmp_path / "c.yaml", "--plot", tmp_path / "hard.svg")
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1
    assert (tmp_path / "c.yaml").read_text() == before


def test_other_files_are_overwritten_also_through_links(colours, tmp_path):
    given, target = tmp_path / "p.csv", tmp_path / "out.csv"
    given.write_text("colour,age\nred,21\n")
    target.write_text("old")
    (tmp_path / "link.csv").symlink_to(target)
    assert nnctl("predict", colours, given, "-o", tmp_path / "link.csv").exit_code == 0
    assert target.read_text().startswith("y,probability_A") and (tmp_path / "link.csv").is_symlink()
    assert nnctl("predict", colours, given, "-o", "-").stdout == target.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file sizes")
@pytest.mark.parametrize("file, what", [("-", "a temporary copy of standard input"),
                                        ("p.csv", "a temporary file for Parquet")])  # fmt: skip
def test_the_folder_of_temporary_files_is_named_where_it_is_full(colours, tmp_path, file, what):
    """And not the output, or nothing."""
    import resource

    text = "colour,age\n" + "red,20\n" * 2000
    (tmp_path / "p.csv").write_text(text)
    command = [sys.executable, "-m", "nnctl", "predict", str(colours), file, "-o", "out.parquet"]
    limited = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))  # noqa: E731
    done = subprocess.run(command, input=text, cwd=tmp_path, preexec_fn=limited, capture_output=True, text=True,
                          env=os.environ | {"TMPDIR": str(tmp_path)})  # fmt: skip
    assert done.returncode == 2
    assert f"error: {what} cannot be written to {tmp_path} (File too large)" in " ".join(done.stderr.split())
    assert not (tmp_path / "out.parquet").exists() and [*tmp_path.iterdir()] == [tmp_path / "p.csv"]
