"""nnctl eval: which rows are evaluated, and the notes on what was done to them."""

import json

import pytest
from small_runs import COLOURED, COLOURS, DROPPED, nnctl, notes, softmax_by_hand, train


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    return train(tmp_path_factory.mktemp("colours"), COLOURED, train=COLOURS)


def test_what_was_done_to_the_data_is_noted_in_both_forms(colours, tmp_path):
    (tmp_path / "e.csv").write_text("colour,age,y\ngreen,,A\nred,27.5,A\n")
    result = nnctl("eval", colours, "--data", tmp_path / "e.csv")
    assert result.exit_code == 0, result.output
    said = notes(result)
    assert any("green" in note for note in said) and any("27.5 (median" in note for note in said)
    assert "green" not in result.stdout
    found = json.loads(nnctl("eval", colours, "--data", tmp_path / "e.csv", "--json").stdout)
    assert [" ".join(note.split()) for note in found["notes"]] == said
    assert found["rows"] == 2 and found["left_out"] == [] and found["run"] == str(colours)
    p = softmax_by_hand(colours, [[0, 0, 0], [0, 1, 0]])
    assert found["metrics"]["accuracy"] == (p.argmax(axis=1) == 0).mean()


def test_a_split_of_the_runs_own_data_has_notes_too(colours):
    found = json.loads(nnctl("eval", colours, "--split", "train", "--json").stdout)
    assert found["rows"] == 16 and any(note.startswith("split: 16 train") for note in found["notes"])


def test_skipped_rows_are_listed_and_not_counted(tmp_path):
    run = train(tmp_path, DROPPED, train=COLOURS)
    (tmp_path / "e.csv").write_text("colour,age,y\nred,21,A\nred,,A\nblue,22,\nblue,24,B\n")
    result = nnctl("eval", run, "--data", tmp_path / "e.csv", "--json")
    found = json.loads(result.stdout)
    assert found["rows"] == 2 and found["left_out"] == [2, 3]
    assert ["row 2" in note for note in found["notes"]].count(True) == 1
    assert ["row 3" in note for note in found["notes"]].count(True) == 1


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("colour,age", ["lacks the target y", "nnctl predict"]),
        ("colour,age,Y", ["lacks the target y", "did you mean Y?"]),
        ("color,age,y", ["lacks the column colour", "did you mean color?"]),
        ("color,age", ["lacks the columns colour, y"]),
    ],
)
def test_missing_columns_are_reported(colours, tmp_path, header, says):
    (tmp_path / "e.csv").write_text(f"{header}\nred,21{',A' * (header.count(',') - 1)}\n")
    result = nnctl("eval", colours, "--data", tmp_path / "e.csv")
    assert result.exit_code == 2
    for words in says:
        assert words in " ".join(result.stderr.split())


@pytest.mark.parametrize("options", [[], ["--format", "json"], ["--input-format", "json"]])
def test_labelled_rows_come_from_standard_input(colours, options):
    text = '[{"colour": "red", "age": 21, "y": "A"}, {"colour": "green", "age": 21, "y": "B"}]'
    found = json.loads(nnctl("eval", colours, "--data", "-", "--json", *options, stdin=text).stdout)
    assert found["rows"] == 2 and found["split"] == "standard input" and "/nnctl-" not in json.dumps(found)
    text = "colour,age,y\nred,21,A\n"
    assert nnctl("eval", colours, "--data", "-", stdin=text).stdout.startswith("standard input: 1 row")


def test_without_a_run_the_newest_is_used_and_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    run = train(tmp_path, COLOURED, run="runs/only", train=COLOURS)
    result = nnctl("eval", "--split", "train")
    assert result.exit_code == 0 and "runs/only" in result.stderr
    shown, _, commands = result.stdout.partition("\nnext")
    assert nnctl("eval", run / "model.safetensors", "--split", "train").stdout.startswith(shown)
    assert "nnctl report runs/only" in commands
    assert json.loads(nnctl("eval", "--split", "train", "--json").stdout)["run"] == "runs/only"


def test_a_data_file_in_place_of_a_run_is_refused(colours, tmp_path):
    (tmp_path / "e.csv").write_text("colour,age,y\nred,21,A\n")
    result = nnctl("eval", tmp_path / "e.csv")
    assert result.exit_code == 2 and f"--data {tmp_path / 'e.csv'}" in result.stderr


def test_control_characters_in_the_data_are_escaped(tmp_path):
    odd = COLOURS.replace("A\n", "\x1b[31mA\n").replace("red", "re\x07d")
    run = train(tmp_path, COLOURED, train=odd)
    (tmp_path / "e.csv").write_text("colour,age,y\ngr\x1b[2Jeen,21,\x1b[31mA\n")
    result = nnctl("eval", run, "--data", tmp_path / "e.csv")
    assert result.exit_code == 0 and not any(sign in result.output for sign in "\x1b\x07")
    assert r"\x1b[31mA" in result.stdout and r"gr\x1b[2Jeen" in result.stderr
