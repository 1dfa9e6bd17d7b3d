"""A table that is streamed into the cache gives the same data set, to the bit, as one that is loaded into memory."""

import gzip
import json

import duckdb
import numpy as np
import pytest
from data.files import again, loaded

from nnctl import config
from nnctl.api import load
from nnctl.data.columns.column_format import NO_RULES
from nnctl.data.config import DatasetSpec
from nnctl.data.lazy_array import Rows
from nnctl.data.load import load_fitted
from nnctl.data.readers import read
from nnctl.data.readers.csv import small_csv
from nnctl.data.readers.paths import find_files
from nnctl.data.table_cache import choice, column_files
from nnctl.data.table_cache.store import stored_table
from nnctl.errors import DataError
from nnctl.training import runner

RNG = np.random.default_rng(5)
N = 300


def _csv(columns, rows=range(N), delimiter=","):
    lines = [delimiter.join(columns)]
    lines += [delimiter.join(str(values[row]) for values in columns.values()) for row in rows]
    return "\n".join(lines) + "\n"


def _sometimes(values, word, share=0.1):
    return [word if RNG.random() < share else value for value in values]


X = RNG.normal(size=N).round(4).tolist()
Z = (RNG.random(N) * 1e6).round(2).tolist()
KIND = RNG.choice(["red", "green", "blue, dark"], N).tolist()
QUOTED = [f'"{word}"' for word in KIND]
Y = RNG.integers(0, 3, N).tolist()
DAYS = [f"2024-{1 + row % 12:02}-{1 + row % 28:02}" for row in range(N)]
IDS = [f"r{row}" for row in range(N)]

NUMBERS = {"x": X, "z": Z, "y": Y}
# name -> (files, keys of the dataset, labels of the loss)
CASES = {
    "numbers": ({"d.csv": _csv(NUMBERS)}, {}, "integer"),
    "one-hot targets": ({"d.csv": _csv(NUMBERS)}, {}, "onehot"),
    "a number as target": ({"d.csv": _csv({"a": KIND and Y, "b": Z, "y": X})}, {"normalize": "minmax"}, "number"),
    "a scaled target": ({"d.csv": _csv(NUMBERS | {"y": Z})}, {"normalize": {"y": "standard"}}, "number"),
    "two targets": ({"d.csv": _csv(NUMBERS | {"w": X})}, {"target": ["y", "w"]}, "number"),
    "dates, quoted words": ({"d.csv": _csv(NUMBERS | {"day": DAYS, "kind": QUOTED})}, {}, "integer"),
    "split by time": ({"d.csv": _csv(NUMBERS | {"day": DAYS})}, {"split": {"time": "day"}}, "integer"),
    "split by column": (
        {"d.csv": _csv(NUMBERS | {"part": RNG.choice(["train", "val", "test"], N)})},
        {"split": {"column": "part"}}, "integer",
    ),
    "booleans": ({"d.csv": _csv(NUMBERS | {"y": RNG.choice(["true", "false"], N)})}, {}, "binary"),
    "words as target": ({"d.csv": _csv(NUMBERS | {"y": QUOTED})}, {"split": {"stratify": False}}, "integer"),
    "missing values": (
        {"d.csv": _csv({"x": _sometimes(X, "NA"), "z": _sometimes(Z, ""), "kind": _sometimes(QUOTED, "?"), "y": Y})},
        {"missing": {"x": "median", "z": "mean", "kind": "category"}}, "integer",
    ),
    "rows left out": (
        {"d.csv": _csv({"x": _sometimes(X, "NA"), "z": _sometimes(Z, ""), "kind": _sometimes(QUOTED, ""), "y": Y})},
        {"missing": "drop"}, "integer",
    ),
    "weights, ignored and rare": (
        {"d.csv": _csv(NUMBERS | {"w": np.abs(X), "kind": _sometimes(QUOTED, "pink", 0.01)})},
        {"weight": "w", "ignore": ["z"], "rare": 20}, "integer",
    ),
    "integer categories": ({"d.csv": _csv({"kind": QUOTED, "y": Y})}, {"encode": "integer"}, "integer"),
    "numbers as categories": ({"d.csv": _csv(NUMBERS | {"k": Y})}, {"categorical": ["k"]}, "integer"),
    "decimal commas": (
        {"d.csv": _csv({"x": [str(x).replace(".", ",") for x in X], "y": Y}, delimiter=";")}, {}, "integer",
    ),
    "times and identifiers": (
        {"d.csv": _csv(NUMBERS | {"at": [f"{row % 24:02}:15" for row in range(N)], "id": range(N), "k": IDS})},
        {}, "integer",
    ),
    "gzip": ({"d.csv.gz": gzip.compress(_csv(NUMBERS | {"kind": QUOTED}).encode())}, {}, "integer"),
    "another encoding": ({"d.csv": _csv({"x": X, "kind": ["ä", "ö", "ü"] * 100, "y": Y}).encode("latin-1")},
                         {"encoding": "latin-1"}, "integer"),
    "several files": (
        {f"d{n}.csv": _csv(NUMBERS | {"kind": QUOTED}, range(100 * n, 100 * n + 100)) for n in range(3)},
        {}, "integer",
    ),
    "columns in another order": (
        {"d0.csv": _csv(NUMBERS, range(150)), "d1.csv": _csv({"y": Y, "z": Z, "x": X}, range(150, N))},
        {"missing": "drop"}, "integer",
    ),
    "files of their own for validation and test": (
        {"d.csv": _csv({"x": _sometimes(X, "NA"), "kind": QUOTED, "y": Y}, range(200)),
         "v.csv": _csv({"kind": ['"red"', "new", ""] * 100, "y": Y, "x": X}, range(200, 250)),
         "t.csv": _csv({"x": _sometimes(X, "NA"), "kind": QUOTED, "y": Y}, range(250, N))},
        {"validation_path": "v.csv", "test_path": "t.csv", "missing": "drop"}, "integer",
    ),
    "Parquet": ("select range as r, range % 7 as k, range * 0.37 as x, date '2024-01-01' + (range % 50)::int as day,"
                " ['u', 'v', null][1 + range % 3] as kind, [range] as list, range % 2 = 0 as y from range(300)",
                {"missing": {"kind": "category"}}, "binary"),
}  # fmt: skip


def write(folder, files):
    """Writes the files, and returns their path or glob."""
    if isinstance(files, str):
        duckdb.sql(f"copy ({files}) to '{folder / 'd.parquet'}'")
        return folder / "d.parquet"
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / (next(iter(files)) if len(files) == 1 else "d*.csv")


def placed(keys, folder):
    """The keys of the dataset, with the paths of the files."""
    paths = {key: str(folder / value) for key, value in keys.items() if key.endswith("_path")}
    return {"target": "y", **keys, **paths}


def contents(data):
    """What a data set is, to compare."""
    splits = {
        name: {
            "inputs": {key: np.asarray(x) for key, x in split.inputs.items()},
            "targets": {key: np.asarray(x) for key, x in split.targets.items()},
            "others": {"weights": split.weights, "names": split.names},
        }
        for name, split in data.splits.items()
    }
    fitted = data.preprocessing.to_json()
    fitted["dataset"].pop("stream")
    return splits, fitted, list(data.notes)


def same(one, other):
    for name, split in one[0].items():
        for kind, arrays in split.items():
            for key, array in arrays.items():
                np.testing.assert_array_equal(array, other[0][name][kind][key], strict=True)
    assert one[1] == other[1]
    assert one[2] == other[2]


@pytest.mark.parametrize("case", CASES)
def test_the_same_data_set(case, tmp_path, cache):
    files, keys, labels = CASES[case]
    path = write(tmp_path, files)
    keys = placed(keys, tmp_path)
    in_memory = loaded(path, labels, stream=False, **keys)
    assert not cache.exists()
    streamed = loaded(path, labels, stream=True, **keys)
    same(contents(streamed), contents(in_memory))
    assert all(isinstance(x, Rows) and x.in_file for x in streamed.train.inputs.values())
    same(contents(loaded(path, labels, stream=True, **keys)), contents(in_memory))  # from the cache
    same(contents(load_fitted(again(streamed))), contents(load_fitted(again(in_memory))))
    for targets in (True, False):
        given = streamed.preprocessing.read(str(path), with_targets=targets)
        wanted = in_memory.preprocessing.read(str(path), with_targets=targets)
        assert given.notes == wanted.notes and given.left_out == wanted.left_out
        np.testing.assert_array_equal(given.split.inputs["input"], wanted.split.inputs["input"])
    # all of them have read the same entries
    assert len(list(cache.iterdir())) == 1 + sum(key.endswith("_path") for key in keys)


@pytest.mark.parametrize("case", ["numbers", "missing values", "rows left out", "two targets", "Parquet"])
def test_a_run_ends_in_the_same_bytes(case, tmp_path, cache, monkeypatch):
    files, keys, labels = CASES[case]
    path = write(tmp_path, files)
    units, activation, loss = {
        "integer": (3, "softmax", "sparse_categorical_crossentropy"),
        "binary": (1, "sigmoid", "binary_crossentropy"),
        "number": (2, "linear", "mse"),
    }[labels]
    spec = {
        "dataset": {"path": str(path), **placed(keys, tmp_path)},
        "layers": [{"Dense": {"units": 8}}, {"Dense": {"units": units, "activation": activation}}],
        "loss": loss, "optimizer": "adam", "epochs": 3, "batch_size": 16,
    }  # fmt: skip
    monkeypatch.setattr(read, "_LARGE", 0)
    monkeypatch.setattr(small_csv, "LARGEST", 0)
    monkeypatch.setattr(small_csv, "SMALL", 0)  # it saves the formats of the columns in another order
    found = {}
    for memory in (1e12, 1.0):  # of which the table takes more than half only in the second case
        monkeypatch.setattr(choice, "available_memory", lambda memory=memory: memory)
        folder = tmp_path / f"run{memory:g}"
        runner.train(config.loads(json.dumps(spec), "c.yaml"), folder=folder)
        with load(folder) as run:
            found[memory] = (
                *((folder / name).read_bytes() for name in ("model.safetensors", "metrics.csv")),
                run.evaluate(split="validation"), run.evaluate(str(path)), run.predict(str(path)).tolist(),
            )  # fmt: skip
        assert cache.exists() == (memory == 1)
    assert found[1e12] == found[1.0]


@pytest.mark.parametrize("keys, told", [
    ({"query": "select * from data"}, "`query`"),
    ({"sequence": {"id": "x"}}, "`sequence`"),
    ({"text": {"column": "kind"}}, "`text`"),
])  # fmt: skip
def test_what_cannot_be_streamed_is_refused_by_name(keys, told, tmp_path, monkeypatch):
    path = write(tmp_path, {"d.csv": _csv(NUMBERS | {"kind": QUOTED})})
    with pytest.raises(DataError, match=f"`stream: true` does not work with {told}"):
        loaded(path, target="y", stream=True, **keys)


def test_json_is_refused(tmp_path):
    (tmp_path / "d.jsonl").write_text('{"x": 1, "y": 0}\n{"x": 2, "y": 1}\n')
    with pytest.raises(DataError, match=r"does not work with JSON files(.|\n)*convert them to Parquet"):
        loaded(tmp_path / "d.jsonl", target="y", stream=True)


def test_a_column_of_too_many_words_is_refused_by_name_and_can_be_ignored(tmp_path, monkeypatch):
    monkeypatch.setattr(column_files, "MOST_WORDS", 10)
    path = write(tmp_path, {"d.csv": _csv(NUMBERS | {"id": IDS})})
    with pytest.raises(DataError, match=r'column "id": has more than 10 different words(.|\n)*`ignore: \[id\]`'):
        loaded(path, target="y", stream=True)
    same(*(contents(loaded(path, target="y", ignore=["id"], stream=stream)) for stream in (True, False)))


def test_many_words_that_tell_how_others_are_written_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(column_files, "MOST_WORDS", 10)
    path = write(tmp_path, {"d.csv": _csv(NUMBERS | {"day": DAYS})})
    with pytest.raises(DataError, match=r'column "day": has more than 10 different words(.|\n)*Parquet'):
        loaded(path, target="y", ignore=["day"], stream=True)


def test_the_sizes_are_estimated(tmp_path):
    path = write(tmp_path, {"d.csv": _csv(NUMBERS)})
    packed = tmp_path / "p.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    parquet = write(tmp_path, "select range as a, range as b, range as c from range(300)")
    for each in (path, packed, parquet):
        assert choice.fields(find_files([str(each)])) == pytest.approx(900, rel=0.02)


def test_rows_stay_in_order_however_many_threads_read_them(tmp_path):
    path, count = tmp_path / "d.csv", 110_000  # 18 MB: DuckDB reads more than 16 MB with several threads
    columns = ", ".join(f"1000000 + (range * {at + 3}) % 999983 as x{at}" for at in range(20))
    duckdb.sql(f"copy (select range as r, {columns} from range({count})) to '{path}' (header)")
    read = stored_table(find_files([str(path)]), DatasetSpec(), NO_RULES, None)
    assert np.array_equal(read["r"].values, np.arange(count))
    assert np.array_equal(read["x4"].values, 1_000_000 + np.arange(count) * 7 % 999_983)
