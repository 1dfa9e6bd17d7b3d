"""The batches of an epoch: each once and in order, at most one read ahead; an error is raised where its batch would
come."""

import threading
import time

import numpy as np
import pytest

from nnctl.data import lazy_array
from nnctl.data.dataset import Split
from nnctl.data.readers import memory_size, row_file
from nnctl.data.readers.npz import read_arrays
from nnctl.data.readers.paths import find_files
from nnctl.errors import DataError
from nnctl.training import prefetch

N = 23
ORDER = np.random.default_rng(0).permutation(N)
BOUNDS = [(first, min(first + 5, N)) for first in range(0, N, 5)]


@pytest.fixture
def split(tmp_path, monkeypatch):
    """Rows of a file that is larger than memory, as far as the code can tell."""
    monkeypatch.setattr(lazy_array, "LARGE", 1)
    monkeypatch.setattr(row_file, "available_memory", lambda: 0)
    monkeypatch.setattr(row_file, "machine_memory", lambda: 0)
    path = tmp_path / "d.npz"
    np.savez(path, x=np.arange(N * 3.0).reshape(N, 3), y=np.arange(N))
    found = read_arrays(find_files([str(path)])).arrays
    return Split({"input": found["x"]}, {"out": found["y"]})


def reading() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("nnctl-reads-ahead")]


@pytest.mark.parametrize("in_file", [True, False], ids=["in a file", "in memory"])
def test_every_batch_comes_once_and_in_order(split, in_file):
    assert prefetch.reads_ahead(split)
    if not in_file:
        split = Split({"input": np.asarray(split.inputs["input"])}, split.targets)
    with prefetch.epoch_batches(split, ORDER, BOUNDS) as batches:
        for (first, end), (numbers, batch) in zip(BOUNDS, batches, strict=True):
            np.testing.assert_array_equal(numbers, ORDER[first:end])
            np.testing.assert_array_equal(batch.inputs["input"], np.asarray(split.inputs["input"])[numbers])
            np.testing.assert_array_equal(batch.targets["out"], numbers)
            assert bool(reading()) is in_file
    assert not reading()


def test_one_batch_is_read_ahead_and_no_more(split, monkeypatch):
    made = []
    real = prefetch.make_batch
    monkeypatch.setattr(prefetch, "make_batch", lambda *given, **how: (made.append(len(made)), real(*given, **how))[1])
    with prefetch.epoch_batches(split, ORDER, BOUNDS) as batches:
        for number, _ in enumerate(batches, start=1):
            expected, until = min(number + 1, len(BOUNDS)), time.monotonic() + 20
            while len(made) < expected and time.monotonic() < until:
                time.sleep(0.001)
            time.sleep(0.01)  # for one too many
            assert len(made) == expected


def test_leaving_early_ends_the_thread(split):
    with pytest.raises(KeyboardInterrupt), prefetch.epoch_batches(split, ORDER, BOUNDS) as batches:
        next(batches)
        raise KeyboardInterrupt
    assert not reading()


def test_a_file_cut_on_the_way_stops_the_loop_at_its_batch(split, monkeypatch):
    seen = []
    with pytest.raises(DataError, match="was truncated"), prefetch.epoch_batches(split, ORDER, BOUNDS) as batches:
        for number, _ in enumerate(batches, start=1):
            seen.append(number)
            if number == 2:
                path = split.inputs["input"]._pieces[0].source.path
                with path.open("r+b") as file:
                    file.truncate(100)
    assert seen in ([1, 2], [1, 2, 3])  # the third may have been read before
    assert not reading()


def test_the_machine_tells_its_memory():
    assert memory_size.machine_memory() > 1 << 24
