"""Arrays of sequences: lengths are checked, padding is and stays zero, and both follow their rows."""

import numpy as np
import pytest
from data.files import KEEP, again, loaded
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl.config.types import InputSpec
from nnctl.data.dataset import Split
from nnctl.data.load import load_fitted
from nnctl.errors import DataError

ROWS, STEPS = 12, 5
LENGTHS = np.array([5, 1, 3, 2, 4, 5, 1, 2, 3, 4, 5, 2])


def arrays(seed=0):
    """Sequences whose padding is NaN, so that any use of it shows."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, STEPS, 3)) * [1, 10, 100] + [0, 5, -50]
    x[np.arange(STEPS) >= LENGTHS[:, None]] = np.nan
    return {"x": x, "y": np.arange(ROWS) % 3, "lengths": LENGTHS}


@pytest.fixture
def save(tmp_path):
    def write(name="d.npz", **changes):
        path = tmp_path / name
        np.savez(path, **{key: value for key, value in (arrays() | changes).items() if value is not None})
        return path

    return write


def padding(part: Split):
    x = part.inputs["input"]
    return x[np.arange(x.shape[1]) >= part.lengths["input"][:, None]]


@pytest.mark.parametrize("normalize", ["none", "standard", "minmax"])
def test_padding_is_zero_and_lengths_follow_their_rows(save, normalize):
    data = loaded(save(), normalize=normalize, split=KEEP)
    parts = (data.train, data.validation, data.test)
    assert data.input_shapes == {"input": (STEPS, 3)}
    np.testing.assert_array_equal(np.concatenate([part.lengths["input"] for part in parts]), LENGTHS)
    assert all(not padding(part).any() for part in parts)
    np.testing.assert_array_equal(np.concatenate([part.names for part in parts]), np.arange(ROWS) + 1)


@pytest.mark.parametrize("normalize", ["standard", "minmax"])
def test_scaling_is_fitted_on_the_real_steps_of_the_training_rows(save, normalize):
    data = loaded(save(), normalize=normalize, split=KEEP)
    x, lengths = data.train.inputs["input"], data.train.lengths["input"]
    real = x[np.arange(STEPS) < lengths[:, None]]
    if normalize == "standard":
        np.testing.assert_allclose([real.mean(0), real.std(0)], [[0] * 3, [1] * 3], atol=1e-5)
    else:
        np.testing.assert_allclose([real.min(0), real.max(0)], [[0] * 3, [1] * 3], atol=1e-6)


def test_a_trained_model_takes_raw_files_of_more_and_of_fewer_steps(save):
    data = loaded(save(), normalize="standard", split=KEEP)
    raw = arrays()
    want, _ = again(data).apply(save("same.npz"), with_targets=True)
    wide = np.pad(raw["x"], ((0, 0), (0, 4), (0, 0)), constant_values=7)
    got, _ = again(data).apply(save("wide.npz", x=wide, y=None), with_targets=False)
    np.testing.assert_array_equal(got.inputs["input"], want.inputs["input"])
    np.testing.assert_array_equal(got.lengths["input"], LENGTHS)
    short = LENGTHS <= 3
    narrow = {"x": raw["x"][short, :3], "y": raw["y"][short], "lengths": LENGTHS[short]}
    got, _ = again(data).apply(save("narrow.npz", **narrow), with_targets=True)
    np.testing.assert_array_equal(got.inputs["input"], want.inputs["input"][short])


def test_reloading_gives_the_same_splits(save):
    data = loaded(save(), normalize="standard", seed=3)
    other = load_fitted(again(data))
    for part in ("train", "validation", "test"):
        one, two = getattr(data, part), getattr(other, part)
        np.testing.assert_array_equal(one.inputs["input"], two.inputs["input"])
        np.testing.assert_array_equal(one.lengths["input"], two.lengths["input"])


def test_dropped_rows_take_their_lengths_with_them(save):
    raw = arrays()
    raw["x"][2, 0, 1] = np.nan  # a real step; NaN in the padding does not drop a row
    data = loaded(save(x=raw["x"]), missing="drop", split=KEEP)
    rows = [data.train, data.validation, data.test]
    np.testing.assert_array_equal(np.concatenate([p.lengths["input"] for p in rows]), np.delete(LENGTHS, 2))
    assert any("1 row with NaN is" in note for note in data.notes)


def test_full_rows_have_no_lengths(save):
    raw = np.nan_to_num(arrays()["x"])
    assert loaded(save(x=raw, lengths=np.full(ROWS, STEPS))).train.lengths == {}
    assert loaded(save(x=raw, lengths=None)).train.lengths == {}


def test_given_splits_have_their_lengths(save):
    raw = arrays()
    halves = {f"{name}_{split}": array[rows] for name, array in raw.items()
              for split, rows in (("train", slice(0, 8)), ("test", slice(8, None)))}  # fmt: skip
    data = loaded(save(**dict.fromkeys(raw), **halves), split={**KEEP, "validation": 0.25})
    np.testing.assert_array_equal(data.train.lengths["input"], LENGTHS[:6])
    np.testing.assert_array_equal(data.test.lengths["input"], LENGTHS[8:])
    np.testing.assert_array_equal(data.test.names, [1, 2, 3, 4])


def test_each_of_several_inputs_has_lengths_of_its_own(save):
    inputs = {"a": InputSpec(), "b": InputSpec(), "c": InputSpec()}
    raw = np.nan_to_num(arrays()["x"])
    found = {"x": None, "lengths": None, "a": raw, "b": raw[:, :4], "c": raw[:, 0]}
    own = np.minimum(LENGTHS, 4)
    data = loaded(save(**found, a_lengths=LENGTHS, b_lengths=own), inputs=inputs, split=KEEP)
    assert set(data.train.lengths) == {"a", "b"}
    np.testing.assert_array_equal(data.train.lengths["b"], own[: data.train.rows])
    named = loaded(save(**found, n=LENGTHS), inputs=inputs, lengths={"a": "n"})
    assert set(named.train.lengths) == {"a"}
    with pytest.raises(DataError, match=r"(?s)to which input the array.*lengths: \{a: lengths\}"):
        loaded(save(**{**found, "lengths": LENGTHS}), inputs=inputs)


def test_lengths_as_the_target_are_not_lengths(save):
    data = loaded(save(x=np.nan_to_num(arrays()["x"])), "number", target="lengths")
    assert data.train.lengths == {}


def test_rows_without_time_steps_have_no_lengths(save):
    flat = np.nan_to_num(arrays()["x"])[:, 0]
    data = loaded(save(x=flat))
    assert data.train.lengths == {} and any("no time steps" in note for note in data.notes)
    with pytest.raises(DataError, match="lengths are for time steps"):
        loaded(save(x=flat), lengths="lengths")


def test_token_ids_may_have_lengths(save):
    words = np.arange(ROWS * STEPS).reshape(ROWS, STEPS)
    data = loaded(save(x=words), split=KEEP)
    assert not padding(data.train).any() and data.input_shapes == {"input": (STEPS,)}


def changed(row, value):
    lengths = LENGTHS.astype(float)
    lengths[row] = value
    return lengths


# id: (arrays to change, dataset keys, what the message must contain)
BAD = {
    "zero": ({"lengths": changed(3, 0)}, {}, ['"lengths"', "row 4", "from 1 to 5", "got 0"]),
    "too long": ({"lengths": changed(0, 6)}, {}, ["row 1", "from 1 to 5", "got 6"]),
    "negative": ({"lengths": changed(11, -1)}, {}, ["row 12", "got -1"]),
    "a fraction": ({"lengths": changed(6, 2.5)}, {}, ["row 7", "whole number", "2.5"]),
    "NaN": ({"lengths": changed(6, np.nan)}, {}, ["row 7", "nan"]),
    "infinite": ({"lengths": changed(6, np.inf)}, {}, ["row 7", "inf"]),
    "text": ({"lengths": LENGTHS.astype(str)}, {}, ['"lengths"', "whole numbers"]),
    "a matrix": ({"lengths": np.ones((ROWS, 2), int)}, {}, ["one number per row", "(12, 2)"]),
    "other rows": ({"lengths": LENGTHS[:5]}, {}, ["different numbers of rows", "lengths 5"]),
    "no such array": ({}, {"lengths": "n"}, ['no array "n"']),
    "no such input": ({}, {"lengths": {"z": "lengths"}}, ["z", "input"]),
    "text for x": ({"x": np.full((ROWS, STEPS, 3), "a")}, {}, ["holds text"]),
    "NaN in a real step": ({"x": np.full((ROWS, STEPS, 3), np.nan)}, {}, ["NaN", "missing: zero"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_lengths(name, save):
    changes, keys, words = BAD[name]
    with pytest.raises(DataError) as caught:
        loaded(save(**changes), **keys)
    for word in words:
        assert word in " ".join(str(caught.value).split()), (word, str(caught.value))


def test_raw_files_must_have_lengths_that_the_model_can_take(save):
    prepared = again(loaded(save()))
    with pytest.raises(DataError, match='no array "lengths"'):
        prepared.apply(save("none.npz", lengths=None), with_targets=False)
    long = np.ones((ROWS, 9, 3))
    with pytest.raises(DataError, match="row 2: 9 time steps, but the model takes 5"):
        prepared.apply(save("long.npz", x=long, lengths=changed(1, 9)), with_targets=False)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=8, max_size=20), st.integers(0, 99), st.booleans())
def test_the_values_of_the_padding_change_nothing(tmp_path_factory, lengths, seed, scaled):
    lengths = np.array(lengths)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(len(lengths), 6, 2)).astype(np.float32)
    y = np.arange(len(lengths)) % 2
    made = []
    for filling in (0, np.nan, 1e30):
        x[np.arange(6) >= lengths[:, None]] = filling
        path = tmp_path_factory.mktemp("d") / "d.npz"
        np.savez(path, x=x, y=y, lengths=lengths)
        made.append(
            loaded(path, normalize="standard" if scaled else "none", split={"test": 0, "stratify": False}, seed=seed)
        )
    for data in made[1:]:
        for part in ("train", "validation"):
            one, two = getattr(made[0], part), getattr(data, part)
            np.testing.assert_array_equal(one.inputs["input"], two.inputs["input"])
            np.testing.assert_array_equal(
                one.lengths.get("input", np.full(one.rows, 6)), lengths[one.names - 1]
            )  # fmt: skip
