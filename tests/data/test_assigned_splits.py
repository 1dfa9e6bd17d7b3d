"""Rows of whole data sets in their splits: drawn, as given by files or arrays of their own, or both."""

import numpy as np
import pytest
from data.files import loaded

from nnctl.data import load_dataset
from nnctl.data.config import DatasetSpec
from nnctl.data.dataset import Split
from nnctl.data.splits import renumbered, split_of
from nnctl.errors import DataError

Y = np.repeat([0, 1, 2], [10, 20, 30])


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def counts(split):
    return np.bincount(np.asarray(split.targets["out"]).reshape(-1), minlength=3).tolist()


@pytest.mark.parametrize("shape", [(60,), (60, 1)])
def test_arrays_are_stratified_by_their_classes(shape, tmp_path):
    file = save(tmp_path / "a.npz", x=np.arange(60.0).reshape(60, 1), y=Y.reshape(shape))
    data = loaded(file)
    assert [counts(each) for each in data.splits.values()] == [[6, 12, 18], [2, 4, 6], [2, 4, 6]]
    assert 'split: 36 train, 12 validation, 12 test rows (stratified by "y", shuffled with seed 0)' in data.notes
    # each row keeps its number in the file
    for split in data.splits.values():
        x = np.asarray(split.inputs["input"]).reshape(-1)
        np.testing.assert_array_equal(split.names, np.sort(split.names))
        np.testing.assert_array_equal(np.asarray(split.targets["out"]).reshape(-1), Y[split.names - 1])
        assert len(x) == split.rows


def test_one_hot_arrays_are_drawn_without_regard_to_their_classes(tmp_path):
    data = loaded(save(tmp_path / "a.npz", x=np.zeros((60, 1)), y=np.eye(3)[Y]), labels="onehot")
    assert "split: 36 train, 12 validation, 12 test rows (shuffled with seed 0)" in data.notes


@pytest.mark.parametrize("split", [{"time": "t"}, {"column": "t"}])
def test_arrays_have_no_columns_to_split_by(split, tmp_path):
    file = save(tmp_path / "a.npz", x=np.zeros((60, 1)), y=Y)
    with pytest.raises(DataError, match=r"split\.time and split\.column are for tables"):
        loaded(file, split=split)


def test_a_split_with_arrays_of_its_own_is_not_drawn_from(tmp_path):
    arrays = {"x_train": np.zeros((60, 1)), "y_train": Y, "x_test": np.ones((6, 1)), "y_test": np.repeat([0, 1, 2], 2)}
    data = loaded(save(tmp_path / "a.npz", **arrays))
    assert [counts(each) for each in data.splits.values()] == [[8, 16, 24], [2, 4, 6], [2, 2, 2]]
    assert data.test.names.tolist() == [1, 2, 3, 4, 5, 6]  # of its own arrays
    note = 'split: 48 train, 12 validation, 6 test rows (test as given; stratified by "y", shuffled with seed 0)'
    assert note in data.notes
    without = loaded(tmp_path / "a.npz", split={"validation": 0})
    assert without.validation is None and list(without.splits) == ["train", "test"]
    assert "split: 60 train, 6 test rows (test as given)" in without.notes


def test_both_other_splits_as_given_leave_all_rows_for_training(tmp_path):
    arrays = {f"{name}_{split}": value[:count] for split, count in (("train", 30), ("val", 7), ("test", 5))
              for name, value in (("x", np.zeros((60, 1))), ("y", Y % 3))}  # fmt: skip
    data = loaded(save(tmp_path / "a.npz", **arrays))
    assert [each.rows for each in data.splits.values()] == [30, 7, 5]
    assert "split: 30 train, 7 validation, 5 test rows (validation and test as given)" in data.notes


def test_a_given_split_that_loses_all_its_rows_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(20)), encoding="utf-8")
    (tmp_path / "b.csv").write_text("x,y\n,a\n,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="a split has no rows left"):
        loaded(tmp_path / "a.csv", target="y", test_path=[str(tmp_path / "b.csv")], missing={"x": "drop"})


def test_a_table_is_split_by_time_or_column_or_class(tmp_path):
    lines = [f"{i},{'ab'[i % 4 == 0]},{100 - i},{'train' if i < 30 else 'test'}\n" for i in range(40)]
    (tmp_path / "a.csv").write_text("x,y,t,s\n" + "".join(lines), encoding="utf-8")

    def split(**spec):
        data = loaded(tmp_path / "a.csv", target="y", ignore=["t", "s"], split=spec)
        return data, {name: each.names.tolist() for name, each in data.splits.items()}

    _, by_time = split(time="t", validation=0.1, test=0.1)
    assert by_time["test"] == [1, 2, 3, 4] and by_time["validation"] == [5, 6, 7, 8]
    _, by_column = split(column="s")
    assert by_column == {"train": list(range(1, 31)), "test": list(range(31, 41))}
    data, by_class = split()
    assert 'split: 24 train, 8 validation, 8 test rows (stratified by "y", shuffled with seed 0)' in data.notes
    assert [sum(number % 4 == 1 for number in rows) for rows in by_class.values()] == [6, 2, 2]


def test_label_sequences_are_told_and_not_stratified(tmp_path):
    file = save(tmp_path / "a.npz", x=np.zeros((20, 6, 2)), y=np.tile([1, 2, 0], (20, 1)))
    data = loaded(file, labels="sequence")
    assert any("rows of 2 to 2 labels" in note for note in data.notes)
    assert "split: 12 train, 4 validation, 4 test rows (shuffled with seed 0)" in data.notes


@pytest.mark.parametrize(("values", "labels"), [
    ([f"{i / 7}" for i in range(20)], "number"),
    ([["ab", "b", "a", "ba"][i % 4] for i in range(20)], "sequence"),  # texts
])  # fmt: skip
def test_only_classes_are_stratified(values, labels, tmp_path):
    text = "x,y\n" + "".join(f"{i},{value}\n" for i, value in enumerate(values))
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    data = loaded(tmp_path / "a.csv", labels=labels, target="y")
    assert "split: 12 train, 4 validation, 4 test rows (shuffled with seed 0)" in data.notes


def test_the_first_target_with_classes_is_stratified(tmp_path):
    lines = [f"{i},{i / 7},{'ab'[i % 4 == 0]}\n" for i in range(40)]
    (tmp_path / "a.csv").write_text("x,p,q\n" + "".join(lines), encoding="utf-8")
    spec = DatasetSpec(path=[str(tmp_path / "a.csv")], target={"one": "p", "two": "q"})
    data = load_dataset(spec, {}, {"one": "number", "two": "integer"}, 0)
    assert 'split: 24 train, 8 validation, 8 test rows (stratified by "q", shuffled with seed 0)' in data.notes
    assert [np.bincount(split.targets["two"]).tolist() for split in data.splits.values()] == [[18, 6], [6, 2], [6, 2]]


def test_one_hot_arrays_of_two_classes_are_not_stratified(tmp_path):
    data = loaded(save(tmp_path / "a.npz", x=np.zeros((60, 1)), y=np.eye(2)[Y % 2]), labels="onehot")
    assert "split: 36 train, 12 validation, 12 test rows (shuffled with seed 0)" in data.notes


@pytest.mark.parametrize("key", ["time", "column"])
def test_messages_about_a_split_count_the_rows_that_were_dropped(key, tmp_path):
    rows = ["1,a,train", ",a,train", "3,b,", "4,b,test", "5,a,train"]
    (tmp_path / "a.csv").write_text("x,y,s\n" + "\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("x,y,s\n1,a,train\n2,b,train\n", encoding="utf-8")
    for more in ({}, {"validation_path": [str(tmp_path / "b.csv")]}):
        with pytest.raises(DataError, match=r"missing \(row 3"):
            loaded(tmp_path / "a.csv", target="y", ignore=["s"], split={key: "s"}, missing={"x": "drop"}, **more)


def test_a_split_has_the_values_of_its_rows():
    x, y = np.arange(8.0).reshape(4, 2), np.arange(4) * 10
    whole = Split({"x": x}, {"y": y}, np.array([0.5, 1, 2, 4]), {"x": np.array([2, 1, 2, 2])})
    some = split_of(whole, np.array([1, 3]))
    assert (some.inputs["x"].tolist(), some.targets["y"].tolist()) == ([[2, 3], [6, 7]], [10, 30])
    assert (some.weights.tolist(), some.lengths["x"].tolist(), some.names.tolist()) == ([1, 4], [1, 2], [2, 4])
    assert split_of(whole, np.array([0, 2])).lengths == {}  # without any padding
    assert split_of(Split({"x": x}, {}), np.array([1])).lengths == {}
    assert split_of(Split({"x": x}, {}, names=np.array(list("pqrs"))), np.array([1, 3])).names.tolist() == ["q", "s"]


@pytest.mark.parametrize(("rows", "names", "dtype"), [
    ([0], [1], np.int32), ([3, 9], [4, 10], np.int32), ([], [], np.int64),
    ([5, 2**31 - 2], [6, 2**31 - 1], np.int32), ([5, 2**31 - 1], [6, 2**31], np.int64),
])  # fmt: skip
def test_rows_are_numbered_from_one_in_as_few_bytes_as_hold_the_last(rows, names, dtype):
    found = split_of(Split({}, {}), np.array(rows, np.int64)).names
    assert found.tolist() == names and found.dtype == dtype


def test_rows_that_were_dropped_renumber_the_given_splits():
    kept = np.array([0, 2, 3, 7, 9])
    found = renumbered({"validation": np.array([1, 2, 3]), "test": np.array([8, 9])}, kept)
    assert {name: rows.tolist() for name, rows in found.items()} == {"validation": [1, 2], "test": [4]}
