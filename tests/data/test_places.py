"""Every error about a row names its file and its row number there."""

import numpy as np
import pytest
from cli.small_runs import nnctl

TRAIN = "x,w,y,k\n" + "".join(f"{at},{'ab'[at % 2]},{'no' if at % 2 else 'yes'},1\n" for at in range(12))
CONFIG = """
dataset: {{path: train.csv, {split}_path: other.csv, target: y, weight: k, split: {{validation: 0, test: 0}}}}
layers: [{{Dense: {{units: 2, activation: softmax}}}}]
loss: sparse_categorical_crossentropy
"""
FLAGS = """
dataset: {{path: train.csv, {split}_path: other.csv, target: [f, g], split: {{validation: 0, test: 0}}}}
layers: [{{Dense: {{units: 2, activation: sigmoid}}}}]
loss: binary_crossentropy
"""


def message_of(folder, config, train, other, split="test"):
    (folder / "train.csv").write_text(train, encoding="utf-8")
    (folder / "other.csv").write_text(other, encoding="utf-8")
    (folder / "c.yaml").write_text(config.format(split=split), encoding="utf-8")
    result = nnctl("check", "c.yaml")
    assert result.exit_code == 2, result.output
    return " ".join(result.stderr.split())


@pytest.mark.parametrize("split", ["validation", "test"])
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
def test_a_wrong_row_of_a_separate_file(split, rows, row, column, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = "x,w,y,k\n" + "".join(f"{line}\n" for line in rows)
    message = message_of(tmp_path, CONFIG, TRAIN, other, split)
    assert f'other.csv: column "{column}"' in message and row in message and "train.csv" not in message


def test_a_flag_that_is_neither_0_nor_1(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train = "x,f,g\n" + "".join(f"{at},{at % 2},{at % 3 % 2}\n" for at in range(12))
    message = message_of(tmp_path, FLAGS, train, "x,f,g\n0,1,0\n1,7,0\n")
    assert 'other.csv: column "f, g"' in message and "row 2" in message


def test_rows_of_several_files_are_named_with_their_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = message_of(tmp_path, CONFIG, TRAIN.replace("3,b,no,1", ",b,no,1"), "x,w,y,k\n,a,yes,1\n")
    assert "row 4 of train.csv and row 1 of other.csv" in message and 'train.csv, other.csv: column "x"' in message


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("query", ["", ", query: select * from data where k > 0"])
def test_a_file_of_several(ending, query, tmp_path, monkeypatch):
    """Four rows in a, three in b; x is missing in the second row of b, and the query removes the first row of b."""
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        for name, first, rows in (("a", 0, 4), ("b", 4, 3)):
            source = f"range({first}, {first + rows}) t(i)"
            select = f"select nullif(i, 5) as x, i != 4 as k, if(i % 2, 'u', 'v') as y from {source}"
            how = {"csv": "(header)", "jsonl": "(format json)", "parquet": "(format parquet)"}[ending]
            connection.execute(f"copy (select x, k::int as k, y from ({select})) to '{name}.{ending}' {how}")
    (tmp_path / "c.yaml").write_text(
        f"dataset: {{path: '*.{ending}', target: y, split: {{validation: 0, test: 0}}{query}}}\n"
        "layers: [{Dense: {units: 2, activation: softmax}}]\nloss: sparse_categorical_crossentropy\n",
        encoding="utf-8",
    )
    message = " ".join(nnctl("check", "c.yaml").stderr.split())
    assert f'b.{ending}: column "x"' in message and f"{'1 of 2' if query else '1 of 3'} rows (row 2)" in message


def test_rows_are_counted_as_in_the_file_after_others_were_dropped(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train = TRAIN.replace("2,a,yes,1", "2,,yes,1").replace("7,b,no,1", "7,b,no,-1")
    message = message_of(tmp_path, CONFIG.replace("weight: k", "weight: k, missing: {{w: drop}}"), train, TRAIN)
    assert "row 8: a sample weight" in message and 'train.csv: column "k"' in message


@pytest.mark.parametrize(
    ("x", "y", "rows", "array"),
    [
        ([[1], [float("inf")]], [0, 1], "row 2: a value is infinite", "x"),
        ([[1], [float("nan")]], [0, 1], "1 value is missing, NaN (row 2)", "x"),
        ([[1], [2], [3]], [0, 1, 2.5], "row 3: class numbers must be whole", "y"),
        ([[1], [2], [3]], [0, -1, 0], "row 2: class numbers must be 0 or more", "y"),
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_rows_of_arrays(own, x, y, rows, array, tmp_path, monkeypatch):
    """In a separate file, and as x_test and y_test beside x_train and y_train."""
    monkeypatch.chdir(tmp_path)
    train = {"x": np.arange(8.0)[:, None], "y": np.arange(8.0) % 2}
    test = {"x": np.array(x, dtype=float), "y": np.array(y, dtype=float)}
    if own:
        np.savez("train.npz", **train)
        np.savez("other.npz", **test)
    else:
        splits = {"train": train, "test": test}
        np.savez(
            "train.npz", **{f"{name}_{split}": v for split, arrays in splits.items() for name, v in arrays.items()}
        )
    (tmp_path / "c.yaml").write_text(
        f"dataset: {{path: train.npz, {'test_path: other.npz, ' if own else ''}target: y,"
        " split: {validation: 0, test: 0}}\n"
        "layers: [{Dense: {units: 3, activation: softmax}}]\nloss: sparse_categorical_crossentropy\n",
        encoding="utf-8",
    )
    message = " ".join(nnctl("check", "c.yaml").stderr.split())
    assert rows in message and f'{"other.npz" if own else "train.npz (test arrays)"}: array "{array}"' in message


def test_rows_of_sequences_are_those_of_their_first_steps(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    head, config = (
        "id,x,y\n",
        """
dataset: {{path: train.csv, {split}_path: other.csv, target: y, sequence: {{id: id}},
          split: {{validation: 0, test: 0}}}}
layers: [{{SimpleRNN: {{units: 2}}}}, {{Dense: {{units: 1, activation: sigmoid}}}}]
loss: binary_crossentropy
""",
    )
    train = head + "".join(f"s{at // 2},{at},{at // 2 % 2}\n" for at in range(12))
    message = message_of(tmp_path, config, train, head + "a,1,0\na,2,0\nb,1,0.5\nb,2,0.5\nc,3,1\nc,3,7\n")
    assert "row 6" in message and 'other.csv: column "y"' in message  # differs from row 5
    message = message_of(tmp_path, config, train, head + "a,1,0\na,2,0\nb,1,nan\nb,2,nan\n")
    assert "rows 3, 4" in message and 'other.csv: column "y"' in message
