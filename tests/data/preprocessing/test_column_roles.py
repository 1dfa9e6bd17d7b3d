"""Roles: which columns feed which input and as what, which are targets, which are left out, and what is refused."""

import datetime

import numpy as np
import pytest
from data.tables import NESTED, column, table

from nnctl.config.types import InputSpec
from nnctl.data.config import DatasetSpec
from nnctl.data.preprocessing.column_reading import is_text
from nnctl.data.preprocessing.column_roles import find_roles
from nnctl.data.preprocessing.target_columns import find_targets, target_labels
from nnctl.data.table import Column
from nnctl.errors import DataError

COLUMNS = {
    "a": [1.0, 2.0, 3.0, 4.0],
    "w": ["x", "y", "x", "z"],
    "b": [5.0, None, 7.0, 9.0],
    "y": [0.0, 1.0, 0.0, 1.0],
}
DAY = datetime.date(2020, 1, 1)
A, W, B = ("a", "number"), ("w", "category"), ("b", "number")


def made(**keys):
    return DatasetSpec.model_validate({"path": ["d.csv"], "target": "y", **keys}, strict=False)


def inputs_of(**columns):
    return {name: InputSpec.model_validate({} if taken is None else {"columns": taken}, strict=False)
            for name, taken in columns.items()}  # fmt: skip


def roles(columns=COLUMNS, inputs=None, outputs=("out",), **keys):
    return find_roles(made(**keys), inputs or {}, outputs, table(**columns))


def refused(columns=COLUMNS, inputs=None, outputs=("out",), **keys):
    with pytest.raises(DataError) as caught:
        roles(columns, inputs, outputs, **keys)
    [problem] = caught.value.problems
    return problem


# Features -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, (A, W, B)),
        ({"features": ["b", "a"]}, (B, A)),  # in the given order
        ({"features": ["w", "w"]}, (W,)),
        ({"ignore": ["w", "b"]}, (A,)),
        ({"features": ["a", "w"], "ignore": ["w"]}, (A,)),
        ({"categorical": ["a"]}, (("a", "category"), W, B)),
        ({"categorical": ["a", "w"]}, (("a", "category"), W, B)),
        ({"numeric": ["w"]}, (A, ("w", "number"), B)),
        ({"weight": "b"}, (A, W)),
        ({"weight": "b", "features": ["a", "b"]}, (A, B)),  # a weight that is listed is a feature, too
        ({"split": {"time": "b"}}, (A, W)),
        ({"split": {"column": "w"}}, (A, B)),
        ({"sequence": {"id": "w"}}, (A, B)),
        ({"sequence": {"id": "w", "order": "a"}}, (B,)),
        ({"text": {"column": "w"}}, (("w", "text"),)),  # a text has the input to itself
    ],
)
def test_what_feeds_the_model(keys, expected):
    found = roles(**keys)
    assert found.inputs == {"input": expected}
    assert found.targets == {"out": ("y",)}
    assert found.features == tuple(name for name, _ in expected)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"ignore": ["w", "b"]}, ["w, b"]),
        ({"weight": "b"}, ['"b"', "weights"]),
        ({"split": {"time": "b"}}, ['"b"', "time"]),
        ({"split": {"column": "w"}}, ['"w"', "split"]),
        ({"sequence": {"id": "w", "order": "a"}}, ['"w"', "ids", '"a"', "order"]),
        ({"text": {"column": "w"}}, ["a, b"]),
    ],
)
def test_a_note_says_what_is_left_out(keys, said):
    notes = roles(**keys).notes
    assert all(word in " ".join(notes) for word in said)
    assert len(notes) == (2 if "sequence" in keys else 1)


def test_ignored_comes_first_and_a_target_is_not_called_ignored():
    notes = roles(weight="b", ignore=["w", "y"]).notes
    assert len(notes) == 2 and notes[0].endswith(" w") and '"b"' in notes[1]
    assert roles().notes == ()
    assert roles(ignore=["y"]).notes == ()


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
        ([*map(str, range(8)), "x", "x"], {}, 'rows 9, 10 holds "x"'),
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


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"features": ["a", "y"]}, "y cannot be both"),
        ({"features": ["y"]}, "y cannot be both"),
        ({"text": {"column": "y"}}, "y cannot be both"),
        ({"ignore": ["a", "b", "w"]}, "no column"),
        ({"categorical": ["w"], "numeric": ["w", "a"]}, "w is listed in more than one"),
        ({"categorical": ["w"], "text": {"column": "w"}}, "w is listed in more than one"),
        ({"numeric": ["w"], "text": {"column": "w"}}, "w is listed in more than one"),
        ({"text": {"column": "w"}, "sequence": {"id": "a"}}, "text and sequence"),
        ({"text": {"column": "w"}, "features": ["a", "w"]}, "input of its own"),
    ],
)
def test_what_contradicts_itself(keys, said):
    assert said in refused(**keys).message


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"features": ["q"]}, "dataset.features names q"),
        ({"ignore": ["a", "q", "r"]}, "dataset.ignore names q, r"),
        ({"categorical": ["q"]}, "dataset.categorical names q"),
        ({"numeric": ["q"]}, "dataset.numeric names q"),
        ({"missing": {"q": "mean"}}, "dataset.missing names q"),
        ({"normalize": {"q": "minmax"}}, "dataset.normalize names q"),
        ({"weight": "q"}, "dataset.weight names q"),
        ({"split": {"time": "q"}}, "dataset.split.time names q"),
        ({"split": {"column": "q"}}, "dataset.split.column names q"),
        ({"sequence": {"id": "q"}}, "dataset.sequence names q"),
        ({"sequence": {"id": "w", "order": "q"}}, "dataset.sequence names q"),
        ({"text": {"column": "q"}}, "dataset.text names q"),
        ({"target": "q"}, "dataset.target names q"),
    ],
)
def test_a_column_that_is_not_there(keys, said):
    problem = refused(**keys)
    assert said in problem.message and "a, w, b, y" in problem.hint


def test_an_input_may_name_a_column_that_is_not_there():
    assert "inputs.one.columns names q" in refused(inputs=inputs_of(one=["q"])).message


# Inputs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "keys", "expected"),
    [
        ({"one": None}, {}, {"one": (A, W, B)}),
        ({"one": ["a"], "two": None}, {}, {"one": (A,), "two": (W, B)}),
        ({"two": None, "one": ["b", "a"]}, {}, {"two": (W,), "one": (B, A)}),
        ({"one": ["a"], "two": ["a", "w"]}, {}, {"one": (A,), "two": (A, W)}),
        ({"one": ["w"]}, {"text": {"column": "w"}}, {"one": (("w", "text"),)}),
        ({"one": ["w"], "two": None}, {"text": {"column": "w"}}, {"one": (("w", "text"),), "two": (A, B)}),
        ({"one": ["b"], "two": ["a"]}, {"weight": "b"}, {"one": (B,), "two": (A,)}),
    ],
)
def test_inputs_share_the_columns_out(inputs, keys, expected):
    found = roles(inputs=inputs_of(**inputs), **keys)
    assert found.inputs == expected and list(found.inputs) == list(expected)


def test_the_features_of_several_inputs_are_none_twice():
    assert roles(inputs=inputs_of(one=["b", "a"], two=["a", "w"])).features == ("b", "a", "w")


@pytest.mark.parametrize(
    ("inputs", "keys", "said"),
    [
        ({"one": None, "two": None}, {}, "one, two"),
        ({"one": ["a"], "two": None, "six": None}, {}, "two, six"),
        ({"one": ["a", "w", "b"], "two": None}, {}, "two"),
        ({"one": ["a", "w"]}, {"ignore": ["w"]}, "w is not a feature"),
        ({"one": ["w"]}, {"features": ["a", "b"]}, "w is not a feature"),
        ({"one": ["a", "y"]}, {}, "y cannot be both"),
        ({"one": ["a", "w"]}, {"text": {"column": "w"}}, "input of its own"),
    ],
)
def test_inputs_that_cannot_be_fed(inputs, keys, said):
    assert said in refused(inputs=inputs_of(**inputs), **keys).message


def test_several_texts_need_an_input_each():
    columns = COLUMNS | {"v": ["p", "q", "r", "s"]}
    texts = {"text": {"column": ["w", "v"]}}
    hint = refused(columns, **texts).hint
    assert "w: {columns: [w]}" in hint and "v: {columns: [v]}" in hint and "rest: {columns: [a, b]}" in hint
    assert "rest" not in refused(columns, **texts, ignore=["a", "b"]).hint
    found = roles(columns, inputs_of(one=["v"], two=["w"]), **texts)
    assert found.inputs == {"one": (("v", "text"),), "two": (("w", "text"),)}


# Targets ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "outputs", "expected"),
    [
        (None, ["y"], {"y": ("y",)}),
        (None, ["y", "a"], {"y": ("y",), "a": ("a",)}),
        ("y", ["out"], {"out": ("y",)}),
        (["y", "b"], ["out"], {"out": ("y", "b")}),
        (["y", "b"], ["b", "y"], {"b": ("b",), "y": ("y",)}),
        ({"one": "y", "two": ["a", "b"]}, ["two", "one"], {"one": ("y",), "two": ("a", "b")}),
    ],
)
def test_the_targets_of_each_output(target, outputs, expected):
    dataset = made(target=target)
    assert find_targets(dataset, outputs, table(**COLUMNS)) == expected
    wanted = {output: f"labels of {output}" for output in outputs}
    assert target_labels(dataset, wanted) == {
        column: wanted[output] for output, columns in expected.items() for column in columns
    }


def test_an_output_without_a_target_of_its_own_has_none():
    assert target_labels(made(target={"one": "y"}), {"two": "number"}) == {}
    assert target_labels(made(target=None), {"two": "number"}) == {"two": "number"}


@pytest.mark.parametrize(
    ("target", "outputs", "said"),
    [
        (None, ["out"], "target: COLUMN"),
        (None, ["y", "out"], "target: COLUMN"),
        ({"one": "y"}, ["out"], "out: COLUMN"),
        ({"one": "y"}, ["one", "two"], "one: COLUMN, two: COLUMN"),
        ({"one": "y", "two": "a"}, ["one"], "one: COLUMN"),
        (["y", "a"], ["one", "two"], "one: COLUMN, two: COLUMN"),
        ("y", ["one", "two"], "one: COLUMN, two: COLUMN"),
    ],
)
def test_targets_that_are_not_clear(target, outputs, said):
    with pytest.raises(DataError) as caught:
        find_targets(made(target=target), outputs, table(**COLUMNS))
    assert said in caught.value.problems[0].hint


def test_targets_are_not_features():
    found = roles(outputs=("one", "two"), target={"one": "y", "two": ["b", "w"]})
    assert found.inputs == {"input": (A,)} and found.targets == {"one": ("y",), "two": ("b", "w")}


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
