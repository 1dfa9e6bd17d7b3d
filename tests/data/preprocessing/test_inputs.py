"""Fitted inputs: columns side by side, and arrays that are divided, scaled and filled, in memory and as Rows."""

import json
import warnings

import numpy as np
import pytest
from data.tables import table

from nnctl.data import lazy_array as rows_module
from nnctl.data.config import DatasetSpec
from nnctl.data.lazy_array import Rows
from nnctl.data.named_arrays import Arrays
from nnctl.data.preprocessing.features import Category, Number
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput, check_numbers, fit_array, fit_shape, input_from_json
from nnctl.data.preprocessing.sequence_tables import fold
from nnctl.data.preprocessing.text import TextInput
from nnctl.errors import DataError

TRAIN = np.array([0, 1, 2])


def arrays(x, **more):
    return Arrays({"x": x, **more}, "d.npz")


# Tables -------------------------------------------------------------------------------------------------------------

FEATURES = (Number("x", shift=1.0, scale=2.0), Category("w", ("a", "b")), Category("v", ("p", "q", "r"), "integer"))
VALUES = {"x": [1.0, 3.0, 5.0], "w": ["a", "b", "a"], "v": ["r", "p", "q"]}
MATRIX = [[0, 1, 0, 3], [1, 0, 1, 1], [2, 1, 0, 2]]


@pytest.mark.parametrize("shape", [(4,), (2, 2), (1, 4)])
def test_columns_in_the_inputs_shape(shape):
    entry = TableInput(FEATURES, shape)
    assert entry.columns == (("x", "number"), ("w", "category"), ("v", "category"))
    x = entry.transform(table(**VALUES), [])
    assert x.dtype == np.float32 and x.flags.c_contiguous
    np.testing.assert_array_equal(x, np.reshape(MATRIX, (3, *shape)))


def test_columns_of_time_steps():
    dataset = DatasetSpec.model_validate({"path": ["d"], "sequence": {"id": "i"}}, strict=False)
    long, _ = fold(dataset, table(i=["m", "n", "m"], **VALUES), (), {})
    x = TableInput(FEATURES, (3, 4)).transform(long, [])
    np.testing.assert_array_equal(x, [[MATRIX[0], MATRIX[2], [0] * 4], [MATRIX[1], [0] * 4, [0] * 4]])
    first = TableInput(FEATURES, (1, 2, 2)).transform(long, [])  # with a shape for each step
    np.testing.assert_array_equal(first, np.reshape(MATRIX[:2], (2, 1, 2, 2)))


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ((Category("v", ("p", "q", "r"), "integer"),), 4),
        ((Category("v", ("p", "q"), "integer"), Category("u", ("a", "b", "c", "d"), "integer")), 5),
        ((Category("v", ("p", "q")),), None),
        ((Number("x"),), None),
        ((Category("v", ("p", "q"), "integer"), Number("x")), None),
    ],
)
def test_the_number_of_categories_of_an_embedding(features, expected):
    assert TableInput(features, (len(features),)).numbers == expected


# Shapes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        (None, (4,), (4,)),
        ((4,), (4,), (4,)),
        ((2, 2), (4,), (2, 2)),
        ((4,), (2, 2), (4,)),
        ((None, 2), (3, 2), (3, 2)),
        ((None, None), (3, 2), (3, 2)),
        ((3, 2), (4,), None),
        ((None, 2), (3, 3), None),
        ((None, 2), (6,), None),
        ((None,), (2, 3), None),
        ((), (1,), ()),
    ],
)
def test_the_shape_that_is_asked_for(wanted, found, expected):
    if expected is not None:
        assert fit_shape(wanted, found, "inputs.a", "it has") == expected
        return
    with pytest.raises(DataError) as caught:
        fit_shape(wanted, found, "inputs.a", "it has")
    [problem] = caught.value.problems
    assert problem.where == "inputs.a" and str(list(found)) in problem.hint and str(list(wanted)) in problem.message


# Arrays -------------------------------------------------------------------------------------------------------------


def test_numbers_stay_what_they_are():
    x = np.array([[1.5, 2.0], [3.0, -4.0]])
    out = ArrayInput("x", (2,)).transform(x, "x", [])
    assert out.dtype == np.float32 and out.tolist() == x.tolist()
    assert ArrayInput("x", (1, 2)).transform(x, "x", []).shape == (2, 1, 2)
    assert ArrayInput("x", ()).transform(np.array([1, 2]), "x", []).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"divisor": 2.0}, [[1, 2], [3, 4]]),
        ({"shift": (2.0,)}, [[0, 2], [4, 6]]),
        ({"shift": (1.0,)}, [[1, 3], [5, 7]]),
        ({"scale": (2.0,)}, [[1, 2], [3, 4]]),
        ({"shift": (2.0, 4.0), "scale": (4.0, 2.0)}, [[0, 0], [1, 2]]),
        ({"divisor": 2.0, "shift": (1.0,), "scale": (0.5,)}, [[0, 2], [4, 6]]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8"])
@pytest.mark.parametrize("kind", ["array", "rows"])
def test_divided_shifted_and_scaled(keys, expected, dtype, kind):
    given = np.array([[2, 4], [6, 8]], dtype)
    entry = ArrayInput("x", (2,), **keys)
    if entry.stays_bytes(given):
        assert set(keys) == {"divisor"} and dtype == "uint8"
        out = entry.transform(given if kind == "array" else Rows.of(given), "x", [])
        assert out.dtype == np.uint8 and np.array_equal(np.asarray(out), given)
        return
    out = entry.transform(given if kind == "array" else Rows.of(given), "x", [])
    assert isinstance(out, Rows) == (kind == "rows")
    assert np.asarray(out).dtype == np.float32
    np.testing.assert_array_equal(np.asarray(out), expected)
    if kind == "rows":
        buffer = np.full((2, 2), 9, np.float32)
        np.testing.assert_array_equal(out.gather(slice(None), buffer), expected)
    assert given.tolist() == [[2, 4], [6, 8]]  # it may also be the target


@pytest.mark.parametrize(
    ("dtype", "keys", "stays"),
    [
        ("uint8", {"divisor": 255.0}, True),
        ("uint8", {}, False),
        ("uint8", {"divisor": 255.0, "shift": (0.5,)}, False),
        ("uint8", {"divisor": 255.0, "scale": (0.5,)}, False),
        ("int8", {"divisor": 255.0}, False),
        ("float32", {"divisor": 255.0}, False),
    ],
)
def test_which_bytes_stay(dtype, keys, stays):
    assert ArrayInput("x", (1,), **keys).stays_bytes(np.zeros((1, 1), dtype)) == stays


def test_padding_stays_0():
    x = np.array([[[4.0], [6.0]], [[8.0], [0.0]]])
    entry = ArrayInput("x", (2, 1), shift=(2.0,), scale=(2.0,), lengths="n")
    lengths = np.array([2, 1])
    expected = [[[1], [2]], [[3], [0]]]
    np.testing.assert_array_equal(entry.transform(x, "x", [], lengths), expected)
    np.testing.assert_array_equal(np.asarray(entry.transform(Rows.of(x), "x", [], lengths)), expected)
    np.testing.assert_array_equal(entry.transform(x, "x", []), [[[1], [2]], [[3], [-1]]])


@pytest.mark.parametrize("kind", ["array", "rows"])
def test_missing_values_are_filled_before_anything_else(kind):
    given = np.array([[np.nan, 4.0], [6.0, np.nan], [2.0, 2.0]])
    x = given if kind == "array" else Rows.of(given)
    notes = []
    out = ArrayInput("x", (2,), divisor=2.0, fill=8.0, shift=(1.0,)).transform(x, "here", notes)
    np.testing.assert_array_equal(np.asarray(out), [[3, 1], [2, 3], [0, 0]])
    [note] = notes
    assert "here: 2 missing values" in note and "8" in note
    notes = []
    ArrayInput("x", (2,), fill=0.0).transform(x[:1] if kind == "array" else x.select(np.array([0])), "here", notes)
    assert "here: 1 missing value is" in notes[0]
    assert np.isnan(given[0, 0])
    with pytest.raises(DataError, match=r"here: 2 values.*rows 1, 2\)") as caught:
        ArrayInput("x", (2,)).transform(x, "here", [])
    assert caught.value.problems[0].where == "here"
    notes = []
    ArrayInput("x", (1,), fill=8.0).transform(np.array([[1.0]]), "here", notes)
    assert notes == []


@pytest.mark.parametrize("kind", ["array", "rows"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e39])
def test_infinite_values(kind, value):
    x = np.array([[1.0, 2.0], [value, 3.0], [np.nan, 1.0]])
    with pytest.raises(DataError, match=r"row 2:"), warnings.catch_warnings():
        warnings.simplefilter("error")
        ArrayInput("x", (2,), fill=0.0).transform(x if kind == "array" else Rows.of(x), "x", [])


def test_rows_are_numbered_over_all_blocks(monkeypatch):
    monkeypatch.setattr(rows_module, "_BLOCK", 16)  # one row per block
    x = np.ones((6, 2))
    x[[2, 4], 1] = np.nan
    for kind in (x, Rows.of(x)):
        with pytest.raises(DataError, match=r"2 values.*rows 3, 5"):
            ArrayInput("x", (2,)).transform(kind, "x", [])
    x[[1, 5], 0] = np.inf
    for kind in (x, Rows.of(x)):
        with pytest.raises(DataError, match=r"rows 2, 6:"):
            ArrayInput("x", (2,)).transform(kind, "x", [])


def test_values_whose_sum_is_too_large_are_no_infinite_values():
    x = np.full((2, 2), 3e38)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(ArrayInput("x", (2,)).transform(x, "x", []), x)
        np.testing.assert_allclose(ArrayInput("x", (2,)).transform(x.astype(np.float32), "x", []), x, rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "said"),
    [(np.array([["a", "b"]]), "text"), (np.zeros((2, 3)), r"\(3,\).*\(2,\)"), (np.zeros((2, 2, 2)), r"\(2, 2\)")],
)
def test_arrays_that_do_not_fit(x, said):
    with pytest.raises(DataError, match=said):
        ArrayInput("x", (2,)).transform(x, "x", [])


def test_text_is_not_a_number():
    check_numbers(np.zeros(2), "x")
    with pytest.raises(DataError, match="here"):
        check_numbers(np.array(["a"]), "here")


# Fitting ------------------------------------------------------------------------------------------------------------

MATRIX_X = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 4.0], [1000.0, -1000.0]])
SEQUENCES = np.arange(24.0).reshape(4, 3, 2) ** 2
IMAGES = np.arange(16.0).reshape(4, 2, 2)
LENGTHS = np.array([3, 1, 2, 3])


def expected_of(values, way, axis):
    if way == "standard":
        return values.mean(axis), values.std(axis)
    return values.min(axis), values.max(axis) - values.min(axis)


@pytest.mark.parametrize("kind", ["array", "rows", "small blocks"])
@pytest.mark.parametrize("way", ["standard", "minmax"])
@pytest.mark.parametrize("data", ["matrix", "images", "sequences", "sequences of numbers", "sequences without lengths"])
def test_scaling_is_fitted_on_the_training_rows(kind, way, data, monkeypatch):
    if kind == "small blocks":
        monkeypatch.setattr(rows_module, "_BLOCK", 1)
    x = {"matrix": MATRIX_X, "images": IMAGES, "sequences of numbers": SEQUENCES[..., 0]}.get(data, SEQUENCES)
    lengths = "n" if data in ("sequences", "sequences of numbers") else None
    real = x[TRAIN][np.arange(3) < LENGTHS[TRAIN, None]] if lengths else x[TRAIN]
    axis = 0 if data in ("matrix", "sequences") else None
    plain = ArrayInput("x", x.shape[1:], lengths=lengths)
    found = fit_array(plain, arrays(x if kind == "array" else Rows.of(x), n=LENGTHS), TRAIN, way)
    shift, scale = expected_of(real, way, axis)
    np.testing.assert_allclose(found.shift, np.atleast_1d(shift), rtol=1e-6)
    np.testing.assert_allclose(found.scale, np.atleast_1d(scale), rtol=1e-6)
    assert (found.array, found.shape, found.lengths, found.divisor) == ("x", plain.shape, lengths, 1.0)


def test_scaling_is_fitted_on_what_division_and_filling_leave():
    x = np.array([[4.0], [np.nan], [8.0], [99.0]])
    for kind in (x, Rows.of(x)):
        found = fit_array(ArrayInput("x", (1,), divisor=2.0, fill=0.0), arrays(kind), TRAIN, "minmax")
        assert (found.shift, found.scale, found.fill, found.divisor) == ((0.0,), (4.0,), 0.0, 2.0)


@pytest.mark.parametrize("way", ["standard", "minmax"])
def test_what_does_not_vary_keeps_the_scale_1(way):
    x = np.array([[3.0, 0.1], [3.0, 0.1], [3.0, 0.5]])
    for kind in (x, Rows.of(x)):
        found = fit_array(ArrayInput("x", (2,)), arrays(kind), TRAIN, way)
        assert found.shift[0] == 3.0 and found.scale[0] == 1.0 and 0 < found.scale[1] < 0.5


def test_none_fits_nothing():
    plain = ArrayInput("x", (2,))
    assert fit_array(plain, arrays(MATRIX_X), TRAIN, "none") is plain


@pytest.mark.parametrize(
    "entry",
    [
        TableInput(FEATURES, (2, 2)),
        TextInput("t", ("a", "b"), 3, "character", False, True),
        ArrayInput("x", (2, 3), 255.0, 0.5, (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), "n"),
        ArrayInput("x", ()),
    ],
)
def test_an_input_comes_back_from_json(entry):
    assert input_from_json(json.loads(json.dumps(entry.to_json()))) == entry


def test_bytes_are_brought_into_one_piece():
    x = np.arange(16, dtype=np.uint8).reshape(4, 4)[:, ::2]
    out = ArrayInput("x", (2,), divisor=255.0).transform(x, "x", [])
    assert out.flags.c_contiguous and out.tolist() == x.tolist()


@pytest.mark.parametrize("way", ["standard", "minmax"])
def test_values_that_are_refused_later_warn_of_nothing_while_scaling_is_fitted(way):
    x = Rows.of(np.array([[1.0], [np.inf], [np.nan]]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_array(ArrayInput("x", (1,)), arrays(x), TRAIN, way)
