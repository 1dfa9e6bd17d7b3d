"""Columns of words as features, fitted on the training rows alone: which categories there are, their codes, and what is
said of new and missing ones."""

import numpy as np
import pytest
from data.tables import table

from nnctl.data.preprocessing.feature_fitting import fit_category
from nnctl.data.preprocessing.features import (
    MISSING,
    RARE,
    Category,
)
from nnctl.errors import DataError

TRAIN = np.arange(6)


def problem(caught):
    [found] = caught.value.problems
    return found


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


def test_new_categories_are_listed_by_frequency():
    notes = []
    fitted_category(WORDS).transform(table(w=["x", "q", "a", "z", "q", "q", "z"]), notes)
    assert "6 values" in notes[0] and "q 3 times, z 2 times, x" in notes[0]


def test_the_note_on_missing_values_names_a_category_only_where_there_is_one():
    for train, said in (([None, "a"], f'"{MISSING}"'), ([None, None], f'"{MISSING}"'), (["a", "b"], "no category")):
        notes = []
        fitted_category(train, np.arange(2), "category").transform(table(w=[None]), notes)
        assert said in notes[0]
