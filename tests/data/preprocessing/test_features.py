"""Columns of numbers as features, and features side by side: fitted on the training rows alone."""

import datetime
import json

import numpy as np
import pytest
from data.tables import NESTED, table

from nnctl.data.config import DatasetSpec
from nnctl.data.preprocessing.feature_fitting import fit_features, fit_number
from nnctl.data.preprocessing.features import (
    MISSING,
    RARE,
    Category,
    Number,
    feature_from_json,
    matrix,
    number_column,
)
from nnctl.errors import DataError

# The first six rows are for training; the last two would change every fitted number if they were used.
X = [1.0, 2.0, None, 4.0, 8.0, 10.0, 1000.0, -1000.0]
TRAIN = np.arange(6)
PRESENT = [1.0, 2.0, 4.0, 8.0, 10.0]
LARGEST = float(np.finfo(np.float32).max)


def problem(caught):
    [found] = caught.value.problems
    return found


# Numbers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "fill"),
    [("mean", 5.0), ("median", 4.0), ("zero", 0.0), ("error", None), ("drop", None), ("category", None)],
)
def test_what_fills_missing_numbers(rule, fill):
    fitted = fit_number(table(x=X), "x", TRAIN, rule, "none")
    assert (fitted.name, fitted.fill, fitted.rule, fitted.shift, fitted.scale) == ("x", fill, rule, 0.0, 1.0)


@pytest.mark.parametrize(
    ("way", "shift", "scale"),
    [("none", 0.0, 1.0), ("standard", 5.0, np.sqrt((16 + 9 + 1 + 9 + 25) / 5)), ("minmax", 1.0, 9.0)],
)
@pytest.mark.parametrize("rule", ["mean", "zero", "error"])  # the filled values do not affect the fit
def test_scaling_is_fitted_on_the_training_rows_that_have_values(way, shift, scale, rule):
    fitted = fit_number(table(x=X), "x", TRAIN, rule, way)
    assert fitted.shift == pytest.approx(shift) and fitted.scale == pytest.approx(scale)
    again = fit_number(table(x=X), "x", np.array([7, 0, 6]), rule, "minmax")
    assert (again.shift, again.scale) == (-1000.0, 2000.0)


@pytest.mark.parametrize("way", ["standard", "minmax"])
def test_transform_gives_the_scaled_values(way):
    values = table(x=X)
    fitted = fit_number(values, "x", TRAIN, "median", way)
    notes = []
    out = fitted.transform(values, notes)
    assert out.shape == (8, 1) and out.dtype == np.float64 and fitted.width == 1
    filled = np.array([4.0 if x is None else x for x in X])
    low, wide = (5.0, np.std(PRESENT)) if way == "standard" else (1.0, 9.0)
    np.testing.assert_allclose(out[:, 0], (filled - low) / wide)
    [note] = notes
    assert '"x"' in note and "1 missing" in note and "4 " in note and "median" in note
    notes = []
    fitted.transform(table(x=[1.0]), notes)
    assert notes == []


@pytest.mark.parametrize(
    ("values", "way", "shift"),
    [
        ([3.0, 3.0, 3.0], "standard", 3.0),
        ([3.0, 3.0, 3.0], "minmax", 3.0),
        ([0.1] * 7, "standard", 0.1),  # its standard deviation is not exactly 0 in floating point
        ([1e-320, 2e-320], "minmax", 1e-320),
        ([5.0], "standard", 5.0),
    ],
)
def test_a_constant_column_keeps_its_scale(values, way, shift):
    fitted = fit_number(table(x=values), "x", np.arange(len(values)), "error", way)
    assert fitted.shift == pytest.approx(shift)
    if values[0] == values[-1]:
        assert fitted.scale == 1.0
    assert np.isfinite(fitted.transform(table(x=[0.0]), [])).all()


def test_two_values_so_close_that_they_do_not_deviate_keep_the_scale():
    close = [1.0, np.nextafter(1.0, 2.0)]
    fitted = fit_number(table(x=[*close, 5e-324, 0.0]), "x", np.array([2, 3]), "error", "standard")
    assert fitted.scale == 1.0  # 5e-324 and 0 have the standard deviation 0


def test_missing_numbers_without_a_rule_are_an_error():
    fitted = fit_number(table(x=X), "x", TRAIN, "error", "none")
    with pytest.raises(DataError, match=r"2 of 4.*rows 2, 4") as caught:
        fitted.transform(table(x=[1.0, None, 3.0, None]), [])
    assert '"x"' in problem(caught).where and "median" in problem(caught).hint
    np.testing.assert_array_equal(fitted.transform(table(x=[7.0]), []), [[7.0]])


def test_no_value_in_the_training_rows():
    with pytest.raises(DataError, match="training row") as caught:
        fit_number(table(x=[None, None, 3.0]), "x", np.array([0, 1]), "mean", "standard")
    assert '"x"' in problem(caught).where


def test_words_of_digits_are_read_as_numbers():
    column = number_column(table(x=["1", "2.5", None, "-3e2", "1"]), "x")
    assert column.kind == "number"
    np.testing.assert_array_equal(column.values, [1, 2.5, np.nan, -300, 1])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1", "one", "2", "one"], r'rows 2, 4.*"one"'),
        ([1.0, np.inf, 2.0, -np.inf], r"rows 2, 4: inf"),
        ([1.0, 3.5e38], r"row 2: 3.5e\+38"),
        ([-3.5e38, 1.0], r"row 1: -3.5e\+38"),
        ([LARGEST, 3.5e38], r"row 2: 3.5e\+38"),  # the largest number itself is none of the mistakes
        (["1", "inf"], r"row 2"),
        ([datetime.date(2020, 1, 1)], "dates"),
        ([NESTED], "numbers"),
    ],
)
def test_values_that_are_not_numbers(values, said):
    with pytest.raises(DataError, match=said) as caught:
        number_column(table(x=values), "x")
    assert '"x"' in problem(caught).where


def test_the_largest_number_is_one():
    np.testing.assert_array_equal(number_column(table(x=[LARGEST, -LARGEST]), "x").values, [LARGEST, -LARGEST])


def test_a_column_of_no_rows_holds_no_wrong_number():
    assert number_column(table(x=[]), "x").values.tolist() == []
    assert Number("x").transform(table(x=[]), []).shape == (0, 1)


# Together -----------------------------------------------------------------------------------------------------------


def test_the_matrix_holds_the_features_side_by_side():
    values = table(x=[1.0, 3.0], w=["b", "a"], y=[5.0, 7.0], v=["q", "r"])
    features = (Number("x", shift=1.0, scale=2.0), Category("w", ("a", "b", "c")), Number("y"),
                Category("v", ("r",), "integer"))  # fmt: skip
    notes = []
    out = matrix(features, values, notes)
    assert out.dtype == np.float32 and out.flags.c_contiguous
    np.testing.assert_array_equal(out, [[0, 0, 1, 0, 5, 0], [1, 1, 0, 0, 7, 1]])
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("keys", "x", "v", "words"),
    [
        ({}, ("error", None, 5.0), ("error", None, 3.0), ("a", "b")),  # without rules: no filling, scaled
        ({"missing": "median"}, ("median", 4.0, 5.0), ("median", 3.0, 3.0), ("a", "b", MISSING)),
        ({"missing": {"x": "mean"}}, ("mean", 5.0, 5.0), ("error", None, 3.0), ("a", "b")),
        ({"missing": {"w": "category"}}, ("error", None, 5.0), ("error", None, 3.0), ("a", "b", MISSING)),
        ({"normalize": "none"}, ("error", None, 0.0), ("error", None, 0.0), ("a", "b")),
        ({"normalize": {"x": "minmax"}}, ("error", None, 1.0), ("error", None, 3.0), ("a", "b")),
        ({"normalize": {"v": "none"}, "missing": {"x": "zero", "v": "mean"}}, ("zero", 0.0, 5.0), ("mean", 3.0, 0.0),
         ("a", "b")),
        ({"rare": 3}, ("error", None, 5.0), ("error", None, 3.0), ("b", RARE)),
    ],
)  # fmt: skip
def test_every_column_is_fitted_by_its_own_rule(keys, x, v, words):
    """x and v: the rule for missing values, what fills them, and the shift."""
    values = table(x=X, w=["b", "a", "b", None, "b", "a", "late", "late"], v=[1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 99.0, 99.0])
    dataset = DatasetSpec.model_validate({"path": ["d"], "encode": "integer", **keys}, strict=False)
    notes = []
    columns = [("v", "number"), ("w", "category"), ("x", "number")]
    second, category, first = fit_features(dataset, values, columns, TRAIN, notes)
    assert (first.name, first.rule, first.fill, first.shift) == ("x", *x)
    assert (second.name, second.rule, second.fill, second.shift) == ("v", *v)
    assert (category.name, category.words, category.encode) == ("w", words, "integer")
    assert len(notes) == ("rare" in keys)


@pytest.mark.parametrize(
    "feature",
    [
        Number("x"),
        Number("x", 2.5, "mean", 1.0, 3.0),
        Category("w", ("a", "b")),
        Category("w", ("a", RARE, MISSING), "integer", True, ("c", "d")),
    ],
)
def test_a_feature_comes_back_from_json(feature):
    assert feature_from_json(json.loads(json.dumps(feature.to_json()))) == feature


def test_without_more_words_a_feature_fills_nothing_and_scales_nothing():
    assert (Number("x").rule, Number("x").fill, Number("x").shift, Number("x").scale) == ("error", None, 0.0, 1.0)
    with pytest.raises(DataError):
        Category("w", ("a",)).transform(table(w=["a", None]), [])
    assert Category("w", ("a", "b")).transform(table(w=["b"]), []).tolist() == [[0, 1]]
