"""The values of targets: words for no and yes as 0 and 1, and the ranges that one-hot and binary losses accept."""

import numpy as np
import pytest
from data.tables import table

from nnctl.data.preprocessing.target_values import binary_column, check_range
from nnctl.errors import DataError


def test_true_and_false_are_1_and_0():
    column = binary_column(table(p=["true", None, "false"]), "p")
    assert column.kind == "number"
    np.testing.assert_array_equal(column.values, [1, np.nan, 0])
    np.testing.assert_array_equal(binary_column(table(p=["true", "true"]), "p").values, [1, 1])
    np.testing.assert_array_equal(binary_column(table(p=["1", "0"]), "p").values, [1, 0])
    with pytest.raises(DataError, match='row 1 holds "true"'):
        binary_column(table(p=["true", "yes"]).take(np.array([0, 1])), "p")


@pytest.mark.parametrize(
    ("values", "labels", "rows"),
    [
        ([[1, 0], [0.5, 0.5], [0.0004, 1]], "onehot", None),
        ([[1, 0], [0.5, 0.4]], "onehot", "row 2"),
        ([[1, 1], [0, 1]], "onehot", "row 1"),
        ([[2, -1], [0, 1]], "onehot", "row 1"),
        ([[1, 0], [0, 1.002]], "onehot", "row 2"),
        ([[[1, 0], [0, 1]], [[1, 0], [1, 1]]], "onehot", "row 2"),
        ([[[1, 0], [0, 1], [1, 0]]], "onehot", None),
        ([[[1, 0], [0, 1], [1, 0]], [[1, 0], [0, 1], [1, 1]]], "onehot", "row 2"),
        ([[[1, 0], [0, 1]], [[3, -2], [0, 1]]], "onehot", "row 2"),
        ([[0, 1], [1, 0]], "binary", None),
        ([[0, 1], [0.5, 0]], "binary", "row 2"),
        ([[-1, 1], [0, 2]], "binary", "rows 1, 2"),
        ([0, 1, 2], "binary", "row 3"),
    ],
)
def test_the_range_of_one_hot_and_binary_values(values, labels, rows):
    if rows is None:
        check_range(np.array(values, dtype=float), labels, "d")
        return
    with pytest.raises(DataError, match=f"{rows}:"):
        check_range(np.array(values, dtype=float), labels, "d")
    start = {"row 1": "row 11", "row 2": "row 12", "row 3": "row 13", "rows 1, 2": "rows 11, 12"}[rows]
    with pytest.raises(DataError, match=start):
        check_range(np.array(values, dtype=float), labels, "d", before=10)


def test_what_is_not_0_or_1_is_shown():
    with pytest.raises(DataError, match=r"got 3\.0, -2\.0"):
        check_range(np.array([[1.0, 0.0, 1.0], [1.0, 3.0, -2.0]]), "binary", "d")


@pytest.mark.parametrize("soft", [True, False])
def test_the_values_that_a_binary_loss_accepts(soft):
    values = np.array([[0.0, 1.0], [0.5, 1.0], [1.5, 0.0]])
    with pytest.raises(DataError) as caught:
        check_range(values, "binary", "d", soft=soft)
    [problem] = caught.value.problems
    assert ("row 3:" if soft else "rows 2, 3:") in problem.message and ("query" in problem.hint) == soft
    check_range(values[:2] if soft else values[:1], "binary", "d", soft=soft)


@pytest.mark.parametrize("pair", [("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("No", "YES"), ("F", "t")])
def test_words_for_no_and_yes_are_0_and_1(pair):
    values = table(p=[pair[1], pair[0], None, pair[1]])
    np.testing.assert_array_equal(binary_column(values, "p").values, [1, 0, np.nan, 1])
    for word in pair:
        with pytest.raises(DataError):
            binary_column(table(p=[word, "x"]), "p")
