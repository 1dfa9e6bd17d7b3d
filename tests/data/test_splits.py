"""Splits: which rows each split has, how many, in which proportions, and what is refused."""

import datetime

import numpy as np
import pytest
from data.tables import column
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl.data.config import SplitSpec
from nnctl.data.splits import SplitRows, split_rows
from nnctl.errors import DataError


def rows_of(split):
    return {name: rows.tolist() for name, rows in split.rows.items()}


def sizes(split):
    return tuple(len(split.rows[name]) for name in ("train", "validation", "test"))


def cut(rows, seed=0, classes=None, **keys):
    more = {name: keys.pop(f"{name}_values") for name in ("time", "column") if f"{name}_values" in keys}
    more = {name: column(values) for name, values in more.items()}
    classes = None if classes is None else np.asarray(classes)
    return split_rows(SplitSpec(**keys), rows, seed, classes=classes, labelled="kind", **more)


def test_by_default_a_fifth_is_for_validation_and_a_fifth_for_test():
    assert sizes(cut(10)) == (6, 2, 2)
    assert sizes(cut(1000)) == (600, 200, 200)


@pytest.mark.parametrize(
    ("rows", "validation", "test", "expected"),
    [
        (10, 0.25, 0.0, (7, 3, 0)),  # 2.5: half is rounded up
        (10, 0.24, 0.0, (8, 2, 0)),
        (10, 0.26, 0.0, (7, 3, 0)),
        (10, 0.0, 0.25, (7, 0, 3)),
        (10, 0.0, 0.0, (10, 0, 0)),
        (7, 0.2, 0.2, (5, 1, 1)),  # 1.4 each
        (8, 0.2, 0.2, (4, 2, 2)),  # 1.6 each
        (3, 0.2, 0.2, (1, 1, 1)),
        (10, 0.05, 0.84, (1, 1, 8)),
        (1, 0.0, 0.0, (1, 0, 0)),
        (2, 0.5, 0.0, (1, 1, 0)),
    ],
)
@pytest.mark.parametrize("order", ["random", "keep"])
def test_how_many_rows_each_split_has(rows, validation, test, expected, order):
    assert sizes(cut(rows, validation=validation, test=test, order=order)) == expected


@pytest.mark.parametrize(
    ("rows", "validation", "test", "said"),
    [
        (2, 0.2, 0.0, "split.validation"),  # 0.4 of a row
        (2, 0.0, 0.2, "split.test"),
        (4, 0.1, 0.3, "split.validation"),
        (4, 0.5, 0.5, "split"),  # nothing to train on
        (2, 0.5, 0.5, "split"),
        (10, 0.6, 0.6, "split"),
        (1, 0.9, 0.0, "split"),
    ],
)
def test_a_split_without_rows_is_refused(rows, validation, test, said):
    with pytest.raises(DataError) as caught:
        cut(rows, validation=validation, test=test)
    assert caught.value.problems[0].where == said


def test_keep_takes_the_last_rows_in_the_files_order():
    assert rows_of(cut(10, order="keep")) == {"train": [0, 1, 2, 3, 4, 5], "validation": [6, 7], "test": [8, 9]}
    without = cut(5, order="keep", validation=0.0, test=0.4)
    assert rows_of(without) == {"train": [0, 1, 2], "validation": [], "test": [3, 4]}


def test_keep_ignores_classes():
    assert rows_of(cut(4, order="keep", validation=0.0, test=0.5, classes=[0, 0, 1, 1]))["test"] == [2, 3]


def test_random_shuffles_with_the_seed():
    one, other, third = (cut(100, seed=seed).rows["test"] for seed in (1, 1, 2))
    assert one.tolist() == other.tolist() != third.tolist()
    assert one.tolist() != list(range(80, 100))
    expected = np.random.default_rng(1).permutation(100)
    assert one.tolist() == sorted(expected[80:].tolist())
    assert cut(100, seed=1).rows["validation"].tolist() == sorted(expected[60:80].tolist())


@pytest.mark.parametrize("seed", [0, 7])
def test_the_splits_own_seed_comes_before_the_runs(seed):
    of_spec = split_rows(SplitSpec(seed=seed), 50, 3)
    assert rows_of(of_spec) == rows_of(cut(50, seed=seed)) != rows_of(cut(50, seed=3))
    assert f"seed {seed}" in of_spec.how


# Stratified: the rows of each class in each split, by the largest remainder.
@pytest.mark.parametrize(
    ("counts", "validation", "test", "expected"),
    [
        ((50, 50), 0.2, 0.2, {"train": [30, 30], "validation": [10, 10], "test": [10, 10]}),
        ((90, 10), 0.2, 0.2, {"train": [54, 6], "validation": [18, 2], "test": [18, 2]}),
        ((60, 30, 10), 0.0, 0.1, {"train": [54, 27, 9], "validation": [0, 0, 0], "test": [6, 3, 1]}),
        (
            (8, 1, 1),
            0.0,
            0.2,
            {"train": [6, 1, 1], "validation": [0, 0, 0], "test": [2, 0, 0]},
        ),  # one training row of each class
        ((2, 2, 2), 0.0, 0.5, {"train": [1, 1, 1], "validation": [0, 0, 0], "test": [1, 1, 1]}),
        (
            (7, 3),
            0.0,
            0.5,
            {"train": [3, 2], "validation": [0, 0], "test": [4, 1]},
        ),  # 3.5 and 1.5: the first class first
        ((5, 5), 0.3, 0.0, {"train": [3, 4], "validation": [2, 1], "test": [0, 0]}),  # 1.5 each
        ((3, 3), 0.33, 0.33, {"train": [1, 1], "validation": [1, 1], "test": [1, 1]}),
        ((2, 4, 4), 0.0, 0.3, {"train": [1, 3, 3], "validation": [0, 0, 0], "test": [1, 1, 1]}),
        ((1, 9), 0.3, 0.3, {"train": [1, 3], "validation": [0, 3], "test": [0, 3]}),
        # one training row of each class, also where the largest remainder is another
        ((1, 9), 0.0, 0.8, {"train": [1, 1], "validation": [0, 0], "test": [0, 8]}),
        ((1, 9), 0.8, 0.0, {"train": [1, 1], "validation": [0, 8], "test": [0, 0]}),
        ((2, 8), 0.4, 0.4, {"train": [1, 1], "validation": [0, 4], "test": [1, 3]}),
        ((10,), 0.2, 0.2, {"train": [6], "validation": [2], "test": [2]}),
        ((5,) * 40, 0.0, 0.1, {"train": [4] * 20 + [5] * 20, "validation": [0] * 40, "test": [1] * 20 + [0] * 20}),
    ],
)
def test_every_class_has_its_proportion_of_each_split(counts, validation, test, expected):
    classes = np.random.default_rng(5).permutation(np.repeat(np.arange(len(counts)), counts))
    split = cut(len(classes), validation=validation, test=test, classes=classes)
    found = {name: np.bincount(classes[rows], minlength=len(counts)).tolist() for name, rows in split.rows.items()}
    assert found == expected
    assert sorted(np.concatenate(list(split.rows.values())).tolist()) == list(range(len(classes)))


def test_a_class_of_the_stratified_is_shuffled():
    classes = np.repeat([0, 1], 50)
    one, other, third = (cut(100, seed=seed, classes=classes).rows["test"].tolist() for seed in (0, 0, 1))
    assert one == other != third
    assert not set(one) <= {*range(10), *range(50, 60)} and not set(one) <= {*range(40, 50), *range(90, 100)}


def test_stratify_false_is_the_plain_shuffle():
    classes = np.repeat([0, 1], 50)
    assert rows_of(cut(100, classes=classes, stratify=False)) == rows_of(cut(100))
    assert rows_of(cut(100, classes=classes)) == rows_of(cut(100, classes=classes, stratify=True)) != rows_of(cut(100))


def test_what_cannot_be_stratified():
    with pytest.raises(DataError, match="stratify"):
        cut(10, stratify=True)  # no classes
    with pytest.raises(DataError, match="3 classes, but 2"):
        cut(4, validation=0.25, test=0.25, classes=[0, 1, 2, 2])
    assert sizes(cut(5, validation=0.2, test=0.2, classes=[0, 1, 2, 2, 2])) == (3, 1, 1)  # exactly one per class


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.floats(0, 0.45), st.floats(0, 0.45), st.integers(0, 9))
def test_shares_are_a_row_from_their_quota_at_most(counts, validation, test, seed):
    classes = np.repeat(np.arange(len(counts)), counts)
    rows = len(classes)
    try:
        split = cut(rows, seed, classes, validation=validation, test=test)
    except DataError:
        return
    assert sorted(np.concatenate(list(split.rows.values())).tolist()) == list(range(rows))
    assert set(classes[split.rows["train"]]) == set(range(len(counts)))
    assert sizes(split)[1:] == (int(validation * rows + 0.5), int(test * rows + 0.5))
    if min(counts) >= 12:  # so that no class is limited by its training row
        for name in ("validation", "test"):
            found = np.bincount(classes[split.rows[name]], minlength=len(counts))
            quota = len(split.rows[name]) * np.array(counts) / rows
            assert np.all(np.abs(found - quota) < 1)


@pytest.mark.parametrize(
    "values",
    [
        [5, 3, 9, 1, 7, 2, 8, 4, 6, 0],
        [datetime.date(2020, 1, 1 + day) for day in (5, 3, 9, 1, 7, 2, 8, 4, 6, 0)],
        [f"2020-01-{1 + day:02d}" for day in (5, 3, 9, 1, 7, 2, 8, 4, 6, 0)],
    ],
)
def test_the_latest_rows_are_for_test_and_those_before_for_validation(values):
    split = cut(10, time="day", time_values=values)
    assert rows_of(split) == {"train": [0, 1, 3, 5, 7, 9], "validation": [4, 8], "test": [2, 6]}


def test_equal_times_stay_in_the_files_order():
    values = [1] * 30 + [0] * 30
    split = cut(60, time="day", time_values=values, validation=0.25, test=0.25)
    assert split.rows["test"].tolist() == list(range(15, 30)) and split.rows["validation"].tolist() == list(range(15))


def test_a_missing_time_is_named():
    with pytest.raises(DataError, match=r"rows 2, 4") as caught:
        cut(5, time="day", time_values=[1, None, 3, None, 5])
    assert caught.value.problems[0].where == 'split.time: column "day"' and "day" in caught.value.problems[0].hint


def test_a_column_names_the_splits():
    words = ["train", "Test ", "val", "TRAINING", "validation", "valid", "dev", "testing", "train"]
    split = cut(9, column="part", column_values=words)
    assert rows_of(split) == {"train": [0, 3, 8], "validation": [2, 4, 5, 6], "test": [1, 7]}
    split = cut(2, column="part", column_values=["train", "train"])
    assert rows_of(split) == {"train": [0, 1], "validation": [], "test": []}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["train", None, "test", None], "rows 2, 4"),
        (["train", "tset", "test", "tset"], 'rows 2, 4: "tset"'),
        ([1, 2, 1], 'rows 1, 3: "1"'),
        (["test", "validation"], "train"),
    ],
)
def test_a_column_that_does_not_name_splits(values, said):
    with pytest.raises(DataError, match=said) as caught:
        cut(len(values), column="part", column_values=values)
    assert caught.value.problems[0].where == 'split.column: column "part"'


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, ["shuffled", "seed 4"]),
        ({"classes": [0, 1] * 5}, ["stratified", '"kind"', "seed 4"]),
        ({"order": "keep"}, ["last", "file order"]),
        ({"time": "day", "time_values": list(range(10))}, ["latest", '"day"']),
        ({"column": "part", "column_values": ["train"] * 6 + ["val"] * 2 + ["test"] * 2}, ['"part"']),
    ],
)
def test_the_note_says_how_many_and_how(keys, said):
    note = cut(10, seed=4, **keys).note()
    assert all(word in note for word in ["6 train", "2 validation", "2 test", *said])


def test_the_note_names_no_empty_split():
    note = SplitRows({"train": np.arange(3), "validation": np.arange(0), "test": np.arange(1)}, "x").note()
    assert "3 train, 1 test" in note and "validation" not in note
