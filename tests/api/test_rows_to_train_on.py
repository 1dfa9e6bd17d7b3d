"""nnctl.train(config, data=rows): rows in memory train as the same rows in a file do; runs that are not saved."""

import copy
import csv
import datetime
import pickle
import threading
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

import nnctl
from nnctl.data.catalog.bundled import bundled_path
from nnctl.errors import DataError, NnctlError, TrainingError
from nnctl.training.events import EpochEnded

HEAD = {"Dense": {"units": 3, "activation": "softmax"}}
IRIS = {"layers": [{"Dense": {"units": 8, "activation": "relu"}}, HEAD], "loss": "sparse_categorical_crossentropy",
        "dataset": {"target": "species"}, "epochs": 3}  # fmt: skip


def columns_of(name):
    with open(bundled_path(name), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {key: [_value(row[key]) for row in rows] for key in rows[0]}


def _value(word):
    try:
        return float(word)
    except ValueError:
        return None if word in ("", "NA", "?") else word


def weights_of(run):
    return {key: values.copy() for key, values in run.model.program.named_weights().items()}


def same(one, other):
    return one.keys() == other.keys() and all((one[key] == other[key]).all() for key in one)


@pytest.fixture
def from_file(tmp_path):
    config = {**IRIS, "dataset": {"path": str(bundled_path("iris")), "target": "species"}}
    return nnctl.train(config, folder=tmp_path / "from_file")


def as_records(columns):
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def as_frame(columns):
    return pytest.importorskip("pandas").DataFrame(columns)


@pytest.mark.parametrize("form", [dict, as_records, as_frame])
def test_rows_train_as_their_file(form, from_file, tmp_path):
    rows = form(columns_of("iris"))
    run = nnctl.train(IRIS, data=rows, folder=tmp_path / "a")
    assert same(weights_of(run), weights_of(from_file))
    unsaved = nnctl.train(IRIS, data=rows, save=False)
    assert same(weights_of(unsaved), weights_of(from_file))
    assert unsaved.evaluate(rows) == pytest.approx(from_file.evaluate(str(bundled_path("iris"))))
    assert unsaved.classes == ("setosa", "versicolor", "virginica")
    assert unsaved.ended.test == from_file.ended.test and unsaved.ended.epochs == 3


def test_categories_and_missing_values_are_prepared_as_from_a_file(tmp_path):
    path, columns = str(bundled_path("cars")), columns_of("cars")
    dataset = {"target": "mpg", "path": path, "ignore": "name", "missing": {"horsepower": "mean", "mpg": "drop"},
               "categorical": "cylinders"}  # fmt: skip
    whole = {"dataset": dataset, "layers": [{"Dense": {"units": 1}}], "loss": "mse", "epochs": 2}
    filed = nnctl.train(whole, folder=tmp_path / "b")
    run = nnctl.train(whole, data=columns, save=False)
    assert same(weights_of(run), weights_of(filed))
    np.testing.assert_array_equal(run.predict(columns), filed.predict(path))


def test_a_pair_of_arrays(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 6, 2)).astype(np.float32), rng.integers(0, 3, 40)
    config = {"layers": ["Flatten", HEAD], "loss": "sparse_categorical_crossentropy", "epochs": 2}
    np.savez(tmp_path / "d.npz", x=x, y=y)
    expected = nnctl.train({**config, "dataset": {"path": str(tmp_path / "d.npz")}}, folder=tmp_path / "a")
    for data in ((x, y), {"x": x, "y": y}):
        assert same(weights_of(nnctl.train(config, data=data, save=False)), weights_of(expected))


def test_class_names_in_an_array_of_objects(tmp_path):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(90, 2)), np.array(["long", "round", "flat"] * 30, dtype=object)  # as pandas gives words
    x[y == "long"] += 5
    config = {"dataset": {}, "layers": [{"Dense": {"units": 3, "activation": "softmax"}}],
              "loss": "sparse_categorical_crossentropy", "optimizer": {"adam": {"learning_rate": 0.1}}}  # fmt: skip
    run = nnctl.train(config, data=(x.astype(object), y), epochs=5, save=False)
    assert run.classes == ("flat", "long", "round") and run.predict(x[:1]) == ["long"]
    with pytest.raises(DataError, match='array "x": not an array of numbers\n  hint: give a data frame'):
        nnctl.train(config, data=(np.array([["a", 1.0]] * 90, dtype=object), y), epochs=5, save=False)


def test_a_query_and_dates(tmp_path):
    days = [datetime.date(2024, 1, 1 + at) for at in range(30)]
    rows = {"day": days, "x": list(range(30)), "y": [float(at % 3) for at in range(30)]}
    split = {"validation": 0, "test": 0.2, "time": "day"}
    config = {"dataset": {"target": "y", "split": split}, "layers": [{"Dense": {"units": 1}}], "loss": "mse"}
    run = nnctl.train(config, data=rows, save=False)
    assert run.features == ("x",) and run.preprocessing.rows == {"train": 24, "validation": 0, "test": 6}
    asked = {**config, "dataset": {"target": "y", "query": "select x, y from data where x >= 10"}}
    queried = nnctl.train(asked, data=rows, save=False)
    assert queried.features == ("x",) and sum(queried.preprocessing.rows.values()) == 20


def test_a_saved_run_is_resumed_with_its_rows(tmp_path):
    rows = columns_of("iris")
    whole = nnctl.train(IRIS, data=rows, epochs=4, folder=tmp_path / "whole")
    nnctl.train(IRIS, data=rows, epochs=2, folder=tmp_path / "part")
    with pytest.raises(DataError, match="rows that a program passed"):
        nnctl.resume(tmp_path / "part", epochs=4)
    run = nnctl.resume(tmp_path / "part", data=rows, epochs=4)
    assert same(weights_of(run), weights_of(whole))
    assert nnctl.load(tmp_path / "part").evaluate(rows) == run.evaluate(rows)
    with pytest.raises(DataError, match="no file holds them"):
        run.evaluate()
    other = {key: values[::-1] for key, values in rows.items()}
    with pytest.raises(NnctlError, match="training data are not the same"):
        nnctl.resume(tmp_path / "part", data=other, epochs=6)


def test_an_unsaved_run_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    events = []
    run = nnctl.train(IRIS, data=columns_of("iris"), save=False, on_event=events.append)
    assert list(tmp_path.iterdir()) == []
    assert [event.epoch for event in events if isinstance(event, EpochEnded)] == [1, 2, 3]
    assert str(run.folder) == "(not saved)" and run.weights.weights == "best"


def test_an_unsaved_run_of_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = nnctl.train("iris", epochs=2, save=False)
    assert run.evaluate() == pytest.approx(run.ended.test) and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keep", [pickle.dumps, nnctl.TrainedRun.to_bytes, copy.deepcopy])
def test_a_run_is_kept_as_bytes(keep):
    rows = columns_of("iris")
    run = nnctl.train(IRIS, data=rows, save=False)
    kept = keep(run)
    again = kept if isinstance(kept, nnctl.TrainedRun) else (
        pickle.loads(kept) if keep is pickle.dumps else nnctl.load(kept)
    )  # fmt: skip
    np.testing.assert_array_equal(again.predict_proba(rows), run.predict_proba(rows))
    assert again.weights == run.weights and again.config == run.config
    assert isinstance(again._lock, type(threading.Lock()))


def test_values_of_numpy_in_a_config(tmp_path):
    layers = [{"Dense": {"units": np.int64(8), "activation": "relu"}}, HEAD]
    adam = {"adam": {"learning_rate": np.float32(0.5)}}
    config = MappingProxyType({**IRIS, "layers": layers, "optimizer": adam, "name": Path("a")})
    run = nnctl.train(config, data=columns_of("iris"), save=False, epochs=np.arange(3)[2], batch_size=np.int32(50))
    assert (run.config["epochs"], run.config["batch_size"], run.config["name"]) == (2, 50, "a")
    assert run.config["optimizer"]["adam"]["learning_rate"] == 0.5


def test_diverging_training_is_an_error_that_names_the_rate():
    config = {**IRIS, "optimizer": {"sgd": {"learning_rate": 1e30}}}
    with pytest.raises(TrainingError) as caught:
        nnctl.train(config, data=columns_of("iris"), save=False)
    assert "optimizer.sgd.learning_rate=0.01" in caught.value.problems[0].hint


@pytest.mark.parametrize(("rows", "message"), [
    (np.ones((3, 2)), "an array alone has no target"),
    ({"a": [1, 2], "species": ["x"]}, "the columns have different lengths: a 2, species 1"),
    ({}, "there are no rows"),
    (7, "rows cannot be given as int"),
    ((np.ones((3, 2)), np.ones(2)), 'there is no array "species"'),
])  # fmt: skip
def test_rows_that_cannot_be_used(rows, message):
    with pytest.raises(DataError) as caught:
        nnctl.train(IRIS, data=rows, save=False)
    assert message in caught.value.problems[0].message
