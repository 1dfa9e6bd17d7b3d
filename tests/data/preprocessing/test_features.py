"""Features: fitted on the training rows alone, for every kind of value."""

import datetime
import json

import numpy as np
import pytest
from data.tables import NESTED, table

from nnctl.data.config import DatasetSpec
from nnctl.data.preprocessing.feature_fitting import fit_category, fit_features, fit_number
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


# Categories ---------------------------------------------------------------------------------------------------------

WORDS = ["b", "a", "b", "c", "b", "a", "late", "late"]


def fitted_category(values, train=TRAIN, missing="error", encode="onehot", rare=0, notes=None):
    return fit_category(table(w=values), "w", train, missing, encode, rare, [] if notes is None else notes)


def test_the_categories_are_the_training_rows_words_in_order():
    category = fitted_category(WORDS)
    assert category == Category("w", ("a", "b", "c"), "onehot", False, ())
    assert category.width == 3
    assert fitted_category(WORDS, encode="integer").width == 1


def test_numbers_as_categories_are_ordered_by_size():
    assert fitted_category([10, 9, 2.5, -1, 100, 9, 7, 7]).words == ("-1", "2.5", "9", "10", "100")


def test_words_that_are_digits_are_ordered_as_words():
    assert fitted_category(["10", "9", "a", "9", "10", "9"]).words == ("10", "9", "a")


@pytest.mark.parametrize(
    ("rare", "words", "joined"),
    [
        (0, ("a", "b", "c"), ()),
        (1, ("a", "b", "c"), ()),
        (2, ("a", "b", RARE), ("c",)),
        (3, ("b", RARE), ("a", "c")),
        (4, (RARE,), ("a", "b", "c")),
    ],
)
def test_rare_joins_what_is_seen_fewer_times_in_training(rare, words, joined):
    notes = []
    category = fitted_category(WORDS, rare=rare, notes=notes)
    assert (category.words, category.rare) == (words, joined)
    assert len(notes) == (1 if joined else 0)
    if joined:
        assert f"{len(joined)} " in notes[0] and f"{rare} " in notes[0] and ", ".join(joined) in notes[0]
    told = []
    onehot = category.transform(table(w=["a", "b", "c"]), told)
    expected = [words.index(RARE if word in joined else word) for word in "abc"]
    np.testing.assert_array_equal(onehot, np.eye(len(words))[expected])
    assert told == []


def test_one_hot_rows():
    notes = []
    onehot = fitted_category(WORDS).transform(table(w=["c", "a", "b", "a"]), notes)
    np.testing.assert_array_equal(onehot, [[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]])
    assert notes == [] and onehot.dtype == np.float64


def test_integers_count_from_1():
    codes = fitted_category(WORDS, encode="integer").transform(table(w=["c", "a", "b"]), [])
    np.testing.assert_array_equal(codes, [[3.0], [1.0], [2.0]])


def test_a_category_that_training_does_not_have_is_none_of_them():
    values = table(w=["c", "late", "a", "later", "late"])
    notes = []
    np.testing.assert_array_equal(
        fitted_category(WORDS).transform(values, notes), [[0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
    )
    [note] = notes
    assert '"w"' in note and "3 values" in note and "(late 2 times, later)" in note
    np.testing.assert_array_equal(
        fitted_category(WORDS, encode="integer").transform(values, []), [[3], [0], [1], [0], [0]]
    )


@pytest.mark.parametrize("rule", ["category", "mean", "zero"])
def test_missing_values_may_be_a_category(rule):
    category = fitted_category(["b", None, "a"], np.arange(3), rule)
    assert category.words == ("a", "b", MISSING) and category.missing
    notes = []
    np.testing.assert_array_equal(
        category.transform(table(w=[None, "a", None, "b"]), notes), [[0, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0]]
    )
    [note] = notes
    assert "2 missing" in note and MISSING in note


def test_missing_values_that_training_does_not_have_are_none_of_the_categories():
    category = fitted_category(["b", "a", None], np.arange(2), "category")
    assert category.words == ("a", "b") and category.missing
    notes = []
    np.testing.assert_array_equal(category.transform(table(w=[None, "b"]), notes), [[0, 0], [0, 1]])
    [note] = notes
    assert "1 missing" in note


def test_rare_and_missing_side_by_side():
    category = fitted_category(["b", "b", "a", None, "c"], np.arange(5), "category", rare=2)
    assert category.words == ("b", RARE, MISSING) and category.rare == ("a", "c")
    np.testing.assert_array_equal(
        category.transform(table(w=["a", None, "b", "new"]), []), [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]]
    )


@pytest.mark.parametrize("rule", ["error", "drop"])
def test_missing_categories_without_a_rule_are_an_error(rule):
    category = fitted_category(["b", None, "a"], np.arange(3), rule)
    assert category.words == ("a", "b") and not category.missing
    with pytest.raises(DataError, match=r"1 of 3.*row 2") as caught:
        category.transform(table(w=["b", None, "a"]), [])
    assert '"w"' in problem(caught).where and "category" in problem(caught).hint


def test_no_word_in_the_training_rows():
    with pytest.raises(DataError, match="training row"):
        fitted_category([None, None, "a"], np.array([0, 1]))
    assert fitted_category([None, None, "a"], np.array([0, 1]), "category").words == (MISSING,)


def test_too_many_categories_for_one_hot_columns():
    words = [f"w{at}" for at in range(1001)]
    with pytest.raises(DataError, match="1,001") as caught:
        fitted_category(words, np.arange(1001))
    assert all(said in problem(caught).hint for said in ("ignore: [w]", "rare: 10", "encode: integer"))
    assert len(fitted_category(words, np.arange(1000)).words) == 1000
    assert len(fitted_category(words, np.arange(1001), encode="integer").words) == 1001


@pytest.mark.parametrize(
    ("rare", "said"),
    [
        (2, '1 category with fewer than 2 training rows is combined as "(rare)" (c)'),
        (3, '2 categories with fewer than 3 training rows are combined as "(rare)" (a, c)'),
    ],
)
def test_the_note_on_rare_categories(rare, said):
    notes = []
    fitted_category(WORDS, rare=rare, notes=notes)
    assert notes == [f'column "w": {said}']


def test_rare_words_are_kept_in_order():
    words = list("hdbgafce")
    assert fitted_category([*words, "z", "z"], np.arange(10), rare=2).rare == tuple("abcdefgh")


def test_the_note_on_an_encoding_says_what_an_embedding_needs():
    assert Category("w", ("a", "b", "c")).note() == 'column "w": encoded as 3 one-hot columns (a, b, c)'
    assert Category("w", ("a", "b", "c"), "integer").note() == (
        'column "w": categories 1 to 3 (a, b, c), 0 for any other; an Embedding needs input_dim 4'
    )


def test_new_categories_that_are_as_frequent_are_listed_in_order():
    notes = []
    fitted_category(WORDS).transform(table(w=[f"n{at:03}" for at in range(100) for _ in range(1 + at % 2)]), notes)
    assert "(n001 2 times, n003 2 times, n005 2 times and 97 more)" in notes[0]


@pytest.mark.parametrize(
    ("values", "missing", "new"),
    [
        (["a", None, "late"], "1 missing value is", "1 value does not occur in the training rows (late) and counts"),
        ([None, None, "x", "y"], "2 missing values are", "2 values do not occur in the training rows (x, y) and count"),
    ],
)
def test_the_notes_count_values(values, missing, new):
    notes = []
    Category("w", ("a", MISSING), missing=True).check(table(w=values), notes)
    assert notes == [f'column "w": {missing} taken as the category "(missing)"', f'column "w": {new} as no category']


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


def test_new_categories_are_listed_by_frequency():
    notes = []
    fitted_category(WORDS).transform(table(w=["x", "q", "a", "z", "q", "q", "z"]), notes)
    assert "6 values" in notes[0] and "q 3 times, z 2 times, x" in notes[0]


def test_the_note_on_missing_values_names_a_category_only_where_there_is_one():
    for train, said in (([None, "a"], f'"{MISSING}"'), ([None, None], f'"{MISSING}"'), (["a", "b"], "no category")):
        notes = []
        fitted_category(train, np.arange(2), "category").transform(table(w=[None]), notes)
        assert said in notes[0]


def test_without_more_words_a_feature_fills_nothing_and_scales_nothing():
    assert (Number("x").rule, Number("x").fill, Number("x").shift, Number("x").scale) == ("error", None, 0.0, 1.0)
    with pytest.raises(DataError):
        Category("w", ("a",)).transform(table(w=["a", None]), [])
    assert Category("w", ("a", "b")).transform(table(w=["b"]), []).tolist() == [[0, 1]]
