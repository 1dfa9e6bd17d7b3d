"""Files of the kernel cache: nothing is read that was not written so, whatever happens to a file or to its writer."""

import errno
import os
import random
import subprocess
import sys
import time

import pytest

from nnctl.kernels.toolchain import verified_files
from nnctl.kernels.toolchain.verified_files import read, remove_strays, temporary, write

CONTENT = bytes(range(60))


@pytest.fixture
def file(tmp_path):
    write(tmp_path / "code.so", "folder/code.so", CONTENT)
    return tmp_path / "code.so"


@pytest.mark.parametrize("content", [b"", b"x", CONTENT, os.urandom(100_000)], ids=len)
def test_what_was_written_is_read(tmp_path, content):
    write(tmp_path / "a", "a", content)
    assert read(tmp_path / "a", "a") == content
    assert [path.name for path in tmp_path.iterdir()] == ["a"]  # no temporary file is left
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


def test_a_flipped_bit_in_any_byte_is_noticed(file):
    whole = file.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        file.write_bytes(damaged)
        assert read(file, "folder/code.so") is None, place
    file.write_bytes(whole)
    assert read(file, "folder/code.so") == CONTENT


def test_every_length_but_the_right_one_is_noticed(file):
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert read(file, "folder/code.so") is None, length
    for more in (b"\0", b"\n", whole, whole[len(CONTENT) :]):
        file.write_bytes(whole + more)
        assert read(file, "folder/code.so") is None
        file.write_bytes(more + whole)
        assert read(file, "folder/code.so") is None


def test_a_file_under_another_name_is_noticed(file):
    assert read(file, "folder/other.so") is None
    assert read(file, "older/code.so") is None


@pytest.mark.parametrize("make", ["nothing", "folder", "pipe", "link to nothing"])
def test_what_is_no_file_is_not_read(tmp_path, make):
    path = tmp_path / "a"
    if make == "folder":
        path.mkdir()
    elif make == "pipe":
        os.mkfifo(path)  # which nobody ever writes to
    elif make == "link to nothing":
        path.symlink_to(tmp_path / "b")
    assert read(path, "a") is None


def test_a_file_of_another_user_is_not_read(file, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert read(file, "folder/code.so") is None


def test_a_huge_file_is_not_read(file, monkeypatch):
    monkeypatch.setattr(verified_files, "LARGEST", file.stat().st_size)
    assert read(file, "folder/code.so") == CONTENT
    monkeypatch.setattr(verified_files, "LARGEST", file.stat().st_size - 1)
    assert read(file, "folder/code.so") is None


@pytest.mark.parametrize("failing", ["open", "fsync", "replace"])
def test_a_write_that_fails_changes_nothing(file, failing, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(file) if failing == "replace" else os, failing, fail)
    with pytest.raises(OSError, match="No space"):
        write(file, "folder/code.so", b"new")
    monkeypatch.undo()
    assert read(file, "folder/code.so") == CONTENT
    assert [path.name for path in file.parent.iterdir()] == ["code.so"]


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    calls = []
    real_sync, real_replace = os.fsync, type(tmp_path).replace

    def fsync(descriptor):
        calls.append(("fsync", os.readlink(f"/proc/self/fd/{descriptor}").endswith(".part")))
        real_sync(descriptor)

    def replace(path, target):
        calls.append(("replace", path.stat().st_size))
        return real_replace(path, target)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(type(tmp_path), "replace", replace)
    write(tmp_path / "a", "a", CONTENT)
    size = (tmp_path / "a").stat().st_size
    assert calls == [("fsync", True), ("replace", size), ("fsync", False)]


def test_two_writers_of_one_file_leave_one_of_their_files(tmp_path):
    """Processes that write the same name again and again, and one that reads it."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    path, contents = tmp_path / "a", [bytes([letter]) * 50_000 for letter in b"xy"]
    write(path, "a", contents[0])
    children = []
    for content in contents:
        child = os.fork()
        if child == 0:
            try:
                for _ in range(25):
                    write(path, "a", content)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    for _ in range(100):
        assert read(path, "a") in contents
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def ended_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.mark.parametrize(("process", "host", "days", "stays"), [
    ("dead", "here", 0, False),
    ("alive", "here", 0, True),
    ("alive", "here", 1.1, False),  # a number that was given to another process since
    ("dead", "elsewhere", 0, True),
    ("dead", "elsewhere", 1.1, False),
    ("none", "here", 0, True),
    ("none", "here", 1.1, False),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_strays_go(tmp_path, process, host, days, stays, kind):
    number = {"dead": ended_process, "alive": os.getpid, "none": lambda: "x"}[process]()
    name = temporary(tmp_path).name.replace(str(os.getpid()), str(number), 1)
    if host == "elsewhere":
        name = name.replace(verified_files._host(), "00000000")
    path = tmp_path / name
    if kind == "folder":
        path.mkdir()
        (path / "code.o").write_bytes(b"code")
    else:
        path.write_bytes(b"code")
    os.utime(path, (time.time() - days * 86400,) * 2)
    other = tmp_path / "code.so"
    other.write_bytes(b"code")
    os.utime(other, (0, 0))
    remove_strays(tmp_path)
    assert path.exists() == stays and other.exists()


def test_temporary_names_differ(tmp_path):
    assert len({temporary(tmp_path) for _ in range(100)}) == 100


def test_random_damage_of_a_large_file_is_noticed(tmp_path):
    path, rng = tmp_path / "a", random.Random(0)
    write(path, "a", rng.randbytes(60_000))
    whole = path.read_bytes()
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        assert damaged == whole or read(path, "a") is None
