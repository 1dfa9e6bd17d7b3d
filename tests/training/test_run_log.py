"""The files of a run's log: what the csv and json modules read from them is what the events were."""

import csv
import json
import math
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl.training.events import EpochEnded, RunEnded
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
