"""Rows of large arrays: they give the same values as the same steps on an array in memory."""

import numpy as np
import pytest
from data.files import KEEP, loaded
from hypothesis import given
from hypothesis import strategies as st

from nnctl.data import lazy_array as module
from nnctl.data.lazy_array import Rows, blocks, chosen, extent, joined, large
from nnctl.data.readers import row_file
from nnctl.errors import DataError

DTYPES = ["<f4", ">f4", "<f8", "u1", ">i2", "?"]


def array(rows, dtype, seed=0):
    return np.random.default_rng(seed).integers(0, 2 if dtype == "?" else 100, (rows, 2, 3)).astype(dtype)


@st.composite
def cases(draw):
    """Rows of one to three pieces, a selection of a selection, and the array that they must be equal to."""
    dtype = draw(st.sampled_from(DTYPES))
    pieces = [array(draw(st.integers(1, 9)), dtype, seed) for seed in range(draw(st.integers(1, 3)))]
    whole = np.concatenate(pieces).astype(np.dtype(dtype).newbyteorder("="))
    found = joined([Rows.of(piece) for piece in pieces])
    for _ in range(draw(st.integers(0, 2))):
        numbers = np.array(draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=9)))
        found, whole = found.select(numbers), whole[numbers]
    return found, whole


@given(cases(), st.booleans(), st.data())
def test_they_have_the_values_of_the_array(case, encoded, data):
    found, whole = case
    if encoded:
        each = np.arange(len(whole)) * 10
        add = lambda x, own, out: _into(x.astype(np.float64) + own[:, None, None], out)  # noqa: E731
        found = found.then(add, (2, 3), "f8", each)
        whole = whole.astype(np.float64) + each[:, None, None]
    found, whole = found.reshape(len(whole), 6), whole.reshape(len(whole), 6)
    assert (found.shape, found.dtype, found.ndim, found.size) == (whole.shape, whole.dtype, 2, whole.size)
    np.testing.assert_array_equal(found, whole)
    numbers = np.array(data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=9)), dtype=int)
    np.testing.assert_array_equal(found[numbers], whole[numbers])
    np.testing.assert_array_equal(found.select(numbers), whole[numbers])
    np.testing.assert_array_equal(found[1:7:2], whole[1:7:2])
    out = np.full((len(numbers), 6), 7, found.dtype)
    assert found.gather(numbers, out) is out
    lying, there = found.found(numbers)
    np.testing.assert_array_equal(lying[there], whole[numbers])
    np.testing.assert_array_equal(out, whole[numbers])
    np.testing.assert_array_equal(found.astype(np.float32).gather(numbers), whole[numbers].astype(np.float32))
    assert extent(found) == (whole.min(), whole.max())


def _into(x, out):
    if out is None:
        return x
    out[...] = x
    return out


def test_rows_in_memory_are_found_there():
    whole = array(9, "u1")
    found = joined([Rows.of(whole[:5]), Rows.of(whole[5:])]).select(np.array([8, 6, 1]))
    lying, numbers = found.found(np.array([1, 0]))
    assert np.shares_memory(lying, whole)
    assert (lying[numbers] == whole[[6, 8]]).all()
    assert not np.shares_memory(found.found(np.array([0, 2]))[0], whole)  # of both pieces


def test_an_array_that_is_not_aligned_is_gathered_as_any_other():
    raw = np.arange(6 * 8 + 1, dtype=np.uint8)
    odd = np.frombuffer(raw, np.float32, 12, offset=1).reshape(6, 2)
    assert not odd.flags.aligned
    np.testing.assert_array_equal(Rows.of(odd)[np.array([5, 0, 3])], odd[[5, 0, 3]])


def test_blocks_go_over_all_rows_in_order(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 100)
    x = array(50, "<f4")
    for each in (x, Rows.of(x)):
        found = list(blocks(each))
        assert len(found) > 5
        assert [first for first, _ in found] == list(np.cumsum([0, *(len(block) for _, block in found[:-1])]))
        np.testing.assert_array_equal(np.concatenate([block for _, block in found]), x)


def test_only_large_arrays_of_several_numbers_per_row_are_rows(monkeypatch):
    monkeypatch.setattr(module, "LARGE", 1000)
    assert isinstance(large(np.zeros((50, 10))), Rows)
    for small in (np.zeros((10, 10)), np.zeros(500), np.zeros((500, 1)), np.full((50, 2), "abcdef")):
        assert large(small) is small


def test_all_rows_of_a_small_array_are_the_array_itself():
    x = array(5, "<f4")
    assert chosen(x, np.arange(5)) is x
    np.testing.assert_array_equal(chosen(x, np.array([3, 1])), x[[3, 1]])


# All the way from a file to the splits: small arrays in memory, and the same arrays treated as large.

N = 60
RNG = np.random.default_rng(3)
X = RNG.normal(size=(N, 4)).astype(np.float32) * [1, 10, 0.1, 5] + [0, 3, 0, -9]
Y = RNG.integers(0, 3, N)
LENGTHS = RNG.integers(1, 6, N)
STEPS = RNG.normal(size=(N, 5, 2))
STEPS[np.arange(5) >= LENGTHS[:, None]] = np.nan  # padding is not data
HOLES = X.copy()
HOLES[[4, 7], 1] = np.nan
EYE = np.eye(3)[Y]
CASES = {
    "float32": ({"x": X.astype(np.float32), "y": Y}, "integer", {}),
    "float64": ({"x": X, "y": Y}, "integer", {"normalize": "standard"}),
    "minmax": ({"x": X, "y": Y}, "integer", {"normalize": "minmax"}),
    "images": ({"x": RNG.integers(0, 256, (N, 4, 4, 1)).astype(np.uint8), "y": Y}, "integer", {}),
    "images scaled": ({"x": RNG.normal(size=(N, 4, 4, 1)), "y": Y}, "integer", {"normalize": "standard"}),
    "filled": ({"x": HOLES, "y": Y}, "integer", {"missing": "zero", "normalize": "standard"}),
    "dropped": ({"x": HOLES, "y": Y}, "integer", {"missing": "drop"}),
    "sequences": ({"x": STEPS, "y": Y, "lengths": LENGTHS}, "integer", {"normalize": "standard"}),
    "one-hot": ({"x": X, "y": EYE}, "onehot", {}),
    "numbers": ({"x": X, "y": X[:, :2] * 3}, "number", {}),
    "flags": ({"x": X, "y": EYE.astype(int)}, "binary", {}),
    "margins": ({"x": X, "y": EYE * 2 - 1}, "binary", {}),
    "classes of steps": ({"x": STEPS[:, :, :1] * 0, "y": RNG.integers(0, 4, (N, 5))}, "integer", {"missing": "zero"}),
    "autoencoder": ({"x": X}, "number", {"target": "x", "normalize": "standard"}),
    "autoencoder of 0 to 1": ({"x": RNG.random((N, 4))}, "binary", {"target": "x"}),
    "own test rows": ({"x_train": X, "y_train": Y, "x_test": X[:9] + 1, "y_test": Y[:9]}, "integer", {}),
    "labels": ({"x": X, "y": RNG.integers(1, 4, (N, 3))}, "sequence", {}),
}  # fmt: skip


def splits(data):
    return [split for split in (data.train, data.validation, data.test) if split]


@pytest.mark.parametrize("packed", [False, True], ids=["stored", "packed"])
@pytest.mark.parametrize("case", CASES)
def test_large_arrays_become_the_same_splits(case, packed, tmp_path, monkeypatch):
    arrays, labels, keys = CASES[case]
    path = tmp_path / "d.npz"
    (np.savez_compressed if packed else np.savez)(path, **arrays)
    small = loaded(path, labels, **keys)
    monkeypatch.setattr(module, "LARGE", 1)
    monkeypatch.setattr(module, "_BLOCK", 200)
    monkeypatch.setattr(row_file, "_LOADED", 0)
    seen = loaded(path, labels, **keys)
    assert seen.notes == small.notes
    assert (seen.input_shapes, seen.targets) == (small.input_shapes, small.targets)
    for one, other in zip(splits(seen), splits(small), strict=True):
        x, y = one.inputs["input"], one.targets["out"]
        assert isinstance(x, Rows) and x.in_file is not packed
        assert isinstance(y, Rows) is (other.targets["out"].shape[1:] not in ((), (1,)) and labels != "sequence")
        assert (x.dtype, y.dtype) == (other.inputs["input"].dtype, other.targets["out"].dtype)
        # a sum over all values is pairwise, and so differs from a sum of blocks
        same = np.testing.assert_array_equal if case != "images scaled" else np.testing.assert_allclose
        same(x, other.inputs["input"], **({} if case != "images scaled" else {"rtol": 1e-5, "atol": 1e-6}))
        np.testing.assert_array_equal(y, other.targets["out"])
        assert one.lengths.keys() == other.lengths.keys() and one.divisors == other.divisors
        np.testing.assert_array_equal(one.names, other.names)


WRONG = {
    "missing": ({"x": HOLES, "y": Y}, "integer"),
    "infinite": ({"x": np.where((X[8, 0] == X), np.inf, X), "y": Y}, "integer"),
    "beyond float32": ({"x": np.where((X[8, 0] == X), 1e39, X), "y": Y}, "integer"),
    "classes with fractions": ({"x": X, "y": np.stack([Y, Y + (Y == 2) / 2], 1)}, "integer"),
    "classes below 0": ({"x": X, "y": np.stack([Y, Y - 1], 1)}, "integer"),
    "one-hot for numbers": ({"x": X, "y": EYE}, "integer"),
    "no one-hot": ({"x": X, "y": EYE + (np.arange(N)[:, None] == 40)}, "onehot"),
    "no flags": ({"x": X, "y": EYE + (np.arange(N)[:, None] == 40)}, "binary"),
    "a number missing": ({"x": X, "y": np.where(np.arange(2 * N).reshape(N, 2) == 81, np.nan, 1.0)}, "number"),
}


@pytest.mark.parametrize("case", WRONG)
def test_errors_have_the_same_words(case, tmp_path, monkeypatch):
    arrays, labels = WRONG[case]
    np.savez(tmp_path / "d.npz", **arrays)
    messages = []
    for size in (module.LARGE, 1):
        monkeypatch.setattr(module, "LARGE", size)
        monkeypatch.setattr(module, "_BLOCK", 200)
        with pytest.raises(DataError) as caught:
            loaded(tmp_path / "d.npz", labels, split=KEEP)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
