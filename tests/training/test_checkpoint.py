"""Checkpoints come back as they were written, or not at all."""

import errno
import os
import random
import shutil

import numpy as np
import pytest

from nnctl.errors import RunError
from nnctl.training import atomic_files, checkpoint
from nnctl.training.atomic_files import Lock, write_safely
from nnctl.training.checkpoint import Checkpoint

ARRAYS = {"parameters": np.arange(100, dtype=np.float32), "slot/m": np.linspace(0, 1, 100)}
POSITION = {"epoch": 3, "iteration": 2, "running": {"loss": 0.1 + 0.2}}


@pytest.fixture
def saved(tmp_path):
    return checkpoint.save(tmp_path / "checkpoints", "last", 7, Checkpoint(ARRAYS, POSITION))


def test_round_trip(saved):
    back = checkpoint.load(saved)
    assert back.position == POSITION
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(back.arrays[name], array)
        assert back.arrays[name].dtype == array.dtype


def test_every_bit_flip_is_detected(saved):
    chance = random.Random(0)
    for name in ("arrays.safetensors", "position.json", "manifest.json"):
        good = (saved / name).read_bytes()
        for _ in range(150):
            bad = bytearray(good)
            bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
            (saved / name).write_bytes(bad)
            with pytest.raises(RunError):
                checkpoint.load(saved)
        (saved / name).write_bytes(good)
    checkpoint.load(saved)


@pytest.mark.parametrize("name", ["arrays.safetensors", "position.json", "manifest.json"])
def test_truncation_and_deletion_are_detected(saved, name):
    good = (saved / name).read_bytes()
    for length in (0, 1, len(good) // 2, len(good) - 1):
        (saved / name).write_bytes(good[:length])
        with pytest.raises(RunError):
            checkpoint.load(saved)
    (saved / name).unlink()
    with pytest.raises(RunError):
        checkpoint.load(saved)


def test_two_are_kept_and_the_newest_good_one_is_found(tmp_path):
    for step in (1, 2, 3):
        checkpoint.save(tmp_path, "last", step, Checkpoint(ARRAYS, {"step": step}))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last-0000000002", "last-0000000003"]
    (tmp_path / "last-0000000003" / "position.json").write_text("{}")
    found, skipped = checkpoint.newest(tmp_path)
    assert found.position == {"step": 2}
    assert "last-0000000003" in skipped[0]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_failed_write_leaves_the_one_before_and_no_stray_files(tmp_path, monkeypatch, call, code):
    checkpoint.save(tmp_path, "last", 1, Checkpoint(ARRAYS, POSITION))
    real = getattr(os, call)
    calls = 0
    failing = 0
    while True:  # the first call fails, then the second, ... until all succeed
        calls = 0

        def once(*arguments, failing=failing):
            nonlocal calls
            calls += 1
            if calls == failing + 1:
                raise OSError(code, os.strerror(code))
            return real(*arguments)

        monkeypatch.setattr(os, call, once)
        step = 2 + failing
        try:
            checkpoint.save(tmp_path, "last", step, Checkpoint(ARRAYS, POSITION))
        except OSError:
            found, _ = checkpoint.newest(tmp_path)
            assert found.position == POSITION
            assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
            failing += 1
            continue
        break
    tried_again = atomic_files.os.name == "nt" and (call, code) == ("replace", errno.EACCES)
    assert (failing == 0) if tried_again else (failing >= 1)


def test_write_safely_keeps_the_old_file_when_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "model"
    write_safely(path, b"old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError):
        write_safely(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_leftovers_and_later_checkpoints_are_removed(tmp_path):
    for step in (1, 2):
        checkpoint.save(tmp_path, "last", step, Checkpoint(ARRAYS, POSITION))
    shutil.copytree(tmp_path / "last-0000000001", tmp_path / ".last-0000000009.123.tmp")
    checkpoint.remove_after(tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["last-0000000001"]


def test_one_writer_a_folder(tmp_path):
    with Lock(tmp_path), pytest.raises(RunError, match="another nnctl"), Lock(tmp_path):
        pass
    with Lock(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
