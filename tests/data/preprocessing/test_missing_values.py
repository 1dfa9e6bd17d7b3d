"""The rule `missing: drop`: which rows it leaves out, to which columns it applies, and its notes."""

from dataclasses import replace

import numpy as np
import pytest
from data.tables import table

from nnctl.data.config import DatasetSpec
from nnctl.data.lazy_array import Rows
from nnctl.data.named_arrays import Arrays
from nnctl.data.preprocessing.missing_values import (
    keep_array_rows,
    kept_array_rows,
    kept_rows,
    refuse_missing,
    rule,
    take_rows,
)
from nnctl.data.row_origin import Origin
from nnctl.errors import DataError

COLUMNS = {
    "x": [None, 1.0, 2.0, 3.0, 4.0, 5.0],
    "w": ["a", None, "b", "c", "d", "e"],
    "y": [1.0, 1.0, None, 1.0, 1.0, 1.0],
    "k": [1.0, 1.0, 1.0, None, 1.0, 1.0],
    "t": [1.0, 1.0, 1.0, 1.0, None, 1.0],
    "z": [1.0, 1.0, 1.0, 1.0, 1.0, None],
}


def spec(**keys):
    return DatasetSpec.model_validate({"path": ["d"], **keys}, strict=False)


@pytest.mark.parametrize(
    ("rules", "name", "expected"),
    [
        ("median", "x", "median"),
        ({"x": "drop"}, "x", "drop"),
        ({"x": "drop"}, "w", "error"),
        ({}, "x", "error"),
    ],
)
def test_the_rule_of_a_column(rules, name, expected):
    assert rule(rules, name) == expected


@pytest.mark.parametrize(
    ("keys", "labelled", "kept", "notes"),
    [
        ({"missing": "drop"}, True, [3, 4, 5], 3),  # features x and w, and the target y
        ({"missing": {"x": "drop"}}, True, [1, 2, 3, 4, 5], 1),
        ({"missing": {"x": "median", "w": "drop"}}, True, [0, 2, 3, 4, 5], 1),
        ({"missing": "median"}, True, [0, 1, 2, 3, 4, 5], 0),
        ({"missing": "drop", "weight": "k"}, True, [4, 5], 4),
        ({"missing": "drop", "weight": "k"}, False, [3, 4, 5], 3),  # prediction needs no weights
        ({"missing": "drop", "split": {"time": "t"}}, True, [3, 5], 4),
        ({"missing": "drop", "split": {"time": "t"}}, False, [3, 4, 5], 3),
        ({"missing": "drop", "sequence": {"id": "z"}}, True, [3, 4], 4),
        ({"missing": "drop", "sequence": {"id": "z"}}, False, [3, 4], 4),
        ({"missing": "drop", "sequence": {"id": "w", "order": "k"}}, True, [4, 5], 4),
        ({"missing": {"k": "drop"}, "weight": "k"}, True, [0, 1, 2, 4, 5], 1),
        ({"missing": "drop", "weight": "nowhere"}, True, [3, 4, 5], 3),
    ],
)
def test_the_rows_of_a_table_that_stay(keys, labelled, kept, notes):
    told = []
    found = kept_rows(spec(**keys), table(**COLUMNS), ["x", "w"], ["y"], told, labelled=labelled)
    assert found.tolist() == kept
    if notes > 1:
        assert f"{6 - len(kept)} of 6 rows in all" in told.pop()
    assert len(told) == notes
    assert all("1 of 6 rows" in note and "(row " in note for note in told)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([None, 1.0, 2.0], "1 of 3 rows has no value and is left out (row 1)"),
        ([None, 1.0, None], "2 of 3 rows have no value and are left out (rows 1, 3)"),
    ],
)
def test_the_note_on_a_column(values, said):
    told = []
    kept_rows(spec(missing="drop"), table(x=values), ["x"], [], told)
    assert told == [f'column "x": {said}']


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([np.nan, 1.0, 2.0], "1 row with NaN is left out (row 1)"),
        ([np.nan, 1.0, np.nan], "2 rows with NaN are left out (rows 1, 3)"),
    ],
)
def test_the_note_on_an_array(values, said):
    told = []
    kept_array_rows(spec(missing="drop"), Arrays({"x": np.array(values)}, "d.npz"), ["x"], told)
    assert told == [f'array "x": {said}']


def test_a_repeated_column_has_one_note():
    told = []
    assert kept_rows(spec(missing="drop"), table(x=[None, 1.0]), ["x"], ["x"], told).tolist() == [1] and len(told) == 1


def test_no_row_is_left():
    with pytest.raises(DataError, match="no row"):
        kept_rows(spec(missing="drop"), table(x=[None, 1.0], w=["a", None]), ["x", "w"], [], [])


@pytest.mark.parametrize("kind", [np.asarray, Rows.of])
@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ("drop", [3]),
        ({"x": "drop"}, [1, 2, 3]),
        ({"z": "drop"}, [0, 2, 3]),
        ("zero", [0, 1, 2, 3]),
        ("error", [0, 1, 2, 3]),
    ],
)
def test_the_rows_of_arrays_that_stay(kind, rules, kept):
    arrays = {
        "x": kind(np.array([[1, np.nan], [1, 1], [1, 1], [4, 4.0]])),
        "z": kind(np.array([[0.0], [np.nan], [0], [0]])),
        "y": np.array([np.nan, 0, np.nan, 0]),
        "n": np.array([1, 2, 3, 4]),
        "other": np.zeros(9),
    }
    given, told = Arrays(arrays, "d.npz"), []
    found = kept_array_rows(spec(missing=rules), given, ["x", "z", "y", "n"], told)
    assert np.flatnonzero(found).tolist() == kept
    assert len(told) == {"drop": 3, "zero": 0, "error": 0}.get(rules if isinstance(rules, str) else "", 1)
    taken = take_rows(given, found)
    assert taken.arrays["n"].tolist() == [row + 1 for row in kept]
    assert ("other" in taken.arrays) == (len(kept) == 4)
    again = keep_array_rows(spec(missing=rules), given, ["x", "z", "y", "n"], [])
    assert again.arrays["n"].tolist() == taken.arrays["n"].tolist()


def test_no_row_of_an_array_is_left():
    with pytest.raises(DataError, match="no row"):
        kept_array_rows(spec(missing="drop"), Arrays({"x": np.array([[np.nan]])}, "d"), ["x"], [])


def test_rows_are_named_as_the_file_counts_them():
    told = []
    values = replace(table(x=[None, 1.0, None]), numbers=np.array([4, 6, 9]))
    assert kept_rows(spec(missing="drop"), values, ["x"], [], told).tolist() == [1]
    assert "rows 4, 9" in told[0]


def test_weights_count_unless_the_rows_are_unlabelled():
    assert kept_rows(spec(missing="drop", weight="k"), table(**COLUMNS), ["x"], [], []).tolist() == [1, 2, 4, 5]


# Columns that no rule covers ---------------------------------------------------------------------------------------

TAKES = {"x": "number", "w": "category", "t": "text", "z": "number"}
GAPS = {
    "x": [None, 1.0, 2.0, 3.0],
    "w": ["a", None, "b", "c"],
    "t": ["a", "b", None, "c"],
    "z": [1.0] * 4,
    "y": [1.0, 1.0, 1.0, None],
}


def refusal(columns=GAPS, takes=TAKES, targets=("y",), **keys):
    """(message, column) of each problem, and the hint of the last."""
    with pytest.raises(DataError) as caught:
        refuse_missing(spec(**keys), table(**columns), takes, targets)
    problems = caught.value.problems
    assert all(problem.hint is None for problem in problems[:-1])
    return [(problem.message, problem.where.split('"')[1]) for problem in problems], problems[-1].hint


def test_all_gaps_are_named_in_one_error_with_a_rule_for_each_kind():
    problems, hint = refusal()
    assert [name for _, name in problems] == ["y", "x", "w", "t"]
    assert ["1 of 4 rows (row 4)" in problems[0][0], "target" in problems[0][0]] == [True, True]
    assert ["1 of 4 rows (row 1)" in problems[1][0], "target" in problems[1][0]] == [True, False]
    assert "`missing: {y: drop, x: median, w: category, t: zero}`" in hint and "would leave no row" in hint


@pytest.mark.parametrize(
    ("columns", "keys", "named", "rules", "cost"),
    [
        (["x"], {}, ["x"], "{x: median}", "would leave out 1 of 4 rows"),
        (["w", "z"], {}, ["w"], "{w: category}", "would leave out 1 of 4 rows"),
        (["x", "w"], {}, ["x", "w"], "{x: median, w: category}", "would leave out 2 of 4 rows"),
        (["y"], {}, ["y"], "{y: drop}", "it leaves out 1 of 4 rows"),
        (["x", "y"], {}, ["y", "x"], "{y: drop, x: median}", "would leave out 2 of 4 rows"),
        (["x", "w"], {"missing": {"x": "mean"}}, ["w"], "{x: mean, w: category}", "would leave out 2 of 4 rows"),
        (["x", "y", "z"], {"missing": "zero"}, ["y"], "{x: zero, y: drop}", "it leaves out 1 of 4 rows"),
        (["z", "x", "w"], {"missing": "category"}, ["x"], "{w: category, x: median}", "would leave out 2 of 4 rows"),
        (["x", "w"], {"missing": {"x": "category", "w": "category"}}, ["x"], "{x: median, w: category}", "2 of 4 rows"),
    ],
)
def test_the_rules_that_are_proposed(columns, keys, named, rules, cost):
    chosen = {name: GAPS[name] for name in columns}
    takes = {name: TAKES[name] for name in columns if name != "y"}
    problems, hint = refusal(chosen, takes, [name for name in columns if name == "y"], **keys)
    assert [name for _, name in problems] == named
    assert f"`missing: {rules}`" in hint and cost in hint


def test_numbers_have_no_missing_category():
    problems, hint = refusal({"x": GAPS["x"]}, {"x": "number"}, (), missing="category")
    assert "category" in problems[0][0] and "categorical: [x]" in hint and "{x: median}" in hint
    refuse_missing(spec(missing="category"), table(w=GAPS["w"]), {"w": "category"}, ())
    refuse_missing(spec(missing="median"), table(x=GAPS["x"]), {"x": "number"}, ())
    refuse_missing(spec(), table(x=[1.0]), {"x": "number"}, ())


def test_rows_that_stay_know_their_file_and_their_row_in_it():
    kept = np.array([True, False, True, False, True])
    arrays = Arrays({"x": np.arange(5)}, "a.npz")
    assert take_rows(arrays, kept).origin.number.tolist() == [1, 3, 5]
    taken = take_rows(replace(arrays, origin=Origin.of([("a.npz", 2), ("b.npz", 3)])), kept).origin
    assert (taken.files, taken.file.tolist(), taken.number.tolist()) == (("a.npz", "b.npz"), [0, 1, 1], [1, 1, 3])


@pytest.mark.parametrize(("features", "expected"), [(["x"], 1), (["x", "w"], 3)])
def test_several_columns_tell_how_many_rows_go_in_all(features, expected):
    told = []
    kept_rows(spec(missing="drop"), table(**COLUMNS), features, [], told)
    assert len(told) == expected and ("2 of 6 rows in all" in told[-1]) == (expected > 1)


def test_what_drop_costs_counts_rows_without_a_weight():
    gaps = GAPS | {"k": [None, None, 1.0, 1.0]}
    _, hint = refusal(gaps, {"x": "number"}, (), weight="k")
    assert "would leave out 2 of 4 rows" in hint
