"""Rows in files: which arrays stay there, and the errors about files that are broken or changed while in use."""

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from data.readers.test_idx import idx

from nnctl.data import lazy_array
from nnctl.data.lazy_array import Rows
from nnctl.data.readers import idx as module_of_idx
from nnctl.data.readers import npz, row_file
from nnctl.data.readers.idx import read_idx
from nnctl.data.readers.npz import read_arrays
from nnctl.data.readers.paths import find_files
from nnctl.errors import DataError

X = np.random.default_rng(0).normal(size=(500, 7))


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch):
    monkeypatch.setattr(lazy_array, "LARGE", 1000)
    monkeypatch.setattr(row_file, "_LOADED", 0)


def read(path):
    return read_arrays(find_files([str(path)])).arrays


@pytest.mark.parametrize("larger", [False, True], ids=["fits into memory", "larger than memory"])
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "u1", "<i8"])
def test_uncompressed_arrays_stay_in_their_files(tmp_path, dtype, larger, monkeypatch):
    if larger:  # as if the file were larger than the memory of the machine
        monkeypatch.setattr(row_file, "machine_memory", lambda: 0)
    x = (X * 10).astype(dtype)
    np.save(tmp_path / "d.npy", x)
    np.savez(tmp_path / "d.npz", first=np.arange(3), x=x, y=x[:, :2])
    order = np.random.default_rng(1).permutation(len(x))
    for path, name in (("d.npy", "x"), ("d.npz", "x"), ("d.npz", "y")):
        found = read(tmp_path / path)[name]
        assert found.in_file and found.dtype == np.dtype(dtype).newbyteorder("=")
        wanted = x if name == "x" else x[:, :2]
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_array_equal(found[order], wanted[order])


def test_compressed_small_and_fortran_arrays_are_read(tmp_path):
    np.savez_compressed(tmp_path / "packed.npz", x=X)
    np.savez(tmp_path / "d.npz", small=X[:5], turned=np.asfortranarray(X), words=np.full((500, 3), "abc"))
    found = read(tmp_path / "d.npz")
    assert isinstance(found["small"], np.ndarray) and isinstance(found["words"], np.ndarray)
    for each in (found["turned"], read(tmp_path / "packed.npz")["x"]):
        assert isinstance(each, Rows) and not each.in_file
        np.testing.assert_array_equal(each, X)


def test_idx_files_stay_in_their_files_unless_compressed(tmp_path):
    x = np.random.default_rng(0).integers(0, 1000, (300, 4, 4)).astype(np.int16)
    path = tmp_path / "a-idx3-ubyte"
    path.write_bytes(idx(x))
    found = read_idx(path)
    assert found.in_file and found.dtype == np.int16
    np.testing.assert_array_equal(found, x)


def test_several_files_are_one_array(tmp_path):
    for i in range(3):
        np.savez(tmp_path / f"{i}.npz", x=X + i, y=np.arange(500))
    found = read_arrays(find_files([str(tmp_path / "*.npz")])).arrays
    assert found["x"].in_file and isinstance(found["y"], np.ndarray)
    np.testing.assert_array_equal(found["x"], np.concatenate([X, X + 1, X + 2]))


def test_files_that_memory_has_room_for_are_loaded(tmp_path, monkeypatch):
    for i in range(2):
        np.savez(tmp_path / f"{i}.npz", x=X + i)  # 28,000 bytes and its headers
    (tmp_path / "a-idx3-ubyte").write_bytes(idx(np.ones((300, 4, 4), np.int16)))
    monkeypatch.setattr(row_file, "_LOADED", 1 / 4)
    for room, single, both in ((20_000, True, True), (130_000, False, True), (240_000, False, False)):
        monkeypatch.setattr(row_file, "available_memory", lambda room=room: room)
        assert read(tmp_path / "0.npz")["x"].in_file is single
        found = read(tmp_path / "*.npz")["x"]
        assert found.in_file is both
        np.testing.assert_array_equal(found, np.concatenate([X, X + 1]))
        assert read_idx(tmp_path / "a-idx3-ubyte").in_file is (room == 20_000)


def test_files_stay_if_memory_ends_while_they_are_loaded(tmp_path, monkeypatch):
    np.savez(tmp_path / "d.npz", x=X)
    np.savez_compressed(tmp_path / "packed.npz", x=X)
    (tmp_path / "a-idx3-ubyte").write_bytes(idx(np.ones((300, 4, 4), np.int16)))

    def too_much(*_):
        raise MemoryError

    monkeypatch.setattr(row_file, "_LOADED", 1)
    monkeypatch.setattr(npz, "_exactly", too_much)
    found = read(tmp_path / "d.npz")["x"]
    assert found.in_file
    np.testing.assert_array_equal(found, X)
    with pytest.raises(DataError, match=r"does not fit into memory(.|\n)*uncompressed"):
        read(tmp_path / "packed.npz")
    real = module_of_idx._exactly
    monkeypatch.setattr(module_of_idx, "_exactly",
                        lambda file, size, path: too_much() if size > 100 else real(file, size, path))  # fmt: skip
    assert read_idx(tmp_path / "a-idx3-ubyte").in_file


def test_rows_are_read_where_the_system_cannot_read_by_position(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "preadv", raising=False)
    np.save(tmp_path / "d.npy", X)
    found, order = read(tmp_path / "d.npy")["x"], np.array([4, 499, 5, 6, 7, 0])
    np.testing.assert_array_equal(found[order], X[order])
    assert found[order[:0]].shape == (0, 7)


def test_a_file_that_is_truncated_in_use_is_named(tmp_path):
    path = tmp_path / "d.npy"
    np.save(path, X)
    found = read(path)["x"]
    with path.open("r+b") as file:
        file.truncate(3000)
    with pytest.raises(DataError, match="was truncated from 28,128 to 3,000 bytes") as caught:
        found[np.array([499])]
    assert str(path) in str(caught.value)


def test_a_file_that_is_truncated_during_a_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "d.npy"
    np.save(path, X)
    real = row_file.RowFile._seek_and_read

    def cut_first(self, file, into, place):
        os.truncate(path, 3000)
        return real(self, file, into, place)

    monkeypatch.delattr(os, "preadv", raising=False)
    monkeypatch.setattr(row_file.RowFile, "_seek_and_read", cut_first)
    found = read(path)["x"]
    with pytest.raises(DataError, match="was truncated from 28,128 to 3,000 bytes"):
        found[:]


def test_a_file_that_is_written_to_in_use_is_named(tmp_path):
    path = tmp_path / "d.npy"
    np.save(path, X)
    found = read(path)["x"]
    np.testing.assert_array_equal(found[:3], X[:3])
    later = path.stat().st_mtime_ns + 2_000_000_000
    with path.open("r+b") as file:
        file.seek(200)
        file.write(b"other")
    os.utime(path, ns=(later, later))  # whatever the clock of the file system can tell apart
    with pytest.raises(DataError, match="was written to while it was in use") as caught:
        found[:3]
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
    assert found["a"].in_file and found["b"].in_file
    np.testing.assert_array_equal(found["b"], X + 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("most", [200, 40], ids=["a limit that can be raised", "one that cannot"])
def test_more_files_than_may_be_open(most, tmp_path):
    for number in range(50):
        np.save(tmp_path / f"{number:02}.npy", X[:10] + number)
    program = f"""if True:
        import resource
        import numpy as np
        from nnctl.data import lazy_array
        from nnctl.data.readers import row_file
        from nnctl.data.readers.npz import read_arrays
        from nnctl.data.readers.paths import find_files
        from nnctl.errors import DataError

        resource.setrlimit(resource.RLIMIT_NOFILE, (40, {most}))
        lazy_array.LARGE, row_file._LOADED = 100, 0
        try:
            x = read_arrays(find_files(["*.npy"])).arrays["x"]
            assert x.in_file
            print(x[np.arange(499, -1, -10)][:, 0].tolist())
        except DataError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    if most == 200:
        assert json.loads(done.stdout) == [X[9, 0] + number for number in range(49, -1, -1)]
    else:
        assert ".npy: too many files are open at once" in done.stdout and "`ulimit -n`" in done.stdout
