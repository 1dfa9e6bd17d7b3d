"""Targets: how columns are encoded for each loss, and how predictions are decoded to class names and units."""

import datetime
import json

import numpy as np
import pytest
from data.tables import NESTED, table

from nnctl.data.preprocessing.targets import TargetCoder, fit_target, missing_target, target_notes
from nnctl.errors import DataError

WORDS = ["no", "yes", "no", "maybe", "yes"]
NUMBERS = [3.0, 1.0, 3.0, 2.5, 1.0]


def fitted(values, labels, **keys):
    return fit_target(table(y=values), ["y"], labels, **keys)


def refused(labels, names=("y",), **columns):
    with pytest.raises(DataError) as caught:
        fit_target(table(**columns), names, labels)
    return caught.value.problems[0]


def back(coder):
    return TargetCoder.from_json(json.loads(json.dumps(coder.to_json())))


# Classes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "labels", "classes", "numeric", "shape"),
    [
        (WORDS, "integer", ("maybe", "no", "yes"), False, ()),
        (WORDS, "onehot", ("maybe", "no", "yes"), False, (3,)),
        (["b", "a", "b"], "binary", ("a", "b"), False, (1,)),
        (NUMBERS, "integer", ("1", "2.5", "3"), True, ()),
        ([10.0, 9.0, -1.0], "onehot", ("-1", "9", "10"), True, (3,)),  # by size
        (["10", "9", "x"], "integer", ("10", "9", "x"), False, ()),  # alphabetically
        ([1.0, 0.0, 1.0], "binary", ("0", "1"), True, (1,)),
        ([True, False, True], "binary", ("false", "true"), False, (1,)),
        ([1.0, None, 2.0], "integer", ("1", "2"), True, ()),
    ],
)
def test_classes_are_the_values_in_order(values, labels, classes, numeric, shape):
    coder = fitted(values, labels)
    assert coder == TargetCoder(labels, ("y",), shape, classes, numeric)
    target = coder.target
    assert (target.labels, target.columns, target.shape, target.classes) == (labels, ("y",), shape, classes)


def test_the_encoding_for_each_loss():
    codes = [1, 2, 1, 0, 2]
    integer = fitted(WORDS, "integer").encode(table(y=WORDS))
    assert integer.dtype == np.int32 and integer.tolist() == codes
    onehot = fitted(WORDS, "onehot").encode(table(y=WORDS))
    assert onehot.dtype == np.float32 and onehot.tolist() == np.eye(3)[codes].tolist()
    binary = fitted(["b", "a"], "binary").encode(table(y=["a", "b", "b"]))
    assert binary.dtype == np.float32 and binary.tolist() == [[0], [1], [1]]


def test_classes_come_from_all_rows():
    assert fitted(WORDS, "integer", train=np.array([0, 1])).classes == ("maybe", "no", "yes")


@pytest.mark.parametrize("labels", ["integer", "onehot", "binary"])
def test_a_class_that_training_does_not_have(labels):
    coder = fitted(["a", "b"], labels)
    with pytest.raises(DataError, match=r'rows 2, 4: "c"') as caught:
        coder.encode(table(y=["a", "c", "b", "c"]))
    assert '"y"' in caught.value.problems[0].where


def test_a_class_in_no_row_is_not_an_error():
    values = table(y=["a", "c", "b"]).take(np.array([2, 0]))  # "c" is still among the column's words
    assert fitted(["a", "b"], "integer").encode(values).tolist() == [1, 0]


@pytest.mark.parametrize("labels", ["integer", "number", "binary"])
def test_missing_targets_are_an_error(labels):
    coder = fitted([0.0, 1.0], labels)
    with pytest.raises(DataError, match=r"2 of 4.*rows 2, 3") as caught:
        coder.encode(table(y=[0.0, None, None, 1.0]))
    assert '"y"' in caught.value.problems[0].where and "drop" in caught.value.problems[0].hint
    assert "1 of 2" in str(missing_target(table(y=[None, 1.0]), "y", np.array([True, False])))


@pytest.mark.parametrize(
    ("labels", "values", "said"),
    [
        ("integer", ["a", "a"], "one value"),
        ("binary", [1.0, 1.0, None], "one value"),
        ("integer", [None, None], "one value"),
        ("binary", WORDS, "3"),
        ("binary", NUMBERS, "3"),
        ("integer", [datetime.date(2020, 1, 1)] * 2, "date"),
        ("number", [datetime.date(2020, 1, 1)] * 2, "date"),
        ("integer", [datetime.time(10, 30)] * 2, "time"),
        ("binary", [0.5, 2.0], "row 2"),  # with a fraction, values are probabilities, and 2 is not one
        ("binary", [0.5, -0.1, None], "row 2"),
        ("onehot", [NESTED] * 2, "nested"),
        ("integer", [1.0, np.inf, 2.0], "row 2"),
        ("integer", [f"n{at}" for at in range(30)], "30 different texts in 30 rows"),
        ("integer", [at + 0.5 for at in range(30)], "30 different numbers in 30 rows"),
        ("onehot", [float(at) for at in range(30)], "30 different numbers in 30 rows"),
    ],
)
def test_columns_without_classes(labels, values, said):
    problem = refused(labels, y=values)
    assert said in problem.message and '"y"' in problem.where


@pytest.mark.parametrize(
    ("classes", "rows", "kind", "fits"),
    [
        (21, 500, "mixed", False),
        (20, 20, "text", True),
        (21, 42, "text", True),
        (21, 41, "text", False),
        (20, 20, "whole", True),
        (21, 105, "whole", True),
        (21, 104, "whole", False),
        (20, 20, "fraction", True),
        (21, 500, "fraction", False),
    ],
)
def test_many_distinct_values_are_not_classes(classes, rows, kind, fits):
    value = {"text": lambda at: f"n{at}", "whole": float, "fraction": lambda at: at + 0.5,
             "mixed": lambda at: at + 0.5 * (at == 7)}[kind]  # fmt: skip
    values = [value(at % classes) for at in range(rows)]
    if fits:
        assert len(fitted(values, "integer").classes) == classes
        assert len(fitted([*values, *[None] * 9], "integer").classes) == classes  # missing rows do not count
    else:
        refused("integer", y=values)
        refused("integer", y=[*values, *[None] * 500])


# Numbers ------------------------------------------------------------------------------------------------------------


def test_numbers_stay_what_they_are():
    coder = fitted([1.5, 2.0, -3.0], "number")
    assert coder == TargetCoder("number", ("y",), (1,))
    y = coder.encode(table(y=[1.5, 7.0]))
    assert y.dtype == np.float32 and y.flags.c_contiguous and y.tolist() == [[1.5], [7.0]]
    assert fitted(["1.5", "2"], "number").encode(table(y=["2", "4e1"])).tolist() == [[2.0], [40.0]]


# The first four rows are for training; the last value is far away.
@pytest.mark.parametrize(
    ("way", "shift", "scale"),
    [("standard", 4.0, np.sqrt(14.0)), ("minmax", 0.0, 10.0)],
)
def test_normalize_scales_a_target_by_the_training_rows(way, shift, scale):
    values = [0.0, 2.0, 4.0, 10.0, 1000.0]
    coder = fitted(values, "number", train=np.arange(4), normalize={"y": way})
    assert coder.shift == pytest.approx((shift,)) and coder.scale == pytest.approx((scale,))
    y = coder.encode(table(y=values))
    np.testing.assert_allclose(y[:, 0], (np.array(values) - shift) / scale, rtol=1e-6)
    np.testing.assert_allclose(coder.decode(y), values, rtol=1e-5, atol=1e-6)
    whole = fitted(values, "number", normalize={"y": "minmax"})
    assert (whole.shift, whole.scale) == ((0.0,), (1000.0,))


@pytest.mark.parametrize("rules", [{}, {"x": "standard"}, {"y": "none"}, None])
def test_a_target_that_normalize_does_not_name_is_not_scaled(rules):
    coder = fitted([0.0, 10.0], "number", normalize=rules)
    assert (coder.shift, coder.scale) == ((), ())


def test_several_numbers_side_by_side():
    values = table(p=[1.0, 3.0], q=[10.0, 50.0])
    coder = fit_target(values, ["q", "p"], "number", normalize={"p": "minmax"})
    assert (coder.columns, coder.shape, coder.shift, coder.scale) == (("q", "p"), (2,), (0.0, 1.0), (1.0, 2.0))
    y = coder.encode(values)
    assert y.tolist() == [[10.0, 0.0], [50.0, 1.0]]
    assert coder.decode(y).tolist() == [[10.0, 1.0], [50.0, 3.0]]


def test_words_are_not_numbers():
    problem = refused("number", y=["a", "b", "a"])
    assert "a, b" in problem.message and "`loss: binary_crossentropy`" in problem.hint
    assert "`loss: sparse_categorical_crossentropy`" in refused("number", y=["1", "b", "c"]).hint
    assert "sparse" in refused("number", y=["1", "nan", "2"]).hint  # NaN is not a target either


# Flags and one-hot columns ------------------------------------------------------------------------------------------


def test_columns_of_flags():
    values = table(p=[0.0, 1.0, 1.0], q=["true", "false", "true"])
    coder = fit_target(values, ["p", "q"], "binary")
    assert coder == TargetCoder("binary", ("p", "q"), (2,))
    assert coder.encode(values).tolist() == [[0, 1], [1, 0], [1, 1]]


def test_one_hot_columns_are_classes():
    values = table(p=[0.0, 1.0], q=[1.0, 0.0], r=[0.0, 0.0])
    coder = fit_target(values, ["p", "q", "r"], "onehot")
    assert coder == TargetCoder("onehot", ("p", "q", "r"), (3,), ("p", "q", "r"))
    assert coder.encode(values).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert coder.decode(np.array([[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]])).tolist() == ["q", "p"]


@pytest.mark.parametrize(
    ("labels", "columns", "said"),
    [
        ("integer", {"p": [0.0, 1.0], "q": [1.0, 0.0]}, "one column"),
        ("sequence", {"p": ["a"], "q": ["b"]}, "one column"),
        ("onehot", {"p": [0.0, 1.0, 1.0], "q": [1.0, 0.0, 1.0]}, "row 3"),
        ("binary", {"p": [0.0, 1.0], "q": [1.0, 2.0]}, "row 2"),
    ],
)
def test_several_columns_that_do_not_suit(labels, columns, said):
    assert said in refused(labels, tuple(columns), **columns).message


def test_flags_with_missing_values_are_looked_at_when_rows_are_dropped():
    values = table(p=[0.0, None, 2.0], q=[1.0, 0.0, 1.0])
    coder = fit_target(values, ["p", "q"], "binary")
    with pytest.raises(DataError, match="row 3") as caught:
        coder.encode(values.take(np.array([0, 0, 2])))
    assert "2" in caught.value.problems[0].message


# Predictions --------------------------------------------------------------------------------------------------------

PROBABILITIES = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])


@pytest.mark.parametrize(
    ("coder", "predicted", "expected"),
    [
        (TargetCoder("integer", ("y",), (), ("a", "b", "c")), PROBABILITIES, ["c", "a"]),
        (TargetCoder("integer", ("y",), (), ("a", "b", "c")), np.array([1, 0, 2]), ["b", "a", "c"]),
        (TargetCoder("onehot", ("y",), (3,), ("a", "b", "c")), PROBABILITIES.astype(np.float32), ["c", "a"]),
        (TargetCoder("integer", ("y",), (), ("1", "2", "30"), True), PROBABILITIES, [30, 1]),
        (TargetCoder("integer", ("y",), (), ("1", "2.5", "3"), True), PROBABILITIES, [3.0, 1.0]),
        (TargetCoder("binary", ("y",), (1,), ("a", "b")), np.array([[0.4], [0.6], [0.5]]), ["a", "b", "a"]),
        (TargetCoder("binary", ("y",), (1,), ("-1", "1"), True), np.array([[0.4], [0.6]]), [-1, 1]),
        (TargetCoder("binary", ("p", "q"), (2,)), np.array([[0.4, 0.6], [0.9, 0.5]]), [[0, 1], [1, 0]]),
        (TargetCoder("binary", ("p",), (1,)), np.array([[0.4], [0.6]]), [0, 1]),
        (TargetCoder("number", ("y",), (1,)), np.array([[1.5], [2.0]]), [1.5, 2.0]),
        (TargetCoder("number", ("y",), (1,), shift=(10.0,), scale=(2.0,)), np.array([[1.5], [0.0]]), [13.0, 10.0]),
        (TargetCoder("number", ("p", "q"), (2,)), np.array([[1.5, 2.0]]), [[1.5, 2.0]]),
        (TargetCoder("sequence", ("y",), (3,), ("a", "b")), np.array([[1, 2, 0], [2, 2, 1]]), ["ab", "bba"]),
        (TargetCoder("binary", ("x",), (2,), shift=(1.0,), scale=(4.0,)), np.array([[0.5, 0.0]]), [[3.0, 1.0]]),
    ],
)
def test_predictions_are_decoded(coder, predicted, expected):
    for each in (coder, back(coder)):
        found = each.decode(predicted)
        assert found.tolist() == expected and (found.dtype == object) == isinstance(np.ravel(expected)[0], str)
        assert list(map(type, np.ravel(found).tolist())) == list(map(type, np.ravel(np.array(expected, object))))


def test_predictions_at_each_step():
    coder = TargetCoder("integer", ("y",), (2,), ("a", "b", "c"))
    assert coder.decode(np.stack([PROBABILITIES, PROBABILITIES[::-1]])).tolist() == [["c", "a"], ["a", "c"]]
    assert TargetCoder("number", ("y",), (2, 1)).decode(np.zeros((4, 2, 1))).shape == (4, 2, 1)
    yes_or_no = TargetCoder("binary", ("y",), (2, 1), ("no", "yes"))
    assert yes_or_no.decode(np.array([[[0.2], [0.9]], [[0.8], [0.1]]])).tolist() == [["no", "yes"], ["yes", "no"]]
    assert yes_or_no.decode(np.array([[0.2], [0.9]])).tolist() == ["no", "yes"]


# Label sequences ----------------------------------------------------------------------------------------------------


def test_texts_as_labels():
    coder = fitted(["ba", "c", "abc"], "sequence")
    assert (coder.classes, coder.shape) == (("a", "b", "c"), (3,))
    assert coder.encode(table(y=["cab", "a"])).tolist() == [[3, 1, 2], [1, 0, 0]]
    assert coder.text([2, 1, 0]) == "ba"
    assert fitted(["ab"], "sequence", alphabet="zba").classes == ("z", "b", "a")


@pytest.mark.parametrize(
    "coder",
    [
        TargetCoder("integer", ("y",), (), ("a", "b")),
        TargetCoder("number", ("p", "q"), (2,), shift=(0.0, 1.5), scale=(1.0, 2.0)),
        TargetCoder("sequence", ("y",), (7,), ("a",), lengths="y_lengths"),
        TargetCoder("onehot", ("y",), (2,), ("1", "2"), True),
    ],
)
def test_a_target_comes_back_from_json(coder):
    assert back(coder) == coder


def test_a_scaled_target_has_its_scale_in_the_units_of_the_model():
    target = TargetCoder("binary", ("x",), (1,), shift=(4.0,), scale=(8.0,), divisor=2.0).target
    assert (target.shift, target.scale) == ((2.0,), (4.0,))


def test_the_notes_say_which_class_is_1():
    coders = [TargetCoder("binary", ("y",), (1,), ("no", "yes")), TargetCoder("integer", ("z",), (), ("a", "b")),
              TargetCoder("binary", ("p", "q"), (2,))]  # fmt: skip
    assert target_notes(coders) == ['target "y": no is 0, yes is 1']


def test_the_note_on_fractions_names_three_columns():
    three, four = target_notes(TargetCoder("binary", tuple("abcd"[:count]), (count,), soft=True) for count in (3, 4))
    assert '"a", "b", "c":' in three and '"a", "b", "c", ...:' in four
    assert "one-hot" not in three
