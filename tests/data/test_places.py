"""Whatever is wrong with a row is told with the file that it stands in and its number there."""

import pytest
from cli.small_runs import nnctl

TRAIN = "x,w,y,k\n" + "".join(f"{at},{'ab'[at % 2]},{'no' if at % 2 else 'yes'},1\n" for at in range(12))
CONFIG = """
dataset: {{path: train.csv, {part}_path: other.csv, target: y, weight: k, split: {{validation: 0, test: 0}}}}
layers: [{{Dense: {{units: 2, activation: softmax}}}}]
loss: sparse_categorical_crossentropy
"""
FLAGS = """
dataset: {{path: train.csv, {part}_path: other.csv, target: [f, g], split: {{validation: 0, test: 0}}}}
layers: [{{Dense: {{units: 2, activation: sigmoid}}}}]
loss: binary_crossentropy
"""


def message_of(folder, config, train, other, part="test"):
    (folder / "train.csv").write_text(train)
    (folder / "other.csv").write_text(other)
    (folder / "c.yaml").write_text(config.format(part=part))
    result = nnctl("check", "c.yaml")
    assert result.exit_code == 2, result.output
    return " ".join(result.stderr.split())


@pytest.mark.parametrize("part", ["validation", "test"])
@pytest.mark.parametrize(
    ("rows", "row", "column"),
    [
        (["1,a,yes,1", ",b,no,1"], "row 2", "x"),
        (["1,,yes,1", "1,b,no,1"], "row 1", "w"),
        (["1,a,yes,1", "2,b,no,1", "3,a,,1"], "row 3", "y"),
        (["1,a,yes,1", "1e39,b,no,1"], "row 2", "x"),
        (["1,a,yes,1", "2020-01-05,b,no,1"], "row 2", "x"),
        (["1,a,yes,1", "2,b,no,-1"], "row 2", "k"),
        (["1,a,yes,1", "2,b,no,much"], "row 2", "k"),
    ],
)
def test_a_wrong_row_of_a_file_of_its_own(part, rows, row, column, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = "x,w,y,k\n" + "".join(f"{line}\n" for line in rows)
    message = message_of(tmp_path, CONFIG, TRAIN, other, part)
    assert f'other.csv: column "{column}"' in message and row in message and "train.csv" not in message


def test_a_flag_that_is_neither_0_nor_1(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train = "x,f,g\n" + "".join(f"{at},{at % 2},{at % 3 % 2}\n" for at in range(12))
    message = message_of(tmp_path, FLAGS, train, "x,f,g\n0,1,0\n1,7,0\n")
    assert 'other.csv: column "f, g"' in message and "row 2" in message


def test_rows_of_several_files_are_told_for_the_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = message_of(tmp_path, CONFIG, TRAIN.replace("3,b,no,1", ",b,no,1"), "x,w,y,k\n,a,yes,1\n")
    assert "row 4 and 1 more in other files" in message and 'train.csv: column "x"' in message
