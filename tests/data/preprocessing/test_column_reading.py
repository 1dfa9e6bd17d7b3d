"""What a column is read as: numbers, categories or texts, and what is said where it is neither."""

import datetime

import numpy as np
import pytest
from data.preprocessing.role_tables import COLUMNS, DAY, made, refused, roles
from data.tables import NESTED, column, table

from nnctl.data.preprocessing.column_reading import is_text
from nnctl.data.preprocessing.column_roles import find_roles
from nnctl.data.table import Column

NAMES = [f"n{at}" for at in range(30)]
SAME = ["x"] * 30
TWENTY = [f"n{at % 20}" for at in range(30)]


@pytest.mark.parametrize(
    ("values", "keys", "taken", "noted"),
    [
        (NAMES, {}, None, "30 different"),
        (NAMES, {"categorical": ["c"]}, "category", None),
        (NAMES, {"features": ["a", "c"]}, "category", None),
        (TWENTY, {}, "category", None),  # few enough
        ([*NAMES[:21], *NAMES[:9]], {}, None, "21 different"),
        (SAME, {}, "category", "same value"),
        ([1.0] * 30, {}, "number", "same value"),
        ([*SAME[:29], None], {}, "category", None),  # whether it is missing is information
        ([1.0, *[None] * 29], {}, "number", None),
        ([DAY] * 30, {}, None, "dates"),
        ([NESTED] * 30, {}, None, "lists"),
        ([True, False] * 15, {}, "category", None),
        (["1", "2"] * 15, {}, "category", None),  # digits kept as words on purpose
        (["1", "2", "x"] * 10, {}, "category", None),  # 2 of 3 are numbers: not mostly
        ([float(at) for at in range(30)], {}, "number", None),
    ],
)
def test_what_a_column_is_read_as(values, keys, taken, noted):
    columns = {"a": [float(at) for at in range(len(values))], "c": values, "y": [0.0, 1.0] * (len(values) // 2)}
    found = roles(columns, **keys)
    assert dict(found.inputs["input"]).get("c") == taken
    told = [note for note in found.notes if '"c"' in note]
    assert len(told) == (noted is not None)
    assert noted is None or noted in told[0]


def test_many_texts_that_repeat_are_categories():
    """More than 20 distinct texts are names if they are more than half of the values."""
    for rows, expected in ((42, "category"), (41, None)):
        words = [f"n{at % 21}" for at in range(rows)]
        columns = {"a": [float(at) for at in range(rows)], "c": words, "y": [float(at % 2) for at in range(rows)]}
        assert dict(roles(columns).inputs["input"]).get("c") == expected
    words = [f"n{at % 21}" for at in range(41)] + [None] * 20  # missing values do not count
    columns = {"a": [float(at) for at in range(61)], "c": words, "y": [float(at % 2) for at in range(61)]}
    assert dict(roles(columns).inputs["input"]).get("c") is None


@pytest.mark.parametrize(
    ("values", "keys", "said"),
    [
        ([DAY] * 10, {"features": ["a", "c"]}, "date"),
        ([DAY] * 10, {"categorical": ["c"]}, "date"),
        ([DAY] * 10, {"numeric": ["c"]}, "date"),
        ([NESTED] * 10, {"features": ["c"]}, "lists of numbers"),
        ([None] * 10, {}, "is empty in every row"),
        ([None] * 10, {"categorical": ["c"]}, "is empty in every row"),
        ([*map(str, range(9)), "nine"], {}, 'row 10 holds "nine"'),
        (["x", *map(str, range(9))], {}, 'row 1 holds "x"'),
        ([*map(str, range(8)), "x", "x"], {}, 'rows 9, 10 hold "x"'),
    ],
)
def test_a_column_that_cannot_be_read(values, keys, said):
    problem = refused({"a": [float(at) for at in range(10)], "c": values, "y": [0.0, 1.0] * 5}, **keys)
    assert said in problem.message and '"c"' in problem.where and problem.hint


@pytest.mark.parametrize("share", [8, 7])
def test_four_fifths_of_numbers_make_a_column_of_numbers(share):
    values = [*map(str, range(share)), *["x"] * (10 - share)]
    columns = {"a": [float(at) for at in range(10)], "c": values, "y": [0.0, 1.0] * 5}
    if share == 8:
        assert "x" in refused(columns).message
        assert dict(roles(columns, categorical=["c"]).inputs["input"])["c"] == "category"
    else:
        assert dict(roles(columns).inputs["input"])["c"] == "category"


def test_numeric_takes_what_would_be_refused():
    columns = {"a": [float(at) for at in range(10)], "c": [*map(str, range(9)), "x"], "y": [0.0, 1.0] * 5}
    assert roles(columns, numeric=["c"]).inputs["input"][1] == ("c", "number")


# Neither numbers nor words; words that look like numbers -----------------------------------------------------------


def test_a_time_of_day_is_not_a_target():
    problem = refused(COLUMNS | {"y": [datetime.time(10, 30)] * 4})
    assert "times of day" in problem.message and "a target must be" in problem.message


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("y", {}),
        ("b", {"weight": "b"}),
        ("w", {"split": {"column": "w"}}),
        ("w", {"text": {"column": "w"}}),
        ("w", {"target": ["y", "w"]}),
    ],
)
def test_lists_are_no_target_weight_split_or_text(name, keys):
    problem = refused(COLUMNS | {name: [NESTED] * 4}, **keys)
    assert "lists" in problem.message and f'"{name}"' in problem.where and problem.hint


@pytest.mark.parametrize(
    ("values", "taken"),
    [
        (["1.5", "2.5", "-3"], "category"),  # kept as words on purpose
        (["01046", "02139", "10001"], "category"),
        (["1,5", "2,5", "3,25"], None),
        (["01046", "1.5", "2.5"], None),  # of both kinds
        (["5%", "7%", "12%"], None),
        (["1,5", "2.5", "1.234,5"], None),
    ],
)
def test_words_that_look_like_numbers(values, taken):
    columns = {"a": [1.0, 2.0, 3.0] * 3, "c": values * 3, "y": [0.0, 1.0, 0.0] * 3}
    if taken:
        assert dict(roles(columns).inputs["input"])["c"] == taken
        return
    problem = refused(columns)
    assert '"c"' in problem.where and "categorical: [c]" in problem.hint
    assert dict(roles(columns, categorical=["c"]).inputs["input"])["c"] == "category"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["5", "12 kg", "7 kg"], 'written as "12 kg"'),  # not the 5, which is a plain number
        (["5", "6", "12%"], "in several formats (5, 12%)"),  # one plain number beside the others
        (["0,5", "2,5", "3,25"], 'written as "0,5"'),
        (["1,5", "2.5", "1.234,5"], "in several formats (2.5, 1,5, 1.234,5)"),
        (["007", "1,5", "2"], 'written as "007"'),
    ],
)
def test_the_error_shows_how_the_numbers_are_written(values, said):
    columns = {"a": [1.0, 2.0, 3.0] * 3, "c": values * 3, "y": [0.0, 1.0, 0.0] * 3}
    assert refused(columns).message == f"looks like numbers {said}"


def test_words_that_are_in_no_row_do_not_count():
    """After rows were left out, the words of a column are still those of all rows."""
    whole = table(a=[1.0] * 8, c=["x", *["1", "2", "3"] * 2, "1,5"], y=[0.0, 1.0] * 4)
    assert whole["c"].words[0] == "x" and whole["c"].words[-1] == "1,5"
    some = find_roles(made(), {}, ["out"], whole.take(np.array([1, 2, 3, 4, 5, 6])))
    assert dict(some.inputs["input"])["c"] == "category"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["one two three", "a b c"], True),
        (["one two", "a b c d"], True),  # three each, on average
        (["one two", "a b c"], False),
        (["word"], False),
        ([None, "a b c"], True),
        ([1.0, 2.0], False),
        ([None, None], False),
    ],
)
def test_texts_are_three_words_or_more(values, expected):
    assert is_text(column(values)) is expected


def test_a_column_without_a_word_is_no_text():
    assert is_text(Column("text", np.array([-1, -1]))) is False


@pytest.mark.parametrize(
    ("different", "rows", "missing", "left_out"),
    [(20, 20, 0, False), (21, 41, 0, True), (21, 42, 0, False), (21, 42, 1, True)],
)
def test_many_different_texts_are_left_out_with_the_way_to_read_them(different, rows, missing, left_out):
    values = [None] * missing + [f"a text of {at % different}" for at in range(rows - missing)]
    columns = {"a": [float(at) for at in range(rows)], "c": values, "y": [float(at % 2) for at in range(rows)]}
    found = roles(columns)
    assert ("c" not in dict(found.inputs["input"])) == left_out
    assert any('"c"' in note and "text: {column: c}" in note for note in found.notes) == left_out
    assert dict(roles(columns, features=["a", "c"]).inputs["input"])["c"] == "category"


def test_a_table_with_only_a_text_gets_a_hint():
    columns = {"c": [f"a text of {at}" for at in range(30)], "y": [float(at % 2) for at in range(30)]}
    assert "text: {column: c}" in refused(columns).hint
    words = columns | {"c": [f"w{at}" for at in range(30)]}
    assert "features" in refused(words).hint and "text:" not in refused(words).hint
    target = columns | {"y": [f"an answer of {at % 2}" for at in range(30)], "c": words["c"]}
    assert "text:" not in refused(target).hint
