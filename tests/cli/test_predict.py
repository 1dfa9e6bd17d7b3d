"""nnctl predict: what it says beside its answers, which row each is for, what it carries along, where it writes."""

import csv
import io
import json
import os

import click.testing
import numpy as np
import pytest
from click.testing import CliRunner

from nnctl import cli


def nnctl(*arguments, stdin=None):
    return CliRunner().invoke(cli.program, [str(a) for a in arguments], input=stdin)


def train(folder, config, run="run", **files):
    """A run of a config over files of that text, each NAME.csv."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "c.yaml").write_text(config.replace("FOLDER", str(folder)))
    result = nnctl("train", folder / "c.yaml", "--quiet", "--run", folder / run)
    assert result.exit_code == 0, result.output
    return folder / run


def table(result):
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def notes(result):
    """The notes on stderr, each as one line."""
    joined = " ".join(result.stderr.split())
    return [note.strip() for note in joined.split("note: ")[1:]]


COLOURS = "colour,age,y\n" + "".join(f"{'red' if i % 2 == 0 else 'blue'},{20 + i},{'AB'[i % 2]}\n" for i in range(16))
COLOURED = """
dataset: {path: FOLDER/train.csv, target: y, missing: {age: median, colour: category}, split: {validation: 0, test: 0}}
layers: [{Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 20
"""


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    return train(tmp_path_factory.mktemp("colours"), COLOURED, train=COLOURS)


def softmax_by_hand(run, rows):
    from safetensors.numpy import load_file

    weights = load_file(run / "model.safetensors")
    [kernel] = (w for name, w in weights.items() if w.ndim == 2)
    [bias] = (w for name, w in weights.items() if w.ndim == 1)
    z = np.array(rows) @ kernel + bias
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_what_training_would_note_is_noted_and_the_answers_are_those_of_the_notes(colours, tmp_path):
    (tmp_path / "p.csv").write_text("colour,age\ngreen,\n,30\n")
    result = nnctl("predict", colours, tmp_path / "p.csv")
    said = " | ".join(notes(result))
    for words in ("green", "no category of the training rows", "27.5 (median of the training rows)", '"(missing)"'):
        assert words in said
    # blue, red, age: of 20 to 35, mean and median 27.5
    spread = np.std(np.arange(20, 36))
    expected = softmax_by_hand(colours, [[0, 0, 0], [0, 0, 2.5 / spread]])
    rows = table(result)
    found = [[float(row["probability_A"]), float(row["probability_B"])] for row in rows]
    assert np.allclose(found, expected, atol=1e-6)
    assert [row["y"] for row in rows] == ["AB"[i] for i in expected.argmax(axis=1)]

    as_json = nnctl("predict", colours, tmp_path / "p.csv", "--json")
    assert [record["y"] for record in json.loads(as_json.stdout)] == [row["y"] for row in rows]
    assert notes(as_json) == notes(result)


def test_rows_without_notes_say_nothing(colours, tmp_path):
    (tmp_path / "p.csv").write_text("colour,age\nred,21\n")
    result = nnctl("predict", colours, tmp_path / "p.csv")
    assert result.stderr == "" and list(table(result)[0]) == ["y", "probability_A", "probability_B"]


# Which row


DROPPED = """
dataset: {path: FOLDER/train.csv, target: y, missing: drop, split: {validation: 0, test: 0}}
layers: [{Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 2
"""


@pytest.mark.parametrize(
    ("rows", "left", "out"),
    [
        (["red,21", "blue,", "red,23"], [1, 3], "row 2"),
        (["red,21", "blue,22", ",23"], [1, 2], "row 3"),  # the last one: no gap shows that it is missing
        ([",21", "blue,", "red,23", ",24"], [3], "rows 1, 4"),
    ],
)
def test_rows_that_missing_drop_leaves_out_are_named_and_the_others_are_numbered(tmp_path, rows, left, out):
    run = train(tmp_path, DROPPED, train=COLOURS)
    (tmp_path / "p.csv").write_text("colour,age\n" + "\n".join(rows) + "\n")
    result = nnctl("predict", run, tmp_path / "p.csv")
    answers = table(result)
    assert [int(row["row"]) for row in answers] == left
    assert out in " ".join(notes(result))
    (tmp_path / "single.csv").write_text("colour,age\n" + "\n".join(rows[n - 1] for n in left) + "\n")
    alone = table(nnctl("predict", run, tmp_path / "single.csv"))
    assert [row["probability_A"] for row in alone] == [row["probability_A"] for row in answers]
    assert "row" not in alone[0]


def test_a_file_of_nothing_but_dropped_rows_is_an_error(tmp_path):
    run = train(tmp_path, DROPPED, train=COLOURS)
    (tmp_path / "p.csv").write_text("colour,age\n,21\n")
    result = nnctl("predict", run, tmp_path / "p.csv")
    assert result.exit_code == 2 and "leaves no row" in result.stderr


def test_weights_and_times_that_are_missing_or_wrong_do_not_matter_to_a_prediction(tmp_path):
    config = DROPPED.replace("missing: drop", "missing: drop, weight: w")
    weighted = "\n".join(line + (",w" if n == 0 else ",1") for n, line in enumerate(COLOURS.splitlines())) + "\n"
    run = train(tmp_path, config, train=weighted)
    (tmp_path / "p.csv").write_text("colour,age,w\nred,21,\nblue,22,-5\n")
    assert len(table(nnctl("predict", run, tmp_path / "p.csv"))) == 2


def test_arrays_leave_rows_out_by_number_too(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "train.npz", x=rng.normal(size=(20, 3)), y=np.arange(20) % 2)
    config = """
dataset: {path: FOLDER/train.npz, missing: drop, split: {validation: 0, test: 0}}
layers: [{Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 1
"""
    run = train(tmp_path, config)
    x = rng.normal(size=(4, 3))
    x[1, 2] = np.nan
    np.savez(tmp_path / "new.npz", x=x, id=[10, 11, 12, 13], more=x)
    result = nnctl("predict", run, tmp_path / "new.npz", "--keep", "id")
    answers = table(result)
    assert [(row["row"], row["id"]) for row in answers] == [("1", "10"), ("3", "12"), ("4", "13")]
    assert "row 2" in " ".join(notes(result))
    assert list(table(nnctl("predict", run, tmp_path / "new.npz", "--keep", "all"))[0])[:2] == ["row", "id"]
    result = nnctl("predict", run, tmp_path / "new.npz", "--keep", "more")
    assert result.exit_code == 2 and "(3, 3)" in result.stderr


STEPS = "id,t,a,kind,y\n" + "".join(f"s{i:02},{t},{i + t},{'uv'[i % 2]},{'AB'[i % 2]}\n" for i in range(12) for t in (1, 2))
SEQUENCES = """
dataset: {path: FOLDER/train.csv, target: y, features: [a], sequence: {id: id, order: t}, missing: drop,
          split: {validation: 0, test: 0}}
layers: [{SimpleRNN: {units: 3}}, {Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 1
"""


def test_sequences_are_named_by_their_ids(tmp_path):
    run = train(tmp_path, SEQUENCES, train=STEPS)
    (tmp_path / "p.csv").write_text("id,t,a,kind\nq,1,,u\nz,2,5,v\nz,1,3,v\nb,1,3,w\nq,2,,u\n")
    result = nnctl("predict", run, tmp_path / "p.csv", "--keep", "kind,id")
    answers = table(result)
    assert [(row["id"], row["kind"]) for row in answers] == [("z", "v"), ("b", "w")]
    assert list(answers[0]) == ["id", "kind", "y", "probability_A", "probability_B"]
    said = " | ".join(notes(result))
    assert "rows 1, 5" in said and "none of whose rows is left: q" in said
    result = nnctl("predict", run, tmp_path / "p.csv", "--keep", "a")
    assert result.exit_code == 2 and "differs within a sequence" in result.stderr
    result = nnctl("predict", run, tmp_path / "p.csv", "--keep", "all")
    assert list(table(result)[0])[:2] == ["id", "kind"] and "t, a" in " ".join(notes(result))


# --keep


@pytest.fixture
def people(tmp_path):
    (tmp_path / "p.csv").write_text(
        'id,"last, first",colour,age,when,gone,y\n'
        "007,Ann,red,21,2020-01-05,NA,A\n01046,=Bo,blue,22.50,2020-01-06,,B\n3,\"C\nD\",red,-23,x,1,A\n"
    )
    return tmp_path / "p.csv"


def test_all_columns_are_kept_as_they_are_written(colours, people):
    result = nnctl("predict", colours, people, "--keep", "all")
    rows = table(result)
    assert list(rows[0])[:7] == ["id", "last, first", "colour", "age", "when", "gone", "y_input"]
    assert [row["id"] for row in rows] == ["007", "01046", "3"]
    assert [row["age"] for row in rows] == ["21", "22.50", "-23"]
    assert [row["when"] for row in rows] == ["2020-01-05", "2020-01-06", "x"]
    assert [row["last, first"] for row in rows] == ["Ann", "'=Bo", "C\nD"]  # a spreadsheet does not run it
    assert [row["y_input"] for row in rows] == ["A", "B", "A"]
    assert 'kept as "y_input"' in " ".join(notes(result))


def test_some_columns_are_kept_in_the_order_asked_for(colours, people):
    rows = table(nnctl("predict", colours, people, "--keep", 'age,"last, first"', "--keep", "id"))
    assert list(rows[0])[:4] == ["age", "last, first", "id", "y"]


def test_numbers_that_are_kept_are_numbers_in_json(colours, people):
    records = json.loads(nnctl("predict", colours, people, "--keep", "id,age,gone", "--json").stdout)
    assert [record["id"] for record in records] == ["007", "01046", "3"]
    assert [record["age"] for record in records] == [21, 22.5, -23]


def test_json_input_keeps_its_types(colours, tmp_path):
    given = [{"id": 5, "p": 0.5, "name": "x", "colour": "red", "age": 21}, {"id": 6, "p": 2, "name": None, "colour": "red", "age": 22}]
    (tmp_path / "p.json").write_text(json.dumps(given))
    records = json.loads(nnctl("predict", colours, tmp_path / "p.json", "--keep", "id,p,name", "--json").stdout)
    assert [[record[name] for name in ("id", "p", "name")] for record in records] == [[5, 0.5, "x"], [6, 2, None]]


def test_an_unknown_column_is_guessed(colours, people):
    result = nnctl("predict", colours, people, "--keep", "idd")
    assert result.exit_code == 2 and result.stdout == ""
    assert '"idd"' in result.stderr and "did you mean id?" in result.stderr


def test_kept_columns_follow_the_rows_that_stay(tmp_path):
    run = train(tmp_path, DROPPED, train=COLOURS)
    (tmp_path / "p.csv").write_text("row,id,colour,age\na,01,red,21\nb,02,,22\nc,03,blue,23\n")
    rows = table(nnctl("predict", run, tmp_path / "p.csv", "--keep", "row,id"))
    assert [(row["row"], row["row_input"], row["id"]) for row in rows] == [("1", "a", "01"), ("3", "c", "03")]


# In a terminal


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
def test_no_line_is_longer_than_the_screen_and_no_row_is_missing(colours, tmp_path, in_terminal, width):
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
def test_standard_input_is_read_in_every_format_it_may_have(colours, tmp_path, text, options):
    (tmp_path / "p.csv").write_text("colour,age\nred,21\nblue,22\n")
    expected = nnctl("predict", colours, tmp_path / "p.csv").stdout
    result = nnctl("predict", colours, "-", *options, stdin=text)
    assert result.exit_code == 0, result.output
    assert result.stdout == expected


def test_standard_input_and_the_format_of_what_is_written(colours):
    csv_text, json_text = "colour,age\nred,21\n", '[{"colour": "red", "age": 21}]'
    for given in (csv_text, json_text):
        assert json.loads(nnctl("predict", colours, "-", "--format", "json", stdin=given).stdout)[0]["y"] == "A"
        assert nnctl("predict", colours, "-", "--format", "csv", stdin=given).stdout.startswith("y,probability_A")


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "is empty"), ("colour,age\nred\n", "standard input"), ("colour\nred\n", "lacks the column age"),
     ("colour,age\nred,x\n", "standard input")],
)  # fmt: skip
def test_what_is_wrong_with_standard_input_is_said_of_it(colours, text, says):
    result = nnctl("predict", colours, "-", stdin=text)
    assert result.exit_code == 2 and says in " ".join(result.stderr.split()) and "/nnctl-" not in result.stderr


def test_an_input_format_is_for_standard_input(colours, tmp_path):
    (tmp_path / "p.csv").write_text("colour,age\nred,21\n")
    result = nnctl("predict", colours, tmp_path / "p.csv", "--input-format", "json")
    assert result.exit_code == 2 and "standard input" in result.stderr


# RUN left out


def test_without_a_run_the_newest_is_taken_and_named(tmp_path, monkeypatch):
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
def test_a_run_where_the_input_should_be_is_told(colours, people, swapped, says):
    result = nnctl("predict", *([people, colours] if swapped else [colours]))
    assert result.exit_code == 2 and says in result.stderr
    assert nnctl("predict").exit_code == 2


# Where it writes


@pytest.mark.parametrize("name", ["same", "spelled", "symbolic", "hard", "run", "trained"])
def test_nothing_that_was_read_is_written_over(tmp_path, name):
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
    assert len(result.stderr.splitlines()) == 1 and "not written over" in result.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_picture_is_not_written_over_the_config(tmp_path):
    run = train(tmp_path, COLOURED, train=COLOURS)
    os.link(run.parent / "c.yaml", tmp_path / "hard.svg")
    before = (tmp_path / "c.yaml").read_text()
    result = nnctl("summary", tmp_path / "c.yaml", "--plot", tmp_path / "hard.svg")
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1
    assert (tmp_path / "c.yaml").read_text() == before


def test_other_files_are_written_over_and_through_links(colours, people, tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")
    (tmp_path / "link.csv").symlink_to(target)
    assert nnctl("predict", colours, people, "-o", tmp_path / "link.csv").exit_code == 0
    assert target.read_text().startswith("y,probability_A") and (tmp_path / "link.csv").is_symlink()
    assert nnctl("predict", colours, people, "-o", "-").stdout == target.read_text()


# Notes of other inputs than columns


def test_texts_that_are_cut_are_noted(tmp_path):
    config = """
dataset: {path: FOLDER/train.csv, target: y, text: {column: words, length: 2}, split: {validation: 0, test: 0}}
layers: [{Embedding: {input_dim: 6, output_dim: 2}}, Flatten, {Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 1
"""
    run = train(tmp_path, config, train="words,y\n" + "good film,A\nbad film,B\n" * 6)
    (tmp_path / "p.csv").write_text("words\ngood good odd film\nbad\n")
    result = nnctl("predict", run, tmp_path / "p.csv")
    said = " | ".join(notes(result))
    assert len(table(result)) == 2 and "1 of 2 texts have more than 2 words and are cut" in said


def test_sequences_that_are_cut_are_noted(tmp_path):
    run = train(tmp_path, SEQUENCES.replace("order: t}", "order: t, length: 2}"), train=STEPS)
    (tmp_path / "p.csv").write_text("id,t,a\nq,1,3\nq,2,4\nq,3,5\n")
    result = nnctl("predict", run, tmp_path / "p.csv")
    assert len(table(result)) == 1 and "cut to their first 2 time steps" in " ".join(notes(result))


def test_images_that_are_brought_to_the_models_size_and_colour_are_noted(tmp_path):
    images = pytest.importorskip("PIL.Image")
    for word, color in (("dark", 10), ("light", 240)):
        (tmp_path / "photos" / word).mkdir(parents=True)
        for n in range(4):
            images.new("RGB", (4, 4), (color + n,) * 3).save(tmp_path / "photos" / word / f"{n}.png")
    config = """
dataset: {path: FOLDER/photos, split: {validation: 0, test: 0}}
layers: [Flatten, {Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 1
"""
    run = train(tmp_path, config)
    (tmp_path / "new").mkdir()
    images.new("L", (8, 8), 200).save(tmp_path / "new" / "b.png")
    images.new("RGB", (4, 4), (9, 9, 9)).save(tmp_path / "new" / "a.png")
    result = nnctl("predict", run, tmp_path / "new", "--keep", "all")
    assert [row["file"] for row in table(result)] == ["a.png", "b.png"]
    said = " | ".join(notes(result))
    assert "1 of 2 images are brought to 4 x 4 pixels" in said and "1 of 2 images are taken as RGB" in said
    labelled = json.loads(nnctl("eval", run, "--data", tmp_path / "photos", "--json").stdout)
    assert labelled["rows"] == 8
    result = nnctl("eval", run, "--data", tmp_path / "new")
    assert result.exit_code == 2 and "of no class" in result.stderr
    with open(tmp_path / "new" / "a.png", "rb") as file:
        alone = CliRunner().invoke(cli.program, ["predict", str(run), "-"], input=file.read())
    assert table(alone)[0]["probability_dark"] == table(nnctl("predict", run, tmp_path / "new"))[0]["probability_dark"]
