"""A table that is streamed into the cache gives the same data set, to the bit, as one that is loaded into memory."""

import gzip

import duckdb
import numpy as np
import pytest
from data.files import again, loaded

from nnctl.data.lazy_array import Rows
from nnctl.data.load import load_fitted

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
    keys = {"target": "y", **keys}
    in_memory = loaded(path, labels, stream=False, **keys)
    assert not cache.exists()
    streamed = loaded(path, labels, stream=True, **keys)
    same(contents(streamed), contents(in_memory))
    assert all(isinstance(x, Rows) and x.mapped for x in streamed.train.inputs.values())
    same(contents(loaded(path, labels, stream=True, **keys)), contents(in_memory))  # from the cache
    same(contents(load_fitted(again(streamed))), contents(load_fitted(again(in_memory))))
    for targets in (True, False):
        given = streamed.preprocessing.read(str(path), with_targets=targets)
        wanted = in_memory.preprocessing.read(str(path), with_targets=targets)
        assert given.notes == wanted.notes and given.left_out == wanted.left_out
        np.testing.assert_array_equal(given.split.inputs["input"], wanted.split.inputs["input"])
    assert len(list(cache.iterdir())) == 1  # that all of them have read
