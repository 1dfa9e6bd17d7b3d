"""The files of a run's log: what the csv and json modules read from them is what the events were."""

import csv
import errno
import json
import math
import os
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl.training import run_log
from nnctl.training.events import EpochEnded, IterationEnded, IterationsEnded, RunEnded
from nnctl.training.run_log import Log

NAMES = ["loss", 'a"b', 'a"},{"event":', "val_loss"]
numbers = st.floats(allow_nan=True, allow_infinity=True)
rates = st.one_of(st.none(), st.floats(0, 1e6))
epochs = st.builds(lambda values, *rest: EpochEnded(7, dict(zip(NAMES, values, strict=True)), *rest),
                   st.tuples(*[numbers] * 4), rates, rates, st.sampled_from([None, True, False]))  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("log")


@settings(max_examples=200, deadline=None)
@given(events=st.lists(epochs, min_size=1, max_size=4))
def test_the_lines_of_epochs(folder, events):
    (folder / "events.jsonl").unlink(missing_ok=True)
    log = Log(folder, NAMES, [])
    log.progress(events[:-1], [])  # as those of a moment, or one alone
    log(events[-1])
    log.close()
    with open(folder / "metrics.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["epoch", *NAMES]
    for row, event in zip(rows[1:], events, strict=True):
        assert [row[0], *map(repr, map(float, row[1:]))] == ["7", *map(repr, event.metrics.values())]  # every digit
    written = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    for line, event in zip(written, events, strict=True):
        found = json.loads(line, parse_constant=pytest.fail)
        assert found.pop("event") == "EpochEnded" and found.pop("time") > 1e9
        expected = asdict(event)
        expected["metrics"] = {k: v if math.isfinite(v) else None for k, v in expected["metrics"].items()}
        assert found == expected


def test_other_events_have_a_line_too(folder):
    log = Log(folder, NAMES, [])
    log(RunEnded("done", folder, 7, 1.0))
    log.close()
    last = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(last)["event"] == "RunEnded"


def test_a_resumed_log_goes_on(folder):
    history = [dict(zip(NAMES, (0.5, 0.25, 1e-7, math.nan), strict=True)), dict.fromkeys(NAMES, 2.0)]
    (folder / "metrics.csv").write_text("half a table", encoding="utf-8")
    (folder / "events.jsonl").write_text('{"event": "RunStarted"}\n', encoding="utf-8")
    log = Log(folder, NAMES, history)
    log(EpochEnded(3, dict.fromkeys(NAMES, 0.125), 0.1, 1.0, True))
    log.flush()
    with open(folder / "metrics.csv", newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1:] == [["1", "0.5", "0.25", "1e-7", "nan"], ["2", "2.0", "2.0", "2.0", "2.0"],
                                              ["3", "0.125", "0.125", "0.125", "0.125"]]  # fmt: skip
    assert [json.loads(line)["event"] for line in (folder / "events.jsonl").read_text().splitlines()] == [
        "RunStarted", "EpochEnded"]  # fmt: skip
    log.close()


def test_iterations_have_no_line(folder):
    (folder / "events.jsonl").unlink(missing_ok=True)
    log = Log(folder, NAMES, [])
    one = IterationEnded(1, 1, 1, 0.5, {"loss": 0.5}, 0.1, 0.0)
    log(one)
    log(IterationsEnded(one, lambda last=None: iter([one])))
    log.progress([], [one])
    log.close()
    assert (folder / "events.jsonl").read_text() == ""
    assert len((folder / "metrics.csv").read_text().splitlines()) == 1  # the titles


@pytest.mark.parametrize(("text", "left"), [
    ("", ""), ("one\n", "one\n"), ("one\ntwo\n", "one\ntwo\n"), ("one\ntw", "one\n"), ("on", ""),
    ("a long first line\nsecond\nhal", "a long first line\nsecond\n"),
])  # fmt: skip
def test_half_a_line_is_cut(folder, monkeypatch, text, left):
    monkeypatch.setattr(run_log, "_LONGEST_LINE", 12)
    path = folder / "events.jsonl"
    path.write_bytes(text.encode())
    run_log.cut_half_a_line(path)
    assert path.read_bytes().decode() == left
    path.unlink()
    run_log.cut_half_a_line(path)
    assert not path.exists()


@pytest.mark.parametrize(("lines", "reason"), [
    (['{"event": "Said"}', '{"event": "RunEnded", "reason": "done"}'], "done"),
    (['{"event": "RunEnded", "reason": "done"}', '{"event": "RunStarted"}'], None),
    (['{"event": "RunEnded", "reason": "nan"}', "3"], None),
    (['{"event": "RunEnded", "rea'], None),
    ([], None),
    (['{"event": "RunEnded", "reason": "done"}'], "done"),
    (['{"event": "RunStarted"}', '{"event": "RunEnded", "reason": "done"}', '{"event": "RunStarted"}'], None),
    (["x" * 200, '{"event": "RunEnded", "reason": "nan"}'], "nan"),
])  # fmt: skip
def test_how_a_run_ended_last(folder, monkeypatch, lines, reason):
    monkeypatch.setattr(run_log, "_LONGEST_LINE", 100)
    (folder / "events.jsonl").write_text("\n".join(lines))
    assert run_log.last_end(folder).get("reason") == reason
    (folder / "events.jsonl").unlink()
    assert run_log.last_end(folder) == {}


def test_long_lines_are_found_whole(folder):
    path, end = folder / "events.jsonl", json.dumps({"event": "RunEnded", "reason": "x" * 500_000})
    path.write_text(end)
    assert run_log.last_end(folder) == json.loads(end)
    path.write_text("{}\n" + end)
    run_log.cut_half_a_line(path)
    assert path.read_text() == "{}\n"


def test_a_new_log_has_its_titles_at_once(tmp_path):
    log = Log(tmp_path, ["loss"], [])
    assert (tmp_path / "metrics.csv").read_text() == "epoch,loss\n"
    log.close()


def test_numbers_of_numpy_and_what_is_not_finite(folder):
    (folder / "events.jsonl").unlink(missing_ok=True)
    log = Log(folder, ["loss", "other"], [])
    for value in (np.float64(0.1), np.float32(0.5), np.float64("inf")):
        log(EpochEnded(1, {"loss": value, "other": 1.0}, None, None))
    log(EpochEnded(2, {"loss": math.nan, "other": np.float32(0.5)}, None, None))
    log(RunEnded("done", folder, 7, 1.5, {"loss": math.nan, "accuracy": 0.25}, best_epoch=3))
    log.close()
    assert (folder / "metrics.csv").read_text().split() == ["epoch,loss,other", "1,0.1,1.0", "1,0.5,1.0", "1,inf,1.0",
                                                          "2,nan,0.5"]  # fmt: skip
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert [line["metrics"]["loss"] for line in lines[:-1]] == [0.1, 0.5, None, None]
    assert lines[-1]["test"] == {"loss": None, "accuracy": 0.25} and lines[-1]["time"] > 1e9
    assert (lines[-1]["seconds"], lines[-1]["best_epoch"], lines[-1]["folder"]) == (1.5, 3, str(folder))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux's full device")
@pytest.mark.parametrize("name", ["metrics.csv", "events.jsonl"])
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path, name):
    log = Log(tmp_path, NAMES, [])
    log.close()
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/full")
    for number in range(2):  # where a buffer is full, and at the end
        with pytest.raises(OSError, match=name) as error:
            log = Log(tmp_path, NAMES, [])
            log.progress([EpochEnded(1, dict.fromkeys(NAMES, 0.1), 0.1, 1.0)] * 10_000 ** (1 - number), [])
            log.close()
        assert (error.value.errno, error.value.filename) == (errno.ENOSPC, str(tmp_path / name))
