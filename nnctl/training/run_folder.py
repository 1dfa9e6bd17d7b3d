"""A run's folder: config, model, checkpoints, environment, and the log (run_log.py)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from nnctl.config.config_files import kind_of_config
from nnctl.errors import RunError
from nnctl.quoting import shell_path
from nnctl.similar_names import alike
from nnctl.training.atomic_files import LOCK, TEMPORARY, write_safely
from nnctl.training.run_log import EVENTS, cut_half_a_line

RUNS = Path("runs")  # the folder of runs that are given none
NOWHERE = Path("(not saved)")  # the folder of runs that are not saved
CONFIG, MODEL, CHECKPOINTS = "config.yaml", "model.safetensors", "checkpoints"
INITIAL = "initial.safetensors"  # weights from elsewhere that the run began with; written before the config
ENVIRONMENT = "environment.json"
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
    cut_half_a_line(folder / EVENTS)
    for path in folder.glob(TEMPORARY):
        path.unlink(missing_ok=True)


def _runs_beside(folder: Path) -> str | None:
    """A hint with the runs beside a folder that does not exist: those of similar names, or the newest."""
    if not folder.parent.is_dir():
        return None
    runs = [path for path in folder.parent.iterdir() if (path / CONFIG).is_file()]
    runs.sort(key=lambda run: (run / CONFIG).stat().st_mtime, reverse=True)
    names = [run.name for run in runs]
    near = [name for name in names if name.startswith(folder.name)] or alike(folder.name, names, 2, 0.7)
    if near:
        return f"did you mean {' or '.join(shell_path(folder.parent / name) for name in near[:2])}?"
    shown = ", ".join(map(shell_path, runs[:5]))
    return f"{'runs' if len(runs) <= 5 else 'the newest runs'} there: {shown}" if runs else None


def folder_of_run(folder: Path) -> Path:
    """Checks that the folder of a run exists; it may be empty."""
    _refuse_config(folder)
    if folder.is_file():
        hint = "give the folder that `nnctl train` printed at its end"
        if (folder.parent / CONFIG).is_file():
            hint = f"give the run's folder: {shell_path(folder.parent)}"
        raise RunError("this is a file, not a run's folder", where=str(folder), hint=hint)
    if not folder.is_dir():
        hint = _runs_beside(folder) or "start one with nnctl train CONFIG"
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
