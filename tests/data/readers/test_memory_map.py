"""Mapped files: which arrays are mapped, and the errors about files that are broken or truncated while in use."""

import zipfile

import numpy as np
import pytest
from data.readers.test_idx import idx

from nnctl.data import lazy_array
from nnctl.data.lazy_array import Rows
from nnctl.data.readers import memory_map
from nnctl.data.readers.idx import read_idx
from nnctl.data.readers.npz import read_arrays
from nnctl.data.readers.paths import find_files
from nnctl.errors import DataError

X = np.random.default_rng(0).normal(size=(500, 7))


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch):
    monkeypatch.setattr(lazy_array, "LARGE", 1000)


def read(path):
    return read_arrays(find_files([str(path)])).arrays


@pytest.mark.parametrize("larger", [False, True], ids=["fits into memory", "larger than memory"])
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "u1", "<i8"])
def test_stored_arrays_are_mapped(tmp_path, dtype, larger, monkeypatch):
    if larger:  # as if the file were larger than the memory of the machine
        monkeypatch.setattr(memory_map, "machine_memory", lambda: 0)
    x = (X * 10).astype(dtype)
    np.save(tmp_path / "d.npy", x)
    np.savez(tmp_path / "d.npz", first=np.arange(3), x=x, y=x[:, :2])
    order = np.random.default_rng(1).permutation(len(x))
    for path, name in (("d.npy", "x"), ("d.npz", "x"), ("d.npz", "y")):
        found = read(tmp_path / path)[name]
        assert found.mapped and found.dtype == np.dtype(dtype).newbyteorder("=")
        wanted = x if name == "x" else x[:, :2]
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_array_equal(found[order], wanted[order])


def test_compressed_small_and_fortran_arrays_are_read(tmp_path):
    np.savez_compressed(tmp_path / "packed.npz", x=X)
    np.savez(tmp_path / "d.npz", small=X[:5], turned=np.asfortranarray(X), words=np.full((500, 3), "abc"))
    found = read(tmp_path / "d.npz")
    assert isinstance(found["small"], np.ndarray) and isinstance(found["words"], np.ndarray)
    for each in (found["turned"], read(tmp_path / "packed.npz")["x"]):
        assert isinstance(each, Rows) and not each.mapped
        np.testing.assert_array_equal(each, X)


def test_idx_files_are_mapped_unless_compressed(tmp_path):
    x = np.random.default_rng(0).integers(0, 1000, (300, 4, 4)).astype(np.int16)
    path = tmp_path / "a-idx3-ubyte"
    path.write_bytes(idx(x))
    found = read_idx(path)
    assert found.mapped and found.dtype == np.int16
    np.testing.assert_array_equal(found, x)


def test_several_files_are_one_array(tmp_path):
    for i in range(3):
        np.savez(tmp_path / f"{i}.npz", x=X + i, y=np.arange(500))
    found = read_arrays(find_files([str(tmp_path / "*.npz")])).arrays
    assert found["x"].mapped and isinstance(found["y"], np.ndarray)
    np.testing.assert_array_equal(found["x"], np.concatenate([X, X + 1, X + 2]))


def test_a_file_that_is_truncated_in_use_is_named_before_it_is_read(tmp_path):
    path = tmp_path / "d.npy"
    np.save(path, X)
    found = read(path)["x"]
    with path.open("r+b") as file:
        file.truncate(3000)
    with pytest.raises(DataError, match="was truncated from 28,128 to 3,000 bytes") as caught:
        found[np.array([499])]
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("damage", ["cut", "no local header"])
def test_a_damaged_archive_is_refused_as_one_that_is_read(tmp_path, damage):
    path = tmp_path / "d.npz"
    np.savez(path, x=X)
    content = bytearray(path.read_bytes())
    if damage == "cut":
        del content[2000:12000]
    else:
        content[:4] = b"...."
    path.write_bytes(content)
    messages = []
    for size in (1000, 1 << 40):
        lazy_array.LARGE = size
        with pytest.raises(DataError) as caught:
            read(path)
        messages.append(str(caught.value))
    assert messages[0] == messages[1] and str(path) in messages[0]


def test_objects_are_refused_and_headers_not_trusted(tmp_path):
    np.save(tmp_path / "d.npy", np.array([{"a": 1}] * 400, dtype=object).reshape(200, 2), allow_pickle=True)
    with pytest.raises(DataError, match="Python objects"):
        read(tmp_path / "d.npy")
    np.save(tmp_path / "d.npy", X)
    with (tmp_path / "d.npy").open("r+b") as file:
        file.truncate(20000)
    with pytest.raises(DataError, match="promises 28,000 bytes"):
        read(tmp_path / "d.npy")


def test_a_member_after_a_comment_or_with_extra_fields_is_found(tmp_path):
    path = tmp_path / "d.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = b"a comment"
        for name, x in (("a.npy", X), ("b.npy", X + 1)):
            info = zipfile.ZipInfo(name)
            info.extra = b"\x99\x99\x04\x00abcd"
            with archive.open(info, "w") as file:
                np.lib.format.write_array(file, x)
    found = read(path)
    assert found["a"].mapped and found["b"].mapped
    np.testing.assert_array_equal(found["b"], X + 1)
