"""The log of a run: metrics.csv and events.jsonl in its folder."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from nnctl.training.atomic_files import named, write_safely
from nnctl.training.dispatcher import Progress
from nnctl.training.events import EpochEnded, Event, IterationEnded, IterationsEnded, Metrics

METRICS, EVENTS = "metrics.csv", "events.jsonl"
_LONGEST_LINE = 1 << 20  # bytes of an event in events.jsonl
_NUMBERS = orjson.OPT_SERIALIZE_NUMPY  # also NumPy's own


class Log(Progress):
    """The subscriber that writes metrics.csv (a row per epoch, without times, so that equal runs have equal files) and
    events.jsonl (every event but the iterations, with its time).

    The lines of epochs are written by orjson, in a third of the time of the csv and json modules: an epoch of a small
    model takes half a millisecond.
    """

    def __init__(self, folder: Path, names: list[str], history: list[dict[str, float]]):
        self._names = names
        self._paths = folder / METRICS, folder / EVENTS
        titles = io.StringIO()
        csv.writer(titles).writerow(["epoch", *names])
        rows = _rows([[epoch, *self._values(metrics)] for epoch, metrics in enumerate(history, start=1)])
        table = titles.getvalue().encode() + rows
        if history:  # written whole, in case the resumed run was killed while it wrote
            write_safely(self._paths[0], table)
        self._files = []
        for path in self._paths:
            with named(path):
                self._files.append(open(path, "ab" if history or path.name == EVENTS else "wb"))  # noqa: SIM115
        if not history:
            self._write(0, table)
        self.flush()

    def _values(self, metrics: Metrics) -> list[float]:
        return [metrics[name] for name in self._names]

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochEnded):
            self.progress([event], [])
        elif not isinstance(event, (IterationEnded, IterationsEnded)):
            line = _with_null({"event": type(event).__name__, "time": time.time(), **asdict(event)})
            self._write(1, (json.dumps(line, default=str, allow_nan=False) + "\n").encode())

    def progress(self, epochs: list[EpochEnded], iterations: list[IterationEnded | IterationsEnded]) -> None:
        """Writes the lines of epochs; see Dispatcher."""
        if not epochs:
            return
        now = time.time()
        rows = [[event.epoch, *self._values(event.metrics)] for event in epochs]
        lines = [
            {"event": "EpochEnded", "time": now, "epoch": event.epoch, "metrics": event.metrics,
             "learning_rate": event.learning_rate, "seconds": event.seconds, "is_best": event.is_best}
            for event in epochs
        ]  # fmt: skip
        self._write(0, _rows(rows))
        text = orjson.dumps(lines, option=_NUMBERS)
        self._write(1, text[1:-1].replace(b'},{"event":', b'}\n{"event":') + b"\n")  # a quote in a name has a backslash

    def _write(self, which: int, text: bytes) -> None:
        try:
            self._files[which].write(text)
        except OSError:
            with named(self._paths[which]):
                raise

    def flush(self) -> None:
        for path, file in zip(self._paths, self._files, strict=True):
            with named(path):
                file.flush()

    def close(self) -> None:
        errors = []
        for path, file in zip(self._paths, self._files, strict=True):
            try:
                with named(path):
                    file.close()
            except OSError as error:  # the other file must be closed, too
                errors.append(error)
        if errors:
            raise errors[0]


def _rows(rows: list[list[float]]) -> bytes:
    """The lines of metrics.csv. Each number has the shortest text that is read as the same number."""
    if not rows:
        return b""
    text = orjson.dumps(rows, option=_NUMBERS)
    if b"null" not in text:
        return text[2:-2].replace(b"],[", b"\r\n") + b"\r\n"
    return b"".join(b",".join(map(_number, row)) + b"\r\n" for row in rows)


def _number(value: float) -> bytes:
    return orjson.dumps(value, option=_NUMBERS) if math.isfinite(value) else repr(float(value)).encode()


def _with_null(value: Any) -> Any:
    """The value with NaN and infinities replaced by null, since JSON has no numbers for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _with_null(item) for key, item in value.items()}
    return [_with_null(item) for item in value] if isinstance(value, list | tuple) else value


def cut_half_a_line(path: Path) -> None:
    """Removes the incomplete last line that a killed process left."""
    if not path.exists():
        return
    with named(path), open(path, "rb+") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - _LONGEST_LINE)
        file.seek(start)
        end = file.read()
        if end and not end.endswith(b"\n"):
            file.truncate(start + end.rfind(b"\n") + 1)


def last_end(folder: Path) -> dict[str, Any]:
    """The event with which the run ended last time; empty if it did not."""
    try:
        with open(folder / EVENTS, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LONGEST_LINE))
            lines = file.read().splitlines()
        events = [json.loads(line) for line in lines[-1:]]
    except (OSError, ValueError, RecursionError):
        return {}
    return next((event for event in events if isinstance(event, dict) and event.get("event") == "RunEnded"), {})
