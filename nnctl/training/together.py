"""Training in several processes, which torchrun has started on one machine or on many.

All of them run the same loop, and each computes its share of every batch (nnctl/torch_engine/ranks.py). The first one
writes the run's folder and reports; the others write nothing. All must see the run's folder, to resume from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nnctl.config.types import Config
from nnctl.data.dataset import Dataset
from nnctl.torch_engine import launch
from nnctl.training.atomic_files import Lock
from nnctl.training.best_or_last import Kept, Weights
from nnctl.training.events import EpochEnded, Event, IterationEnded, IterationsEnded, RunEnded, Subscriber
from nnctl.training.loop import Loop
from nnctl.training.model import Model
from nnctl.training.run import Run
from nnctl.training.run_environment import saved_environment
from nnctl.training.run_folder import CONFIG, RUNS, check_unused, new_folder
from nnctl.training.run_log import Log


class FollowingRun(Run):
    """The run of a process that neither writes nor reports anything."""

    def __init__(self, spec: Config, data: Dataset, model: Model, subscribers: Iterable[Subscriber], **more: Any):
        super().__init__(spec, data, model, (), **more)

    def write_beginning(self) -> None:
        """The first process does."""

    def open_log(self) -> Log:
        return _NoLog()

    def save(self, loop: Loop) -> None:
        """The first process does."""

    def save_model(self, kept: Sequence[tuple[Kept, Weights]]) -> Kept:
        return kept[0][0]


class Followed(Lock):
    """The folder that the first process has locked."""

    def __enter__(self) -> Followed:
        return self

    def check(self) -> None:
        """The first process does."""


class _NoLog(Log):
    def __init__(self) -> None:
        """Opens nothing."""

    def __call__(self, event: Event) -> None:
        """Writes nothing."""

    def progress(self, epochs: list[EpochEnded], iterations: list[IterationEnded | IterationsEnded]) -> None:
        """Writes nothing."""

    def flush(self) -> None:
        """Writes nothing."""

    def close(self) -> None:
        """Closes nothing."""


def run_class() -> type[Run]:
    """The class of this process's run."""
    return FollowingRun if launch.rank() else Run


def lock(folder: Path) -> Lock:
    """The lock of a run's folder, which the first process holds."""
    return Followed(folder) if launch.rank() else Lock(folder)


def start(run: Run, folder: Path | None) -> RunEnded:
    """Begins a new run in the folder that the first process creates."""
    if launch.rank():
        with Followed(Path(run.model.executor.text_of_first(""))) as followed:
            return run.go(followed)
    with Lock(new_folder(run.spec.name, folder)) as held:
        check_unused(held.folder)  # again: another process may have been faster
        run.model.executor.text_of_first(str(held.folder))
        return run.go(held)


def run_before_restart(spec: Config, folder: Path | None) -> Path | None:
    """The folder of the run that the launcher's processes trained before it started them anew, if they came so far."""
    if not launch.restarts():
        return None
    if folder is not None:
        return folder if (folder / CONFIG).is_file() else None
    runs = (path.parent for path in RUNS.glob(f"{spec.name}-*/{CONFIG}"))
    own = [run for run in runs if saved_environment(run).get("launcher") == launch.launcher()]
    return max(own, key=lambda run: run.stat().st_mtime, default=None)
