"""Fitted preprocessing applied to new files: it depends only on what was saved, never on the new rows."""

import json
from pathlib import Path

import numpy as np
import pytest
from data.files import KEEP, again, loaded
from data.tables import table

from nnctl.data.config import IN_MEMORY, DatasetSpec
from nnctl.data.load import load_fitted
from nnctl.data.named_arrays import Arrays
from nnctl.data.preprocessing.features import Category, Number
from nnctl.data.preprocessing.fitted import FORMAT, Preprocessing
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput
from nnctl.data.preprocessing.sequence_tables import fold
from nnctl.data.preprocessing.targets import TargetCoder
from nnctl.data.preprocessing.text import TextInput
from nnctl.errors import DataError

FEATURES = (Number("x", 4.0, "median", 2.0, 2.0), Category("w", ("a", "b")))
CODER = TargetCoder("integer", ("y",), (), ("n", "p"))


def spec(**keys):
    return DatasetSpec.model_validate({"path": [str(Path("d.csv").absolute())], "target": "y", **keys}, strict=False)


def made(inputs=None, targets=None, weight=None, **keys):
    inputs = {"input": TableInput(FEATURES, (3,))} if inputs is None else inputs
    targets = {"out": CODER} if targets is None else targets
    rows = {"train": 2, "validation": 0, "test": 0}
    return Preprocessing(spec(weight=weight, **keys), 7, inputs, targets, weight, rows)


def test_the_columns_it_needs():
    again_x = TableInput(FEATURES[:1], (1,))
    fitted = made({"one": TableInput(FEATURES, (3,)), "two": TextInput("t", ("a",), 2), "three": again_x})
    assert fitted.features == ("x", "w", "t") and fitted.is_table and fitted.target_columns == ("y",)
    arrays = made({"one": ArrayInput("x", (1,))})
    assert not arrays.is_table and arrays.features == () and arrays.table_inputs == {}
    assert list(arrays.array_inputs) == ["one"] and list(fitted.table_inputs) == ["one", "two", "three"]
    assert not made({"one": ArrayInput("x", (1,)), "two": ArrayInput("z", (1,))}).is_table
    several = {"one": CODER, "two": TargetCoder("number", ("p", "q"), (2,))}
    assert made(targets=several).target_columns == ("y", "p", "q")


def test_columns_that_are_words_whatever_they_look_like():
    fitted = made(targets={"one": TargetCoder("sequence", ("s",), (3,), ("a",)), "two": CODER}, categorical=["w"])
    assert fitted.rules.words == {"s"} and fitted.rules.classes == {"y"} and fitted.rules.categories == {"w"}


# Tables -------------------------------------------------------------------------------------------------------------


def test_rows_become_what_was_fitted():
    values = table(x=[6.0, None, 2.0], w=["b", "a", "new"], y=["p", "n", "n"], k=[1.0, 0.0, 2.5])
    notes = []
    split = made(weight="k").transform(values, True, notes)
    np.testing.assert_array_equal(split.inputs["input"], [[2, 0, 1], [1, 1, 0], [0, 0, 0]])
    assert split.targets["out"].tolist() == [1, 0, 0]
    assert split.weights.dtype == np.float32 and split.weights.tolist() == [1.0, 0.0, 2.5]
    assert (split.lengths, split.names, split.divisors, len(notes)) == ({}, None, {}, 2)


def test_a_row_gives_the_same_alone_and_among_others():
    values = table(x=[6.0, None, 2.0, 1e6], w=["b", "a", "new", None], y=["p", "n", "n", "p"])
    fitted = made({"input": TableInput((FEATURES[0], Category("w", ("a", "(missing)"), "onehot", True)), (3,))})
    whole = fitted.transform(values, False, []).inputs["input"]
    for row in range(4):
        alone = fitted.transform(values.take(np.array([row])), False, []).inputs["input"]
        np.testing.assert_array_equal(alone[0], whole[row])


def test_without_targets_they_may_be_absent():
    split = made(weight="k").transform(table(x=[6.0], w=["b"]), False, [])
    assert split.targets == {} and split.weights is None and split.rows == 1
    assert made(weight="k").transform(table(x=[6.0], w=["b"], y=["n"]), True, []).weights is None


@pytest.mark.parametrize(
    ("weights", "said"),
    [([1.0, -1.0, None], "rows 2, 3"), ([1.0, 2.0, np.inf], "row 3"), ([0.0, 0.0, -1e-9], "row 3")],
)
def test_values_that_are_not_weights(weights, said):
    values = table(x=[1.0] * 3, w=["a"] * 3, y=["n"] * 3, k=weights)
    with pytest.raises(DataError, match=said) as caught:
        made(weight="k").transform(values, True, [])
    assert '"k"' in caught.value.problems[0].where


# Time steps ---------------------------------------------------------------------------------------------------------

STEPS = {
    "id": ["p", "q", "p", "p", "q"],
    "x": [0.0, 2.0, 4.0, 6.0, 8.0],
    "y": ["n", "p", "n", "n", "p"],
    "k": [1.0, 2.0, 1.0, 1.0, 2.0],
}


def of_steps(steps, coder=CODER, **sequence):
    entry = TableInput(FEATURES[:1], (steps, 1))
    fitted = made({"input": entry}, {"out": coder}, "k", sequence={"id": "id", **sequence})
    return fitted, fold(fitted.dataset, table(**STEPS), ("y",), {})[0]


def test_time_steps_become_sequences():
    fitted, long = of_steps(4)
    split = fitted.transform(long, True, [])
    np.testing.assert_array_equal(split.inputs["input"][..., 0], [[-1, 1, 2, 0], [0, 3, 0, 0]])
    assert split.targets["out"].tolist() == [0, 1] and split.weights.tolist() == [1, 2]
    assert split.lengths["input"].tolist() == [3, 2] and split.names.tolist() == ["p", "q"]
    full, long = of_steps(3)
    assert full.transform(long, True, []).lengths["input"].tolist() == [3, 2]
    cut, long = of_steps(2, length=2)
    notes = []
    assert cut.transform(long, True, notes).lengths == {} and len(notes) == 1
    refused, long = of_steps(2)
    with pytest.raises(DataError, match='"p" has 3'):
        refused.transform(long, True, [])
    assert full.transform(long, False, []).targets == {}


def test_targets_at_each_step():
    fitted, long = of_steps(4, TargetCoder("integer", ("y",), (4,), ("n", "p")), target="each")
    assert fitted.transform(long, True, []).targets["out"].tolist() == [[0, 0, 0, 0], [1, 1, 0, 0]]


# Arrays -------------------------------------------------------------------------------------------------------------


def test_arrays_become_what_was_fitted():
    entry = ArrayInput("x", (2,), divisor=2.0, shift=(1.0,), scale=(2.0,))
    coder = TargetCoder("number", ("y",), (1,))
    values = {"x": np.array([[2.0, 6.0], [10.0, 2.0]]), "y": np.array([3.0, 4.0]), "k": np.array([1, 2])}
    arrays = Arrays(values, "d.npz")
    split = made({"input": entry}, {"out": coder}, "k").transform(arrays, True, [])
    assert split.inputs["input"].tolist() == [[0, 1], [2, 0]] and split.weights.tolist() == [1, 2]
    assert np.ravel(split.targets["out"]).tolist() == [3, 4]
    assert split.divisors == {} and split.names is None
    assert made({"input": entry}, {"out": coder}).transform(arrays, False, []).targets == {}


def test_bytes_keep_their_divisor_beside_them():
    arrays = Arrays({"x": np.array([[0, 255]], np.uint8), "n": np.array(["a.png"])}, "photos", names="n")
    fitted = made({"input": ArrayInput("x", (2,), divisor=255.0)})
    split = fitted.transform(arrays, False, [])
    assert split.inputs["input"].dtype == np.uint8 and split.inputs["input"].tolist() == [[0, 255]]
    assert split.divisors == {"input": 255.0} and split.names.tolist() == ["a.png"]


def test_padding_is_zeroed_by_its_lengths():
    entry = ArrayInput("x", (3, 1), lengths="n")
    fitted = made({"input": entry})
    x = np.array([[[1.0], [2.0], [np.nan]], [[4.0], [np.nan], [np.nan]]])
    arrays = fitted.checked_arrays(Arrays({"x": x, "n": np.array([2, 1])}, "d.npz"), False)
    split = fitted.transform(arrays, False, [])
    assert split.inputs["input"][..., 0].tolist() == [[1, 2, 0], [4, 0, 0]]
    assert split.lengths["input"].tolist() == [2, 1]
    assert fitted.array_names(False) == ["x", "n"] and fitted.array_names(True) == ["x", "n", "y"]
    labels = TargetCoder("sequence", ("y",), (2,), ("a",), lengths="m")
    assert made({"input": entry}, {"out": labels}).array_names(True) == ["x", "n", "y", "m"]


@pytest.mark.parametrize("weights", [np.ones((2, 2)), np.array(["a", "b"])])
def test_weights_are_one_number_a_row(weights):
    arrays = Arrays({"x": np.ones((2, 1)), "y": np.ones(2), "k": weights}, "d.npz")
    fitted = made({"input": ArrayInput("x", (1,))}, {"out": TargetCoder("number", ("y",), (1,))}, "k")
    with pytest.raises(DataError, match="one sample weight for each row"):
        fitted.transform(arrays, True, [])


# Files --------------------------------------------------------------------------------------------------------------

ROWS = "x,w,y\n" + "".join(f"{at},{'ab'[at % 2]},{'np'[at % 2]}\n" for at in range(20))


@pytest.fixture
def trained(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path, loaded(path, target="y", split=KEEP)


def test_a_saved_model_gives_its_file_the_numbers_it_was_trained_on(trained):
    path, data = trained
    split, _ = again(data).apply(path, with_targets=True)
    for kind, name in (("inputs", "input"), ("targets", "out")):
        whole = np.concatenate([getattr(each, kind)[name] for each in data.splits.values()])
        np.testing.assert_array_equal(getattr(split, kind)[name], whole)


def test_a_file_of_one_row_is_scaled_by_what_was_fitted(trained, tmp_path):
    _, data = trained
    other = tmp_path / "other.csv"
    other.write_text("w,x\nb,1000\n", encoding="utf-8")
    split, _ = again(data).apply(other, with_targets=False)
    train = np.arange(12.0)
    np.testing.assert_allclose(split.inputs["input"], [[(1000 - train.mean()) / train.std(), 0, 1]], rtol=1e-6)
    listed, _ = again(data).apply([str(other)], with_targets=False)
    np.testing.assert_array_equal(listed.inputs["input"], split.inputs["input"])


@pytest.mark.parametrize(
    ("text", "with_targets", "said"),
    [
        ("x,y\n1,n\n", True, "w"),
        ("w,x\na,1\n", True, "y"),
        ("x\n1\n", False, "w"),
        ("x,w,y\n1,a,q\n", True, "row 1"),
        ("x,w,y\n1,a,n\n,b,n\n", True, "row 2"),
    ],
)
def test_files_that_do_not_suit(trained, tmp_path, text, with_targets, said):
    other = tmp_path / "other.csv"
    other.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        again(trained[1]).apply(other, with_targets=with_targets)
    assert said in str(caught.value) and "other.csv" in str(caught.value)


def test_load_fitted_gives_the_same_splits(trained):
    path, data = trained
    found = load_fitted(again(data))
    assert found.rows == data.rows
    for name, split in found.splits.items():
        np.testing.assert_array_equal(split.inputs["input"], data.splits[name].inputs["input"])
        np.testing.assert_array_equal(split.targets["out"], data.splits[name].targets["out"])
    path.write_text(ROWS + "20,a,n\n", encoding="utf-8")
    with pytest.raises(DataError, match="test 4"):
        load_fitted(again(data))


def test_decode_asks_the_outputs_coder():
    several = {"one": CODER, "two": TargetCoder("number", ("z",), (1,), shift=(1.0,), scale=(2.0,))}
    fitted = made(targets=several)
    assert fitted.decode("one", np.array([[0.2, 0.8]])).tolist() == ["p"]
    assert fitted.decode("two", np.array([[3.0]])).tolist() == [7.0]


# JSON ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fitted",
    [
        made(weight="k", missing={"x": "median"}, split={"validation": 0.1, "stratify": True}),
        made({"one": TextInput("t", ("a",), 2), "two": ArrayInput("z", (2,), 255.0)}, sequence={"id": "i"}),
    ],
)
def test_everything_comes_back_from_json(fitted):
    value = json.loads(json.dumps(fitted.to_json()))
    assert value["format"] == FORMAT
    found = Preprocessing.from_json(value)
    assert found == fitted and found.rows == {"train": 2, "validation": 0, "test": 0} and found.seed == 7


def test_paths_are_saved_as_they_hold_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved = made(path=["d.csv", IN_MEMORY, "/e.csv"], test_path=["t.csv"]).to_json()["dataset"]
    assert saved["path"] == [str(tmp_path / "d.csv"), IN_MEMORY, str(Path("/e.csv").absolute())]
    assert (saved["test_path"], saved["validation_path"]) == ([str(tmp_path / "t.csv")], None)


def test_another_format_is_refused():
    value = made().to_json()
    for other in (FORMAT + 1, None):
        with pytest.raises(DataError, match=f"format {other}"):
            Preprocessing.from_json(value | {"format": other})


def test_what_each_column_held_is_saved(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("x,w,y\n" + "".join(f"0{at},{'ab'[at % 2]},{'np'[at % 2]}\n" for at in range(20)), encoding="utf-8")
    data = loaded(path, target="y", split=KEEP)
    assert data.preprocessing.formats and again(data).formats == data.preprocessing.formats


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"y": np.ones(2)}, '"x"'),
        ({"x": np.ones((2, 1))}, '"y"'),
        ({"x": np.ones((2, 1)), "y": np.ones(3)}, "differ"),
        ({"x": np.ones((0, 1)), "y": np.ones(0)}, "no rows"),
    ],
)
def test_arrays_that_are_absent_or_differ(arrays, said):
    fitted = made({"input": ArrayInput("x", (1,))}, {"out": TargetCoder("number", ("y",), (1,))})
    for use in (fitted.checked_arrays, lambda rows, targets: fitted.transform(rows, targets, [])):
        with pytest.raises(DataError, match=said):
            use(Arrays(arrays, "d.npz"), True)


def test_a_weight_that_is_not_there_weighs_nothing():
    values = {"x": np.ones((2, 1)), "y": np.ones(2), "k": np.array([1.0, 2.0])}
    entry, coder = {"input": ArrayInput("x", (1,))}, {"out": TargetCoder("number", ("y",), (1,))}
    assert made(entry, coder).transform(Arrays(values, "d.npz"), True, []).weights is None
    assert made(entry, coder, "q").transform(Arrays(values, "d.npz"), True, []).weights is None
    assert made(entry, coder, "k").transform(Arrays(values, "d.npz"), False, []).weights is None
    steps = TableInput(FEATURES[:1], (4, 1))
    fitted = made({"input": steps}, {"out": CODER}, "q", sequence={"id": "id"})
    long, _ = fold(fitted.dataset, table(**STEPS), ("y",), {})
    assert fitted.transform(long, True, []).weights is None
    weighted, long = of_steps(4)
    assert weighted.transform(long, False, []).weights is None


def test_labels_of_known_lengths():
    coder = TargetCoder("sequence", ("y",), (2,), ("0", "1", "2"), lengths="m")
    values = {"x": np.ones((2, 1)), "y": np.array([[0, 2], [1, 9]]), "m": np.array([2, 1])}
    split = made({"input": ArrayInput("x", (1,))}, {"out": coder}).transform(Arrays(values, "d.npz"), True, [])
    assert split.targets["out"].tolist() == [[1, 3], [2, 0]]


def test_rows_of_a_table_are_called_by_their_number_in_the_file():
    values = table(x=[1.0, 2.0, 3.0], w=["a", "b", "a"], y=["n", "p", "n"])
    assert made().transform(values, True, []).names is None
    assert made().transform(values.take(np.array([0, 2])), True, []).names.tolist() == [1, 3]
