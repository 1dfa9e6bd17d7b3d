"""The folder of compiled kernels: who may write to it, what happens where it cannot be used, and when it is tidied."""

import errno
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from nnctl.kernels.toolchain import cache, verified_files


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A cache of its own, which does not exist yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache._remove_strays.cache_clear()
    return tmp_path / "cache" / "nnctl" / "kernels"


def mode(path):
    return path.stat().st_mode & 0o777


def test_what_is_long_unused_is_removed(home):
    old, new, mine = (cache.folder() / name for name in ("0123456789abcdef", "fedcba9876543210", cache.version()))
    file = cache.folder() / "nnctl_tile-0123456789abcdef.o"
    for folder in (old, new, mine):
        folder.mkdir()
        (folder / "code.so").write_bytes(b"code")
    file.write_bytes(b"code")
    before = time.time() - cache.UNUSED - 60
    for path in (old, mine, file):
        os.utime(path, (before, before))

    assert cache.of_version() == mine  # looked for, and so in use
    cache.tidy()
    assert sorted(cache.folder().iterdir()) == sorted([new, mine, file])


def test_new_folders_are_the_users_alone_whatever_the_umask(home):
    before = os.umask(0)
    try:
        cache.write(cache.of_version() / "a.so", b"code")
    finally:
        os.umask(before)
    assert cache.read(cache.of_version() / "a.so") == b"code"
    assert mode(home) == mode(home / cache.version()) == 0o700
    assert cache.problem() == ""


@pytest.mark.parametrize("where", ["cache", "version"])
@pytest.mark.parametrize("given", [0o755, 0o750, 0o711, 0o704])
def test_a_folder_that_others_can_read_becomes_the_users_alone(home, where, given):
    path = cache.of_version() / "a.so"
    cache.write(path, b"code")
    folder = home if where == "cache" else home / cache.version()
    folder.chmod(given)
    assert cache.read(path) == b"code"
    assert mode(folder) == 0o700


@pytest.mark.parametrize("where", ["cache", "version"])
@pytest.mark.parametrize("given", [0o777, 0o775, 0o770, 0o757, 0o720, 0o702, 0o1777])
def test_a_folder_that_others_can_write_to_is_neither_read_nor_written(home, where, given):
    path, other = cache.of_version() / "a.so", cache.of_version() / "b.so"
    cache.write(path, b"code")
    folder = home if where == "cache" else home / cache.version()
    folder.chmod(given)
    assert cache.read(path) is None
    cache.write(other, b"code")
    cache.mark_failed(other)
    assert sorted(home.rglob("*.*")) == [path]
    assert not cache.failed(other)
    said = cache.problem()
    assert str(folder) in said and f"mode {given:04o}" in said and "XDG_CACHE_HOME" in said
    assert oct(folder.stat().st_mode & 0o7777) == oct(given)  # left as it is


@pytest.mark.parametrize("where", ["cache", "version"])
def test_a_folder_of_another_user_is_neither_read_nor_written(home, where, monkeypatch):
    path = cache.of_version() / "a.so"
    cache.write(path, b"code")
    folder = home if where == "cache" else home / cache.version()
    if os.geteuid() == 0:
        os.chown(folder, 4321, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cache.read(path) is None
    cache.write(path, b"other")
    cache.write(path.with_name("b.so"), b"other")
    assert "belongs to another user" in cache.problem()
    monkeypatch.undo()
    assert sorted(home.rglob("*.so")) == [path]
    assert verified_files.read(path, f"{cache.version()}/a.so") == b"code"


def test_a_link_to_a_folder_of_ones_own_is_used(home, tmp_path):
    (tmp_path / "large disk").mkdir(mode=0o700)
    home.parent.mkdir(parents=True)
    home.symlink_to(tmp_path / "large disk")
    cache.write(cache.of_version() / "a.so", b"code")
    assert cache.read(cache.of_version() / "a.so") == b"code"


def test_files_of_other_versions_and_names_are_not_taken(home):
    path = cache.of_version() / "a.so"
    cache.write(path, b"code")
    other = path.with_name("b.so")
    other.write_bytes(path.read_bytes())
    assert cache.read(other) is None
    older = home / "0123456789abcdef"
    older.mkdir()
    (older / "a.so").write_bytes(path.read_bytes())
    assert cache.read(older / "a.so") is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("failing", ["mkdir", "open", "fsync", "utime"])
def test_what_cannot_be_written_is_no_error_and_what_is_there_is_used(home, number, failing, monkeypatch):
    path, new = cache.of_version() / "a.so", cache.of_version() / "b.so"
    cache.write(path, b"code")
    content = {each: each.read_bytes() for each in home.rglob("*.*")}
    real = os.open

    def fail(*arguments, **_):
        raise OSError(number, os.strerror(number))

    def opened(path, flags, *more, **named):
        return fail() if flags & os.O_CREAT else real(path, flags, *more, **named)

    monkeypatch.setattr(os, failing, opened if failing == "open" else fail)
    assert cache.read(path) == b"code"
    if failing == "fsync":
        cache.write(path, b"other")
    if failing in ("open", "fsync"):
        cache.write(new, b"code")
    if failing == "open":
        cache.mark_failed(new)
    if failing == "mkdir":
        with pytest.raises(OSError, match=r"."), cache.workplace(new):
            raise AssertionError
    assert cache.of_version() == path.parent
    monkeypatch.undo()
    assert {each: each.read_bytes() for each in home.rglob("*.*")} == content


def test_no_cache_at_all_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))  # in which no folder can be made
    path = cache.of_version() / "a.so"
    cache.write(path, b"code")
    cache.mark_failed(path)
    assert cache.read(path) is None and not cache.failed(path) and cache.problem() == ""
    with pytest.raises(OSError, match=r"."), cache.workplace(path):
        raise AssertionError
    with cache.workplace(None) as folder:
        assert folder.is_dir()
    assert not folder.exists()


@pytest.mark.parametrize(("hours", "remembered"), [(0, True), (23.9, True), (24.1, False), (1000, False), (-25, False)])
def test_a_failure_is_remembered_for_a_day(home, hours, remembered):
    path = cache.of_version() / "a.so"
    assert not cache.failed(path)
    cache.mark_failed(path)
    assert cache.failed(path)
    mark = path.with_suffix(".none")
    os.utime(mark, (time.time() - hours * 3600,) * 2)
    assert cache.failed(path) == remembered
    cache.mark_failed(path)
    assert cache.failed(path)


def test_the_place_where_things_are_made_goes(home):
    path = cache.of_version() / "a.so"
    with pytest.raises(KeyboardInterrupt), cache.workplace(path) as folder:
        assert folder.parent == path.parent and mode(folder) == 0o700
        (folder / "code.o").write_bytes(b"code")
        raise KeyboardInterrupt
    assert list(home.rglob("*.*")) == []


def test_what_killed_processes_left_goes_with_the_next_write(home):
    path = cache.of_version() / "a.so"
    cache.write(path, b"code")
    child = os.fork()
    if child == 0:
        at_work = cache.workplace(path)
        at_work.__enter__()
        verified_files.temporary(path.parent).write_bytes(b"half")
        verified_files.temporary(home).write_bytes(b"half")
        os._exit(0)
    os.waitpid(child, 0)
    assert len(list(home.rglob("*.part"))) == 3
    cache._remove_strays.cache_clear()  # as in a process of its own
    cache.write(path, b"code")
    assert list(home.rglob("*.part")) == []


def test_a_generated_module_needs_no_file(home):
    source = "def seven():\n    return 7\n\ndef fail():\n    return 1 / 0\n"
    module = cache.module_of(source, "of_a_test")
    assert module.seven() == 7 and cache.module_of(source, "of_a_test") is module
    assert sys.modules[module.__name__] is module
    assert not list(home.rglob("*"))
    with pytest.raises(ZeroDivisionError) as caught:
        module.fail()
    assert str(caught.traceback[-1].statement).strip() == "return 1 / 0"  # its lines are known to tracebacks


def test_threads_find_a_generated_module_only_when_it_is_whole():
    source = "import time\ntime.sleep(0.2)\ndef seven():\n    return 7\n"
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: cache.module_of(source, "of_threads").seven(), range(4))) == [7] * 4
