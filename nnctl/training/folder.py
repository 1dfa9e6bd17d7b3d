"""A run's folder: config, model, checkpoints, figures, events, environment."""

from __future__ import annotations

import csv
import json
import math
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from nnctl import __version__
from nnctl.errors import RunError
from nnctl.quoting import shell_path
from nnctl.training.events import EpochEnded, Event, IterationEnded, IterationsEnded
from nnctl.training.files import write_safely

RUNS = Path("runs")  # where runs go that have no folder of their own
FORMAT = "nnctl 1"  # of model.safetensors; a reader refuses what it does not know


def new_folder(name: str, at: Path | None) -> Path:
    """Makes the folder of a new run: `at`, which must be new or empty, or runs/NAME-TIMESTAMP."""
    if at is not None:
        if at.exists() and (not at.is_dir() or any(at.iterdir())):
            raise RunError("the run's folder exists and is not empty", where=str(at),
                           hint=f"to go on with that run: nnctl train --resume {shell_path(at)}; or choose another folder")  # fmt: skip
        at.mkdir(parents=True, exist_ok=True)
        return at
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for suffix in ("", *(f"-{i}" for i in range(2, 1000))):  # several runs may start in one second
        folder = RUNS / f"{name}-{stamp}{suffix}"
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
    raise RunError(f"a thousand runs of {name!r} began in this second", where="runs/")


def existing_folder(folder: Path) -> Path:
    """Checks that it is a run's folder."""
    if not folder.is_dir():
        hint = None
        if folder.parent.is_dir():
            near = sorted(p.name for p in folder.parent.iterdir() if p.is_dir() and (p / "config.yaml").exists())
            hint = "runs there: " + ", ".join(shell_path(folder.parent / name) for name in near[-5:]) if near else None
        raise RunError("there is no such run", where=str(folder), hint=hint or "nnctl train CONFIG makes one")
    if not (folder / "config.yaml").is_file():
        raise RunError("this folder holds no run: config.yaml is missing", where=str(folder),
                       hint="give the folder that `nnctl train` named at its end")  # fmt: skip
    return folder


def newest_run() -> Path:
    """The run under runs/ whose model was written last. Raises RunError where no run has one."""
    models = list(RUNS.glob("*/model.safetensors"))
    if not models:
        raise RunError("there is no finished run", where=f"{RUNS}/",
                       hint="nnctl train CONFIG makes one; of a run elsewhere give the folder, as RUN")  # fmt: skip
    return max(models, key=lambda model: model.stat().st_mtime_ns).parent


def model_of(run: Path) -> Path:
    """The model's file in a run's folder, or the file itself."""
    return run if run.is_file() else existing_folder(run) / "model.safetensors"


def environment(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the bits of a run depend on besides config and data."""
    blas = np.__config__.CONFIG.get("Build Dependencies", {}).get("blas", {})
    return {
        "nnctl": __version__, "python": platform.python_version(), "numpy": np.__version__,
        "blas": f"{blas.get('name')} {blas.get('version')}", "blas_kernels": os.environ.get("OPENBLAS_CORETYPE", "its own choice"),
        "machine": platform.machine(),
        "system": platform.system(), "cores": os.cpu_count(), "folder": os.getcwd(), "command": sys.argv, **settings,
    }  # fmt: skip


def changed_environment(folder: Path, now: Mapping[str, Any]) -> list[str]:
    """What differs from the environment a run began in, of the things that change its bits."""
    try:
        then = json.loads((folder / "environment.json").read_text())
    except (OSError, ValueError):
        return []
    keys = ("numpy", "blas", "blas_kernels", "machine", "threads", "shard_rows", "dtype", "kernels")
    return [f"{key} was {then[key]}, is {now[key]}" for key in keys if key in then and then[key] != now.get(key)]


def save_json(path: Path, value: Any) -> None:
    write_safely(path, (json.dumps(value, indent=2) + "\n").encode())


class Log:
    """Subscriber that keeps metrics.csv (a row an epoch, no clock in it, so that it is the same for the same
    run) and events.jsonl (every event but the iterations, with the time)."""

    def __init__(self, folder: Path, names: list[str], history: list[dict[str, float]]):
        self._names = names
        rows = [self._row(epoch, figures) for epoch, figures in enumerate(history, start=1)]
        self._metrics: TextIO = open(folder / "metrics.csv", "w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._metrics)
        self._writer.writerows([["epoch", *names], *rows])
        self._metrics.flush()
        self._events: TextIO = open(folder / "events.jsonl", "a", encoding="utf-8")

    def _row(self, epoch: int, figures: Mapping[str, float]) -> list[Any]:
        return [epoch, *(repr(figures[name]) for name in self._names)]

    def __call__(self, event: Event) -> None:
        if isinstance(event, (IterationEnded, IterationsEnded)):
            return
        if isinstance(event, EpochEnded):
            self._writer.writerow(self._row(event.epoch, event.figures))
        line = {"event": type(event).__name__, "time": time.time(), **asdict(event)}
        self._events.write(json.dumps(_with_null(line), default=str, allow_nan=False) + "\n")

    def flush(self) -> None:
        self._metrics.flush()
        self._events.flush()

    def close(self) -> None:
        self._metrics.close()
        self._events.close()


def _with_null(value: Any) -> Any:
    """The value with NaN and infinities as null, which JSON has no numbers for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _with_null(item) for key, item in value.items()}
    return [_with_null(item) for item in value] if isinstance(value, list | tuple) else value
