"""Columns are ordered by the meaning of their values, never alphabetically."""

import numpy as np
import pytest
from data.tables import column

from nnctl.data.columns.ordering import rank
from nnctl.errors import DataError


def placed(values):
    return np.argsort(np.argsort(rank(column(values), "column", "hint"), kind="stable")).tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2.0, -1.0, 10.0], [1, 0, 2]),
        (["2020-02-01", "2019-12-31", "2020-01-15"], [2, 0, 1]),
        (["t1", "t10", "t2"], [0, 2, 1]),
        (["Step 3", "step 11", "Step 1"], [1, 2, 0]),
        (["Jan 1 2023", "Dec 27 2022", "Apr 1 2023"], [1, 0, 2]),
        (["31.01.23", "01.02.23", "30.12.22"], [1, 2, 0]),
        (["Feb 2023", "Jan 2024", "Dec 2022"], [1, 2, 0]),
        (["2023-Q4", "2024-Q1", "2023-Q2"], [1, 2, 0]),
        (["v1.10.0", "v1.9.3", "v1.2.10"], [2, 1, 0]),
        (["Mar", "January", "Feb"], [2, 0, 1]),
        (["Wed", "Mon", "Tuesday"], [2, 0, 1]),
        (["1:05 PM", "9:30 AM", "12:00 AM"], [2, 1, 0]),
        (["10:30", "9:05", "23:59"], [1, 0, 2]),
    ],
)
def test_values_are_placed_by_what_they_mean(values, expected):
    assert placed(values) == expected


@pytest.mark.parametrize(
    "values",
    [
        ["low", "high", "mid"],
        ["b", "a", "c"],
        ["Q1 2023", "Q4 2022"],  # the year comes last
        ["t1", "s2"],
        ["01/02/2024", "02/03/2024"],  # day and month are ambiguous
    ],
)
def test_words_without_an_order_are_refused(values):
    with pytest.raises(DataError, match="order of these words is not known"):
        rank(column(values), "column", "hint")


def test_words_that_no_row_holds_do_not_matter():
    some = column(["t1", "none", "t2"]).take(np.array([2, 0]))
    assert rank(some, "column", "hint").tolist() == [1, 0]


def test_equal_words_get_equal_places():
    assert rank(column(["t2", "t1", "t2"]), "column", "hint").tolist() == [1, 0, 1]
