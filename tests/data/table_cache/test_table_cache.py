"""The entries of the cache: whole or absent, never those of other files, listed and removed."""

import json
import os
import shutil
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from click.testing import CliRunner
from data.files import loaded

from nnctl import cli
from nnctl.data.readers import arrow_stream, duckdb_tables
from nnctl.data.table_cache import column_files, folder
from nnctl.data.table_cache.encoded_rows import write_encoded
from nnctl.errors import DataError

ROWS = "".join(f"{row},{row % 5 * 0.1:.1f},{row % 2}\n" for row in range(100))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("a,b,y\n" + ROWS)
    return path


def first_inputs(path):
    data = loaded(path, "binary", target="y", stream=True, split={"validation": 0, "test": 0})
    return np.asarray(data.train.inputs["input"])


def command(*words):
    """What `nnctl cache ...` prints, and its exit code."""
    done = CliRunner().invoke(cli.program, ["cache", *words])
    return done.output, done.exit_code


def test_an_entry_is_used_again_and_only_its_owner_can_read_it(path, cache, monkeypatch):
    first = first_inputs(path)
    monkeypatch.setattr(arrow_stream, "pieces", None)
    monkeypatch.setattr(column_files, "pieces", None)  # nothing may be streamed again
    assert np.array_equal(first_inputs(path), first)
    [entry] = cache.iterdir()
    if os.name != "nt":
        assert cache.stat().st_mode & 0o777 == entry.stat().st_mode & 0o777 == 0o700


def _cut(file):
    file.write_bytes(file.read_bytes()[:-8])


def _change(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [_cut, _change, lambda file: file.unlink()])
@pytest.mark.parametrize("what", ["1.column", "entry.json", "*.encoded"])
def test_a_damaged_entry_is_written_again(what, damage, path, cache):
    first = first_inputs(path)
    [file] = cache.glob(f"*/{what}")
    damage(file)
    assert np.array_equal(first_inputs(path), first)
    assert len(list(cache.iterdir())) == 1


def test_changed_files_are_read_again_and_their_entry_is_removed_by_clear(path, cache):
    first = first_inputs(path)
    path.write_text("a,b,y\n" + ROWS.replace("0.1", "0.7"))
    assert not np.array_equal(first_inputs(path), first)
    assert len(folder.entries()) == 2
    output, _ = command("clear", "--json")
    assert len(json.loads(output)["removed"]) == 1
    [entry] = folder.entries()
    assert entry.is_current


def test_ctrl_c_leaves_nothing(path, cache, monkeypatch):
    def interrupted(rows, dtypes):
        yield next(arrow_stream.pieces(rows, dtypes))
        raise KeyboardInterrupt

    monkeypatch.setattr(column_files, "pieces", interrupted)
    with pytest.raises(KeyboardInterrupt):
        first_inputs(path)
    assert list(cache.iterdir()) == []


def test_what_a_killed_process_left_is_removed(path, cache):
    cache.mkdir(parents=True)
    (cache / ".d-0123.999999999.tmp").mkdir()
    (cache / ".d-0123.999999999.tmp" / "1.column").write_bytes(b"half")
    assert folder.entries() == []
    first_inputs(path)
    assert len(list(cache.iterdir())) == 1


def test_a_disk_that_is_too_small_is_told_before(path, cache, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 10**5))
    with pytest.raises(DataError, match=r"takes 4 kB, but only 100 kB are free(.|\n)*XDG_CACHE_HOME"):
        first_inputs(path)
    assert list(cache.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the limit is that of a process")
def test_a_disk_that_becomes_full_is_one_error_and_leaves_nothing(tmp_path, cache):
    import resource
    import signal

    path = tmp_path / "d.csv"
    path.write_text("a,y\n" + "".join(f"{row},{row % 2}\n" for row in range(20_000)))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # bytes of a file: writing more fails
    try:
        with pytest.raises(DataError, match=r"cannot be stored there \(File too large\)"):
            first_inputs(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(cache.iterdir()) == []


def test_the_command_lists_and_clears(path, cache):
    assert "No large tables" in command()[0]
    first_inputs(path)
    [entry] = folder.entries()
    output, code = command()
    assert code == 0 and entry.name in output and "1 table" in output
    [shown] = json.loads(command("--json")[0])
    assert shown["rows"] == 100 and shown["bytes"] == entry.size and shown["files"] == [str(path)] and shown["current"]
    assert command("clear", "nothing")[1] == 2
    assert command("clear")[0].startswith("removed 0")
    assert command("clear", entry.name)[0].startswith("removed 1 stored table")
    assert list(cache.iterdir()) == []
    first_inputs(path)
    assert command("clear", "--all")[0].startswith("removed 1") and folder.entries() == []


def test_ctrl_c_during_a_query_is_not_an_error_of_duckdb():
    with pytest.raises(KeyboardInterrupt), duckdb_tables._explaining(None, None, None):
        raise RuntimeError("Query interrupted")  # what DuckDB makes of it


@pytest.mark.skipif(os.name == "nt", reason="there is no limit")
def test_more_columns_than_a_process_may_have_files_open(tmp_path, cache, monkeypatch):
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    path = tmp_path / "d.csv"
    names = [f"x{at}" for at in range(30)]
    rows = [[*names, "y"], *([f"{row}.5"] * 30 + [str(row % 2)] for row in range(9))]
    path.write_text("".join(",".join(row) + "\n" for row in rows))
    monkeypatch.setattr(column_files, "_TOGETHER", 7)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 15, before[1]))
    try:
        assert first_inputs(path).shape == (9, 30)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    monkeypatch.setattr(column_files, "_OTHER_FILES", 1 << 40)
    if before[1] != resource.RLIM_INFINITY:
        with pytest.raises(DataError, match="has so many columns that"):
            first_inputs(path)


# Several at once


def test_an_entry_that_two_write_at_once_is_written_once(cache):
    with folder.new_entry("d", "k", {}) as one:
        (one / "1.column").write_bytes(b"same")
        with folder.new_entry("d", "k", {}) as other:  # by another process or thread, which is faster
            (other / "1.column").write_bytes(b"same")
    assert [path.name for path in cache.iterdir()] == ["d-k"]
    assert folder.find("k").folder == cache / "d-k"


def test_encoded_rows_that_two_write_at_once_are_whole(cache):
    cache.mkdir(parents=True)
    path = cache / "k.encoded"
    x = np.arange(8, dtype=np.float32).reshape(4, 2)
    found = []

    def slowly():
        yield x[:2]
        found.append(write_encoded(path, 4, 2, lambda: iter([x])))  # by another process or thread
        yield x[2:]

    found.append(write_encoded(path, 4, 2, slowly))
    for rows in found:
        assert np.array_equal(np.asarray(rows), x)
    assert sorted(each.name for each in cache.iterdir()) == ["k.encoded", "k.sum"]


def test_encoded_rows_that_a_killed_process_left_are_removed(cache):
    cache.mkdir(parents=True)
    (cache / ".k.encoded.0123abcd.999999999.tmp").write_bytes(b"half")
    write_encoded(cache / "k.encoded", 1, 1, lambda: iter([np.ones((1, 1), np.float32)]))
    assert sorted(each.name for each in cache.iterdir()) == ["k.encoded", "k.sum"]


def test_threads_that_read_a_table_at_once_get_the_same(path, cache):
    with ThreadPoolExecutor(4) as threads:
        first, *others = threads.map(lambda _: first_inputs(path), range(4))
    assert all(np.array_equal(first, other) for other in others)
    assert len(list(cache.iterdir())) == 1
