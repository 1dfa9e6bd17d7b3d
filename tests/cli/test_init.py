"""nnctl init --from: a config for the user's own data that passes `check` and trains."""

import contextlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from nnctl import cli
from nnctl.config import load
from nnctl.data.catalog.bundled import bundled_path


def nnctl(*arguments):
    return CliRunner().invoke(cli.program, [str(a) for a in arguments])


def test_a_table_of_classes_and_one_of_numbers_train_at_the_first_try(tmp_path):
    for name, target, metric, least in (
        ("iris", "species", "accuracy", 0.8),
        ("diabetes", "progression", "r2_score", 0.2),
    ):
        path = tmp_path / f"{name}.yaml"
        written = nnctl("init", "--from", bundled_path(name), "--target", target, "-o", path)
        assert written.exit_code == 0, written.output
        assert f"nnctl train {path}" in written.output
        assert nnctl("check", path).exit_code == 0
        trained = nnctl("train", path, "--run", tmp_path / name, "--json", "--epochs", 30)
        assert json.loads(trained.stdout.splitlines()[-1])["test"][metric] > least


def test_an_unclear_target_is_asked_for_with_the_columns(tmp_path):
    result = nnctl("init", "--from", bundled_path("diabetes"), "-o", tmp_path / "c.yaml")
    assert result.exit_code == 2
    assert "--target" in result.output and "blood_pressure" in result.output
    assert not (tmp_path / "c.yaml").exists()


ROWS = 60
rng = np.random.default_rng(3)
NUMBERS = rng.normal(size=ROWS).round(3)
CITIES = rng.choice(["서울", "부산", "대구"], ROWS)


def written(source, *arguments):
    """The config that is written for a file, loaded."""
    path = source.parent / "first.yaml"
    result = nnctl("init", "--from", source, "-o", path, *arguments)
    assert result.exit_code == 0, result.output
    assert nnctl("check", path).exit_code == 0
    return load(path)


def table(path, delimiter=",", decimal=".", encoding="utf-8"):
    lines = [delimiter.join(["값", "도시", "y"])]
    lines += [delimiter.join([str(number).replace(".", decimal), city, "yes" if number > 0 else "no"])
              for number, city in zip(NUMBERS, CITIES, strict=True)]  # fmt: skip
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def rows_as_json(path):
    rows = [{"값": float(number), "도시": str(city), "y": bool(number > 0)}
            for number, city in zip(NUMBERS, CITIES, strict=True)]  # fmt: skip
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


TABLES = {
    "as Excel saves it in Korea": lambda folder: table(folder / "t.csv", ";", ",", "euc-kr"),
    "TSV": lambda folder: table(folder / "t.tsv", "\t"),
    "JSON lines": lambda folder: rows_as_json(folder / "t.jsonl"),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables_of_other_formats(kind, tmp_path):
    config = written(TABLES[kind](tmp_path))
    assert config.dataset.target == ("y",) and not config.dataset.ignore
    assert [each.kind for each in config.losses.values()] == ["binary_crossentropy"]
    assert (config.dataset.encoding is not None) == ("Excel" in kind)


def test_dates_are_added_as_numbers_and_texts_are_read_word_by_word(tmp_path):
    path = tmp_path / "t.csv"
    lines = [
        f"2024-{1 + row % 12:02}-03,this is text number {row} of {CITIES[row]},{NUMBERS[row]}" for row in range(ROWS)
    ]
    path.write_text("\n".join(["day,story,y", *lines]), encoding="utf-8")
    config = written(path)
    assert "month(day)" in config.dataset.query and "year(day)" not in config.dataset.query
    assert config.dataset.text.column == ("story",) and set(config.inputs) == {"words", "rest"}


def test_marks_among_numbers_are_missing_values_also_beside_dates(tmp_path):
    path = tmp_path / "t.csv"
    marks = ["-" if row % 9 == 0 else f"{value}" for row, value in enumerate(NUMBERS)]
    lines = [f"2024-{1 + row % 12:02}-03,{mark},{CITIES[row]}" for row, mark in enumerate(marks)]
    path.write_text("\n".join(["day,amount,y", *lines]), encoding="utf-8")
    config = written(path)
    assert config.dataset.missing_values[-1] == "-" and config.dataset.missing == {"amount": "median"}
    assert config.dataset.ignore == ("day",) and config.dataset.query


STEPS = rng.normal(size=(ROWS, 7, 3)).astype("float32")
ARRAYS = {
    "vectors": ({"x": STEPS[:, 0], "y": rng.integers(0, 3, ROWS)}, "sparse_categorical_crossentropy", "Dense"),
    "numbers": ({"x": STEPS[:, 0], "y": STEPS[:, 1, 0]}, "mse", "Dense"),
    "several numbers": ({"x": STEPS[:, 0], "y": STEPS[:, 1]}, "mse", "Dense"),
    "one-hot": ({"x": STEPS[:, 0], "y": np.eye(3)[np.arange(ROWS) % 3]}, "categorical_crossentropy", "Dense"),
    "flags": ({"x": STEPS[:, 0], "y": STEPS[:, 1] > 0}, "binary_crossentropy", "Dense"),
    "sequences": ({"x": STEPS, "lengths": np.arange(ROWS) % 7 + 1, "y": np.arange(ROWS) % 2}, "binary_crossentropy",
                  "Bidirectional"),
    "token ids": ({"x": rng.integers(0, 50, (ROWS, 9)), "lengths": np.arange(ROWS) % 9 + 1, "y": np.arange(ROWS) % 2},
                  "binary_crossentropy", "Embedding"),
    "texts of sequences": ({"x": STEPS, "y": np.array([f"{row % 50:02}" for row in range(ROWS)])}, "ctc",
                           "Bidirectional"),
    "pixels": ({"images": rng.integers(0, 255, (ROWS, 8, 8)).astype("uint8"), "labels": np.arange(ROWS) % 4},
               "sparse_categorical_crossentropy", "Reshape"),
    "two inputs": ({"left": STEPS[:, 0], "right": STEPS, "y": np.arange(ROWS) % 2}, "binary_crossentropy", "Dense"),
    "splits of their own": ({"x_train": STEPS[:, 0], "y_train": np.arange(ROWS) % 2, "x_test": STEPS[:9, 0],
                             "y_test": np.arange(9) % 2}, "binary_crossentropy", "Dense"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays(kind, tmp_path):
    arrays, loss, first = ARRAYS[kind]
    np.savez(tmp_path / "data.npz", **arrays)
    config = written(tmp_path / "data.npz")
    assert [each.kind for each in config.losses.values()] == [loss]
    assert config.nodes[0].layer.kind == first
    said = (tmp_path / "first.yaml").read_text()
    assert ("'y' has a 0 or a 1 for each class." in said) == (kind in ("one-hot", "flags"))
    assert ("'y' is predicted as numbers." in said) == (loss == "mse")


def test_a_folder_of_large_images(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for row in range(ROWS):
        folder = tmp_path / "photos" / "ab"[row % 2]
        folder.mkdir(parents=True, exist_ok=True)
        image.fromarray(rng.integers(0, 255, (120, 240, 3)).astype("uint8")).save(folder / f"{row}.png")
    config = written(tmp_path / "photos")
    assert config.dataset.image.size == (32, 64) and config.dataset.target == ("y",)
    assert "Conv2D" in [node.layer.kind for node in config.nodes]


def test_json_has_the_config_and_every_reason(tmp_path):
    result = nnctl("init", "--from", table(tmp_path / "t.csv"), "-o", tmp_path / "t.yaml", "--json")
    found = json.loads(result.stdout)
    assert found["config"]["dataset"]["target"] == "y"
    reasons = {choice["key"]: choice["why"] for choice in found["choices"]}
    assert any("yes" in why for why in reasons["dataset.target"])


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--from", "t.csv", "classify"], "not both"),
        (["--from", "t.csv", "u.csv"], "give --from one FILE, not 2 files"),
        (["--from", "t.csv", "u.csv"], "nnctl init --from '*.csv'"),
        (["classify", "regress"], "unexpected extra argument (regress)"),
        (["--from", "."], 'give its files: "./*.csv"'),
        (["--target", "y"], "need --from"),
        (["--from", "t.csv", "--target", "x"], "columns: 값, 도시, y"),
        (["--from", "missing.csv"], "no such file"),
        (["--from", "t.csv", "--target", "도시", "--task", "regress"], "cannot be predicted as numbers"),
    ],
)
def test_mistakes_are_told_in_one_message(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "t.csv")
    table(tmp_path / "u.csv")
    result = nnctl("init", *arguments)
    assert result.exit_code == 2 and message in result.output and "Traceback" not in result.output


def test_on_a_terminal_it_asks_for_the_target_and_for_what_whole_numbers_are(tmp_path):
    pty = pytest.importorskip("pty", reason="pseudo-terminals are Unix's")
    lines = [f"{number},{city},{3 + row % 6}" for row, (number, city) in enumerate(zip(NUMBERS, CITIES, strict=True))]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,grade", *lines]), encoding="utf-8")
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "nnctl", "init", "--from", "t.csv"]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, cwd=tmp_path) as process:
        os.close(its)
        os.write(ours, b"grades\ngrade\nregress\n")
        shown = b""
        with contextlib.suppress(OSError):  # the process is gone
            while piece := os.read(ours, 65536):
                shown += piece
    os.close(ours)
    text = shown.decode()
    assert process.returncode == 0, text
    assert "Which column should be predicted? [grade]" in text and "did you mean grade?" in text
    assert "3 to 8: are they classes or numbers?" in text
    assert [loss.kind for loss in load(tmp_path / "t.yaml").losses.values()] == ["mse"]
