"""Signs of leakage: training rows in other splits, features that give the target away."""

import numpy as np
import pytest
from data.tables import table

from nnctl.data import lazy_array as rows_module
from nnctl.data.dataset import Split
from nnctl.data.lazy_array import Rows, joined
from nnctl.data.leakage import copy_notes, duplicate_notes

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3)).astype(np.float32)
Y = np.arange(20, dtype=np.float32)[:, None]


def split(x=X, y=Y, **more):
    return Split({"x": x, **more}, {"y": y})


def duplicates(train, **others):
    splits = {"train": train, **others}
    ends = np.cumsum([split.rows for split in splits.values()])
    rows = {name: np.arange(end - split.rows, end) for (name, split), end in zip(splits.items(), ends, strict=True)}
    whole = Split({name: joined([split.inputs[name] for split in splits.values()]) for name in train.inputs},
                  {"y": joined([split.targets["y"] for split in splits.values()])})  # fmt: skip
    return duplicate_notes(whole, rows)


def of(*numbers):
    return split(X[list(numbers)], Y[list(numbers)])


@pytest.mark.parametrize(("validation", "test", "notes"), [
    ([15, 16], [17, 18, 19], []),
    ([3], [18], ["1 validation row is also in the training split, with equal values"]),
    ([3, 4], [18], ["2 validation rows are also in the training split, with equal values"]),
    ([3, 3, 3, 19], [18], ["3 validation rows are also in the training split, with equal values"]),
    ([18], [0, 9], ["2 test rows are also in the training split, with equal values"]),
    ([0], [9], ["1 validation row is also in the training split, with equal values",
                "1 test row is also in the training split, with equal values"]),
    ([19, 18], [18, 19], []),  # rows that only validation and test share do not count
])  # fmt: skip
def test_rows_of_the_training_split_are_counted(validation, test, notes):
    assert duplicates(of(*range(10)), validation=of(*validation), test=of(*test)) == notes


def test_without_validation_and_test_there_is_no_note():
    assert duplicates(of(0, 0, 0)) == []
    assert duplicates(of(0), predict=of(0)) == []
    assert duplicates(of(0, 1), test=of(1)) == ["1 test row is also in the training split, with equal values"]


def test_a_training_split_of_one_row_and_rows_on_all_sides_of_it():
    for row in range(20):
        assert len(duplicates(of(row), test=of(*(set(range(20)) - {row})))) == 0
        assert len(duplicates(of(row), test=of(row))) == 1


@pytest.mark.parametrize("change", ["x", "last x", "y", "order of x", "other input"])
def test_a_row_that_differs_in_one_value_is_another(change):
    x, y, z = X[:4].copy(), Y[:4].copy(), np.arange(8.0).reshape(4, 2)
    train = split(x.copy(), y.copy(), z=z.copy())
    assert duplicates(train, test=split(x, y, z=z)) == ["4 test rows are also in the training split, with equal values"]
    if change == "x":
        x[0, 0] += 1
    elif change == "last x":
        x[0, 2] = np.nextafter(x[0, 2], np.float32(9))
    elif change == "y":
        y[0] += 1
    elif change == "order of x":
        x[0] = x[0, ::-1]
    else:
        z[0, 1] += 1
    assert duplicates(train, test=split(x, y, z=z)) == ["3 test rows are also in the training split, with equal values"]


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64, bool])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (4,), (5,), (2, 3)])
def test_every_kind_of_array_is_compared(kind, shape):
    """Also rows whose bytes are not a multiple of four, and a single value per row."""
    values = np.random.default_rng(1).integers(0, 100, size=(8, *shape)).astype(kind)
    y = np.arange(8)
    train = Split({"x": values}, {"y": y})
    test = Split({"x": values[2:5].copy()}, {"y": y[2:5].copy()})
    assert duplicates(train, test=test) == ["3 test rows are also in the training split, with equal values"]
    other = values[2:5].copy()
    other.reshape(3, -1)[1, -1] = not other.reshape(3, -1)[1, -1]
    assert duplicates(train, test=Split({"x": other}, {"y": y[2:5]})) == [
        "2 test rows are also in the training split, with equal values"
    ]


def test_values_that_two_places_exchange_are_other_rows():
    train = Split({"a": np.array([[1.0, 2.0]]), "b": np.array([[3.0]])}, {"y": np.array([4.0])})
    for a, b, y in (([2.0, 1.0], 3.0, 4.0), ([1.0, 3.0], 2.0, 4.0), ([1.0, 2.0], 4.0, 3.0), ([1.0, 2.0], 3.0, 5.0)):
        assert duplicates(train, test=Split({"a": np.array([a]), "b": np.array([[b]])}, {"y": np.array([y])})) == []


def test_large_arrays_are_compared_block_by_block(monkeypatch):
    monkeypatch.setattr(rows_module, "_BLOCK", 64)
    monkeypatch.setattr("nnctl.data.leakage._PRODUCTS", 100)
    x = np.arange(300, dtype=np.float32).reshape(100, 3)
    y = np.zeros(100, np.float32)
    assert duplicates(Split({"x": Rows.of(x)}, {"y": y}), test=Split({"x": x[40:47].copy()}, {"y": y[:7]})) == [
        "7 test rows are also in the training split, with equal values"
    ]
    assert duplicates(Split({"x": x}, {"y": y}), test=Split({"x": Rows.of(x[::-1].copy())}, {"y": y})) == [
        "100 test rows are also in the training split, with equal values"
    ]


@pytest.mark.filterwarnings("error")
def test_constants_and_huge_numbers_cause_no_warning():
    assert copies([1.0, 2.0, 4.0], f=[3.0] * 3, g=[1e300, -1e300, 1e300]) == []


def copies(target, train=None, **features):
    """The features that a note says give the target away."""
    made = table(y=target, **features)
    rows = np.arange(len(target)) if train is None else np.array(train)
    notes = list(copy_notes(made, list(features), ["y"], rows))
    found = [note.split('"')[1] for note in notes]
    for name, note in zip(found, notes, strict=True):
        assert note == (f'column "{name}" determines the target "y": one follows from the other; '
                        f"`ignore: [{name}]` leaves it out")  # fmt: skip
    return found


NUMBERS = [3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0]


@pytest.mark.parametrize(("name", "values", "gives_away"), [
    ("the same", NUMBERS, True),
    ("scaled and moved", [7 + 2 * v for v in NUMBERS], True),
    ("the other way round", [-0.5 * v for v in NUMBERS], True),
    ("rounded a little", [v + 0.01 * (-1) ** i for i, v in enumerate(NUMBERS)], True),  # r = 0.99999
    ("related", [v + 0.1 * (-1) ** i for i, v in enumerate(NUMBERS)], False),  # r = 0.9992
    ("the same, far from zero", [1e6 + v for v in NUMBERS], True),
    ("squares", [v * v for v in NUMBERS], False),
    ("constant", [2.0] * 8, False),
    ("others", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], False),
])  # fmt: skip
def test_numbers_that_follow_from_the_target(name, values, gives_away):
    assert copies(NUMBERS, f=values) == (["f"] if gives_away else [])


def test_the_correlation_that_counts_as_a_copy():
    """|r| of more than 0.9999, computed by NumPy."""
    target = np.array(NUMBERS)
    noise = np.array([1, -1, -1, 1, -1, 1, 1, -1.0])
    found = {}
    for size in np.linspace(0.005, 0.08, 60):
        for sign in (1, -1):
            feature = sign * (target + size * noise)
            found[abs(np.corrcoef(feature, target)[0, 1])] = copies(NUMBERS, f=list(feature)) == ["f"]
    assert {r > 0.9999 for r in found} == {True, False}
    assert all(said == (r > 0.9999) for r, said in found.items())


@pytest.mark.parametrize(("target", "feature", "gives_away"), [
    # words: one value per class, each several times
    (list("aabbccab"), list("xxyyzzxy"), True), (list("aabbccab"), list("aabbccab"), True),
    (list("aabbccab"), list("xxyyzzxx"), False), (list("aabbccab"), list("xxyyxxxy"), False),
    (list("aabbccab"), list("xxyyzwxy"), False),
    (list("aaaaaaaa"), list("xxxxxxxx"), False),  # one class only
    (list("abcdefgh"), list("stuvwxyz"), False),  # as many as rows: a name of the row
    (list("aabbccdd"), list("wwxxyyzz"), False), (list("aabbccdda"), list("wwxxyyzzw"), True),  # under half of the rows
    (list("aabbccddaa"), list("wwxxyyzzww"), True), (list("aabbb"), list("xxyyy"), True),
    (list("aabb"), list("xxyy"), False),
    # class numbers and words, in both directions
    (list("aabbccab"), [1, 1, 2, 2, 3, 3, 1, 2], True), (list("aabbccab"), [1, 1, 2, 2, 3, 3, 1, 3], False),
    ([1, 1, 0, 0, 1, 0, 1], list("yynnyny"), True), ([1, 1, 0, 0, 1, 0, 1], list("yynnynn"), False),
    ([False, True, True, False, True], [0, 1, 1, 0, 1], True),
    # missing values do not count
    (list("aabbccab"), ["x", "x", "y", "y", "z", "z", None, "y"], True),
    (["a", "a", "b", "b", None, None, "a", "b"], list("xxyyzwxy"), True),
    (["a", "a", None, None, None], ["x", "x", "y", "y", "y"], False),
    (["a", "a", "b", "b", None, None], ["x", None, "y", None, "x", "y"], False),
])  # fmt: skip
def test_classes_that_follow_from_each_other(target, feature, gives_away):
    assert copies(target, f=feature) == (["f"] if gives_away else [])


@pytest.mark.parametrize(("rows", "gives_away"), [(0, False), (1, False), (2, False), (3, True), (4, True)])
def test_three_rows_are_the_fewest_to_tell(rows, gives_away):
    """Any two points are on a line."""
    assert copies([1.0, 2.0, 4.0, 8.0][:rows], f=[1.0, 2.0, 4.0, 8.0][:rows], g=[5.0] * rows) == (
        ["f"] if gives_away else []
    )
    known = [1.0, 2.0, 4.0, 8.0][:rows] + [None] * (6 - rows)
    assert copies([1.0, 2.0, 4.0, 8.0, 9.0, 7.0], f=known) == (["f"] if gives_away else [])


def test_missing_numbers_are_left_out_on_either_side():
    assert copies([1.0, 2.0, None, 4.0, 8.0], f=[1.0, None, 3.0, 4.0, 8.0]) == ["f"]
    assert copies([1.0, 2.0, None, 4.0, 8.0], f=[1.0, None, 3.0, 4.0, 7.0]) == []


def test_only_training_rows_count():
    target, feature = [1.0, 2.0, 4.0, 8.0, 5.0], [1.0, 2.0, 4.0, 8.0, -5.0]
    assert copies(target, f=feature) == []
    assert copies(target, train=[0, 1, 2, 3], f=feature) == ["f"]
    assert copies(target, train=[1, 2, 3, 4], f=feature) == []


def test_every_feature_is_compared_with_every_target():
    made = table(f=[1.0, 2.0, 4.0, 8.0], g=[3.0, 1.0, 2.0, 9.0], y=[2.0, 4.0, 8.0, 16.0], z=[3.0, 1.0, 2.0, 9.0])
    notes = list(copy_notes(made, ["f", "g"], ["y", "z"], np.arange(4)))
    assert [note.split('"')[1::2] for note in notes] == [["f", "y"], ["g", "z"]]
