"""A table to a data set: everything is fitted on the training rows, rules apply to their columns, with notes."""

import numpy as np
import pytest
from data.loaded_tables import COLUMNS, loaded, number, refused, x_of

from nnctl.errors import DataError

TRAIN_X = np.array(COLUMNS["x"][:6])


@pytest.mark.parametrize(
    ("normalize", "shift", "scale"),
    [
        (None, 5.0, np.sqrt((16 + 9 + 4 + 1 + 9 + 49) / 6)),
        ("standard", 5.0, np.sqrt(88 / 6)),
        ("minmax", 1.0, 11.0),
        ("none", 0.0, 1.0),
        ({"x": "minmax"}, 1.0, 11.0),
        ({"x": "none"}, 0.0, 1.0),
        ({"w": "none"}, 5.0, np.sqrt(88 / 6)),  # others standard
    ],
)
def test_numbers_are_scaled_by_the_training_rows(normalize, shift, scale):
    data = loaded(normalize=normalize)
    assert (number(data).shift, number(data).scale) == pytest.approx((shift, scale))
    np.testing.assert_allclose(x_of(data)[:, 0], (np.array(COLUMNS["x"]) - shift) / scale, rtol=1e-5, atol=1e-6)


def test_categories_are_the_training_rows():
    data = loaded()
    np.testing.assert_array_equal(x_of(data)[:, 1:], [[word == each for each in "abc"] for word in COLUMNS["w"]])
    assert data.input_shapes == {"input": (4,)} and data.rows == {"train": 6, "validation": 2, "test": 2}
    assert any("2 values" in note and "late" in note for note in data.notes)
    assert data.preprocessing.rows == data.rows


@pytest.mark.parametrize(
    ("rule", "fill"),
    [("mean", (2 + 3 + 4 + 8 + 12) / 5), ("median", 4.0), ("zero", 0.0), ({"x": "median"}, 4.0), ({"x": "mean"}, 5.8)],
)
def test_missing_numbers_are_filled_by_the_training_rows(rule, fill):
    columns = COLUMNS | {"x": [None, *COLUMNS["x"][1:8], None, -500.0]}
    data = loaded(columns, missing=rule, normalize="none")
    assert number(data).fill == pytest.approx(fill)
    np.testing.assert_allclose(x_of(data)[[0, 8], 0], [fill, fill], rtol=1e-6)
    assert any('"x"' in note and "2 missing" in note for note in data.notes)


def test_drop_leaves_the_rows_out_before_anything_is_fitted():
    columns = COLUMNS | {"x": [1000.0, *COLUMNS["x"][1:9], None], "w": [None, *COLUMNS["w"][1:]]}
    data = loaded(columns, missing="drop", normalize="none")
    assert data.rows == {"train": 4, "validation": 2, "test": 2}
    np.testing.assert_array_equal(x_of(data)[:, 0], COLUMNS["x"][1:9])
    told = [note for note in data.notes if "left out" in note and "row" in note]
    assert ['"w"' in told[0] or '"x"' in told[0], len(told)] == [True, 2]
    with pytest.raises(DataError, match="drop"):
        loaded(COLUMNS | {"x": [None] * 5 + [1.0] * 5, "w": ["a"] * 5 + [None] * 5}, missing="drop")


def test_dropped_rows_of_a_split_with_its_own_file():
    columns = COLUMNS | {"x": [1.0, None, 3.0, 4.0, 8.0, 12.0, None, 7.0, 9.0, 10.0]}
    data = loaded(columns, missing="drop", normalize="none", fixed={"test": np.array([6, 7, 8, 9])},
                  split={"validation": 0.2, "order": "keep"})  # fmt: skip
    assert data.rows == {"train": 4, "validation": 1, "test": 3}
    np.testing.assert_array_equal(data.test.inputs["input"][:, 0], [7, 9, 10])
    np.testing.assert_array_equal(data.validation.inputs["input"][:, 0], [12])


@pytest.mark.parametrize("rule", ["error", {"w": "category"}])
def test_every_column_with_missing_values_is_named_at_once(rule):
    columns = {
        "x": [None, *COLUMNS["x"][1:]],
        "w": [*COLUMNS["w"][:9], None],
        "t": ["a b", None, *["c"] * 8],
        "y": [None, *COLUMNS["y"][1:]],
    }
    inputs = {"one": {"columns": ["x", "w"]}, "two": {"columns": ["t"]}}
    problems = refused(columns, missing=rule, text={"column": "t"}, inputs=inputs)
    named = [problem.where for problem in problems]
    assert ['"y"' in named[0], '"x"' in named[1], len(named)] == [True, True, 4 if rule == "error" else 3]
    found = dict(zip(["y", "x", *(["w"] if rule == "error" else []), "t"], problems, strict=True))
    assert "row 1" in found["x"].message and "row 2" in found["t"].message
    # one set of rules, in the last hint, and how many rows `drop` would leave out
    assert "y: drop, x: median, " in problems[-1].hint and "t: zero}`" in problems[-1].hint
    assert "w: category" in problems[-1].hint and [problem.hint for problem in problems[:-1]] == [None] * (
        len(problems) - 1
    )
    assert "leave out 3 of 10 rows" in problems[-1].hint  # for all columns, whatever rules some have now
    if rule == "error":
        assert "row 10" in found["w"].message


def test_numbers_have_no_missing_category():
    columns = COLUMNS | {"x": [None, *COLUMNS["x"][1:]]}
    [problem] = refused(columns, missing="category")
    assert '"x"' in problem.where and "median" in problem.hint and "categorical: [x]" in problem.hint
    assert loaded(columns, missing="category", categorical=["x"]).rows["train"] == 6


def test_rare_and_integer_categories():
    data = loaded(rare=3, encode="integer", features=["w"])
    np.testing.assert_array_equal(x_of(data)[:, 0], [1, 2, 1, 2, 1, 2, 0, 0, 2, 1])
    assert any("2 categories" in note for note in data.notes)
    assert any("input_dim 3" in note for note in data.notes)


# Targets ------------------------------------------------------------------------------------------------------------


def test_the_classes_of_a_binary_target_have_a_note():
    data = loaded()
    np.testing.assert_array_equal(data.train.targets["out"], [[0], [1], [0], [1], [0], [1]])
    assert any("n is 0, p is 1" in note for note in data.notes)
    assert not any("n is 0" in note for note in loaded(labels="integer").notes)


@pytest.mark.parametrize("way", ["standard", "minmax", "none"])
def test_a_target_that_normalize_names_is_scaled_by_the_training_rows(way):
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 100.0, 100.0, 100.0, 100.0]
    data = loaded(COLUMNS | {"y": values}, "number", normalize={"y": way})
    train = np.array(values[:6])
    shift, scale = {"standard": (train.mean(), train.std()), "minmax": (1.0, 8.0), "none": (0.0, 1.0)}[way]
    np.testing.assert_allclose(data.train.targets["out"][:, 0], (train - shift) / scale, rtol=1e-6)
    np.testing.assert_allclose(data.preprocessing.decode("out", data.test.targets["out"]), [100, 100], rtol=1e-5)


def test_several_targets_of_several_outputs():
    columns = COLUMNS | {"z": [float(at) for at in range(10)]}
    data = loaded(columns, {"one": "integer", "two": "number"}, target={"one": "y", "two": "z"})
    np.testing.assert_array_equal(data.test.targets["two"], [[8], [9]])
    np.testing.assert_array_equal(data.test.targets["one"], [0, 1])


# Splits -------------------------------------------------------------------------------------------------------------


def test_the_split_is_stratified_by_the_target():
    columns = COLUMNS | {"y": ["n"] * 5 + ["p"] * 5}
    for seed in range(5):
        data = loaded(columns, seed=seed, split={})
        assert [sorted(split.targets["out"].ravel().tolist()) for split in (data.validation, data.test)] == [[0, 1]] * 2
    assert any("stratified" in note and "seed 4" in note for note in data.notes)


def test_the_column_and_the_time_of_the_split_are_not_features():
    columns = COLUMNS | {"s": ["test", "test", "val", "val", *["train"] * 6]}
    data = loaded(columns, split={"column": "s"}, normalize="none", ignore=["w"])
    assert data.rows == {"train": 6, "validation": 2, "test": 2} and data.input_shapes["input"] == (1,)
    np.testing.assert_array_equal(data.test.inputs["input"], [[1], [2]])
    columns = COLUMNS | {"s": [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]}
    data = loaded(columns, split={"time": "s"}, normalize="none", ignore=["w"])
    np.testing.assert_array_equal(data.test.inputs["input"], [[1], [2]])


# Inputs -------------------------------------------------------------------------------------------------------------


def test_inputs_of_their_own_columns_and_shapes():
    columns = COLUMNS | {"v": [float(at) for at in range(10)]}
    inputs = {"one": {"columns": ["v", "x"], "shape": [2, 1]}, "two": {"columns": ["w"]}}
    data = loaded(columns, inputs=inputs, normalize="none")
    assert data.input_shapes == {"one": (2, 1), "two": (3,)}
    np.testing.assert_array_equal(x_of(data, "one")[:, :, 0], np.stack([columns["v"], columns["x"]], axis=1))
    [problem] = refused(columns, inputs={"one": {"columns": ["v", "x"], "shape": [3]}, "two": {"columns": ["w"]}})
    assert problem.where == "inputs.one" and "[2]" in problem.hint


def test_a_text_has_its_length_and_words_from_the_training_rows():
    columns = COLUMNS | {"t": ["a b", "a", "b a", "a", "c", "a", "late late late", "late", "a", "a"]}
    inputs = {"one": {"columns": ["t"]}, "two": {"columns": ["x"]}}
    data = loaded(columns, inputs=inputs, text={"column": "t"})
    assert data.preprocessing.inputs["one"].words == ("a", "b", "c") and data.input_shapes["one"] == (2,)
    np.testing.assert_array_equal(x_of(data, "one")[6], [1, 1])
    assert any('"t"' in note and "input_dim 5" in note for note in data.notes)
    inputs["one"]["shape"] = [7]
    assert refused(columns, inputs=inputs, text={"column": "t"})[0].where == "inputs.one"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"features": ["x"]}, "1 column of numbers scaled to mean 0"),
        ({"features": ["x"], "normalize": "minmax"}, "range 0 to 1"),
        ({"features": ["x"], "normalize": "none"}, None),
        ({"features": ["w"]}, None),
        ({"features": ["x"], "normalize": {"x": "minmax"}}, "x minmax"),
    ],
)
def test_the_note_on_scaling(keys, said):
    told = [note for note in loaded(**keys).notes if "scaled" in note]
    assert len(told) == (said is not None) and all(said in note for note in told)


def test_the_note_on_categories():
    assert any('"w": encoded as 3 one-hot columns (a, b, c)' in note for note in loaded().notes)


def test_a_column_that_gives_the_target_away_is_named():
    columns = COLUMNS | {"z": ["q" if word == "n" else "r" for word in COLUMNS["y"]]}
    assert any('"z"' in note and '"y"' in note for note in loaded(columns).notes)
    assert not any('"x" gives' in note or '"w" gives' in note for note in loaded(columns).notes)


def test_rows_that_train_and_test():
    columns = {"x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, 8.0, 2.0, 1.0], "y": COLUMNS["y"]}
    notes = loaded(columns).notes
    assert [note for note in notes if "also in the training split" in note] == [
        "1 validation row is also in the training split, with equal values"
    ]


def test_weights_come_with_their_rows():
    columns = COLUMNS | {"k": [float(at) for at in range(10)]}
    data = loaded(columns, weight="k")
    np.testing.assert_array_equal(data.test.weights, [8, 9])
    assert data.input_shapes["input"] == (4,) and data.train.weights.dtype == np.float32
