"""A run's folder: config, model, checkpoints, metrics, events, environment."""

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

from nnctl.config.config_files import kind_of_config
from nnctl.errors import RunError
from nnctl.quoting import shell_path
from nnctl.training.atomic_files import LOCK, TEMPORARY, named, write_safely
from nnctl.training.events import EpochEnded, Event, IterationEnded, IterationsEnded

RUNS = Path("runs")  # the folder of runs that are given none
NOWHERE = Path("(not saved)")  # the folder of runs that are not saved
CONFIG, MODEL, CHECKPOINTS = "config.yaml", "model.safetensors", "checkpoints"
INITIAL = "initial.safetensors"  # weights from elsewhere that the run began with; written before the config
ENVIRONMENT, METRICS, EVENTS = "environment.json", "metrics.csv", "events.jsonl"
_LONGEST_LINE = 1 << 20  # bytes of an event in events.jsonl
FORMAT = "nnctl 2"  # of model.safetensors; other formats are refused. nnctl 1 had no checksum


def new_folder(name: str, at: Path | None) -> Path:
    """Creates the folder of a new run: `at`, which must be new or empty, or runs/NAME-TIMESTAMP."""
    if at is not None:
        check_unused(at)
        at.mkdir(parents=True, exist_ok=True)
        return at
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for suffix in ("", *(f"-{i}" for i in range(2, 1000))):  # several runs may start in one second
        folder = RUNS / f"{name}-{stamp}{suffix}"
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            if RUNS.exists() and not RUNS.is_dir():
                raise RunError("`runs` is a file, but the runs need a folder of that name", where=str(RUNS),
                               hint="move it away, or choose the run's folder with --run") from None  # fmt: skip
    raise RunError(f"a thousand runs of {name!r} started in this second", where="runs/")


def check_unused(folder: Path) -> None:
    """Raises RunError if there is a file at that path, or a folder with more than the remains of a run that was stopped
    before it began."""
    if folder.exists() and not folder.is_dir():
        raise RunError("this is a file, so the run's folder cannot be created here", where=str(folder),
                       hint="choose another name with --run")  # fmt: skip
    if folder.exists() and not _only_leftovers(folder):
        raise RunError(
            "the run's folder exists and is not empty", where=str(folder),
            hint=f"to resume that run: nnctl train --resume {shell_path(folder)}; or choose another folder",
        )  # fmt: skip


def _only_leftovers(folder: Path) -> bool:
    return all(path.match(TEMPORARY) or path.name in (LOCK, INITIAL) for path in folder.iterdir())


def remove_leftovers(folder: Path) -> None:
    """Removes the temporary files and the incomplete line of processes that were killed. The caller holds the lock, so
    no other process is writing."""
    _cut_half_a_line(folder / EVENTS)
    for path in folder.glob(TEMPORARY):
        path.unlink(missing_ok=True)


def folder_of_run(folder: Path) -> Path:
    """Checks that the folder of a run exists; it may be empty."""
    _refuse_config(folder)
    if folder.is_file():
        hint = "give the folder that `nnctl train` printed at its end"
        if (folder.parent / CONFIG).is_file():
            hint = f"give the run's folder: {shell_path(folder.parent)}"
        raise RunError("this is a file, not a run's folder", where=str(folder), hint=hint)
    if not folder.is_dir():
        hint = "start one with nnctl train CONFIG"
        if folder.parent.is_dir():
            near = sorted(p.name for p in folder.parent.iterdir() if p.is_dir() and (p / CONFIG).exists())
            if near:
                hint = "runs there: " + ", ".join(shell_path(folder.parent / name) for name in near[-5:])
        raise RunError("there is no such run", where=str(folder), hint=hint)
    return folder


def _refuse_config(path: Path) -> None:
    """Raises RunError if a config is given in the place of a run."""
    if kind := kind_of_config(path):
        hint = f"make a run: nnctl train {shell_path(path)}"
        if (path.parent / ENVIRONMENT).is_file():
            hint = f"give the run's folder: {shell_path(path.parent)}"
        raise RunError(f"this is {kind}, not a run", where=str(path), hint=hint)


def existing_folder(folder: Path) -> Path:
    """Checks that it is a run's folder, with a config."""
    folder_of_run(folder)
    if not (folder / CONFIG).is_file():
        if _only_leftovers(folder):
            raise RunError(
                f"the run was stopped before its {CONFIG} was written, so there is nothing to resume",
                where=str(folder), hint=f"start it again: nnctl train CONFIG --run {shell_path(folder)}",
            )  # fmt: skip
        raise RunError(f"this is not the folder of a run: {CONFIG} is missing", where=str(folder),
                       hint="give the folder that `nnctl train` printed at its end")  # fmt: skip
    return folder


def newest_run() -> Path:
    """The run in runs/ whose model was written last. Raises RunError if no run has one."""
    models = list(RUNS.glob(f"*/{MODEL}"))
    if not models:
        raise RunError("there is no finished run", where=f"{RUNS}/",
                       hint="start one with nnctl train CONFIG, or give the folder of a run as RUN")  # fmt: skip
    return max(models, key=lambda model: model.stat().st_mtime_ns).parent


def model_of(run: Path) -> Path:
    """The model's file in a run's folder; a file is returned as it is."""
    _refuse_config(run)
    return run if run.is_file() else existing_folder(run) / MODEL


def save_json(path: Path, value: Any) -> None:
    write_safely(path, (json.dumps(value, indent=2) + "\n").encode())


_TOGETHER = 64  # epochs whose lines are written at once, which takes a fraction of the time of one after the other


class Log:
    """The subscriber that writes metrics.csv (a row per epoch, without times, so that equal runs have equal files) and
    events.jsonl (every event but the iterations, with its time)."""

    def __init__(self, folder: Path, names: list[str], history: list[dict[str, float]]):
        self._names = names
        keys = ", ".join(json.dumps(name).replace("%", "%%") + ": %s" for name in names)
        self._epoch_line = (
            f'{{"event": "EpochEnded", "time": %d.%06d, "epoch": %d, "metrics": {{{keys}}}, "learning_rate": %s,'
            ' "seconds": %.9f, "is_best": %s}\n'
        )
        self._waiting: list[tuple[float, EpochEnded]] = []  # (when, epoch) whose lines are not written yet
        self._paths = folder / METRICS, folder / EVENTS
        rows = [["epoch", *names], *(self._row(epoch, metrics) for epoch, metrics in enumerate(history, start=1))]
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        if history:  # written whole, in case the resumed run was killed while it wrote
            write_safely(self._paths[0], text.getvalue().encode())
        self._files = []
        for path in self._paths:
            with named(path):
                mode = "a" if history or path.name == EVENTS else "w"
                self._files.append(open(path, mode, newline="", encoding="utf-8"))  # noqa: SIM115
        if not history:
            with named(self._paths[0]):
                self._files[0].write(text.getvalue())
        self.flush()

    def _row(self, epoch: int, metrics: Mapping[str, float]) -> list[Any]:
        return [epoch, *(repr(metrics[name]) for name in self._names)]

    def __call__(self, event: Event) -> None:
        if isinstance(event, (IterationEnded, IterationsEnded)):
            return
        if isinstance(event, EpochEnded):
            self._waiting.append((time.time(), event))
            if len(self._waiting) < _TOGETHER:
                return
        self._write_epochs()
        if not isinstance(event, EpochEnded):
            self._write(1, self._line_of(event, time.time()))

    def _write_epochs(self) -> None:
        """Writes the lines of the waiting epochs as the csv and json modules would, in a fraction of their time: an
        epoch of a small model takes not much longer than theirs."""
        rows, lines = [], []
        last_rate, rate_text = 0.0, "0.0"
        for when, event in self._waiting:
            metrics, rate, seconds = event.metrics, event.learning_rate, event.seconds
            texts = [repr(metrics[name]) for name in self._names]
            row = f"{event.epoch},{','.join(texts)}\r\n"
            rows.append(row)
            if "n" in row or rate is None or seconds is None or len(texts) != len(metrics):  # nan, inf, or incomplete
                lines.append(self._line_of(event, when))
                continue
            if rate != last_rate:
                last_rate, rate_text = rate, repr(float(rate))
            best = "null" if event.is_best is None else "true" if event.is_best else "false"
            lines.append(
                self._epoch_line % (*divmod(int(when * 1e6), 1_000_000), event.epoch, *texts, rate_text, seconds, best)
            )
        self._waiting.clear()
        self._write(0, "".join(rows))
        self._write(1, "".join(lines))

    def _line_of(self, event: Event, when: float) -> str:
        line = {"event": type(event).__name__, "time": when, **asdict(event)}
        return json.dumps(_with_null(line), default=str, allow_nan=False) + "\n"

    def _write(self, which: int, text: str) -> None:
        try:
            self._files[which].write(text)
        except OSError:
            with named(self._paths[which]):
                raise

    def flush(self) -> None:
        self._write_epochs()
        for path, file in zip(self._paths, self._files, strict=True):
            with named(path):
                file.flush()

    def close(self) -> None:
        errors = []
        try:
            self._write_epochs()
        except OSError as error:
            errors.append(error)
        for path, file in zip(self._paths, self._files, strict=True):
            try:
                with named(path):
                    file.close()
            except OSError as error:  # the other file must be closed, too
                errors.append(error)
        if errors:
            raise errors[0]


def _cut_half_a_line(path: Path) -> None:
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


def _with_null(value: Any) -> Any:
    """The value with NaN and infinities replaced by null, since JSON has no numbers for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _with_null(item) for key, item in value.items()}
    return [_with_null(item) for item in value] if isinstance(value, list | tuple) else value
