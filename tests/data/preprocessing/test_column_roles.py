"""Roles: which columns feed which input and as what, which are targets, which are left out, and what is refused."""

import pytest
from data.preprocessing.role_tables import COLUMNS, inputs_of, made, refused, roles
from data.tables import table

from nnctl.data.preprocessing.target_columns import find_targets, target_labels
from nnctl.errors import DataError

A, W, B = ("a", "number"), ("w", "category"), ("b", "number")


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
