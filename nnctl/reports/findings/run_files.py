"""What a run's folder holds, read once; a run that was stopped, or still trains, has only a part of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from nnctl import config as configs
from nnctl.config.types import Config
from nnctl.errors import NnctlError, RunError
from nnctl.training.atomic_files import Lock
from nnctl.training.loop import FINISHED
from nnctl.training.run_environment import saved_environment
from nnctl.training.run_folder import CONFIG, existing_folder
from nnctl.training.run_log import EVENTS

State = Literal["finished", "stopped", "running"]
Event = Mapping[str, Any]


@dataclass(frozen=True)
class RunFiles:
    """The files of a run.

    folder: as the user gave it. text: of config.yaml. started: the first event of training, empty if there is none.
    epochs: the event of each epoch that counts, in order. said: lines of callbacks. ended: the last event of training,
    empty if it has not ended.
    """

    folder: Path
    text: str
    environment: Mapping[str, Any]
    started: Event = field(default_factory=dict)
    epochs: tuple[Event, ...] = ()
    said: tuple[str, ...] = ()
    ended: Event = field(default_factory=dict)
    state: State = "stopped"

    @cached_property
    def config(self) -> Config | None:
        """The config, checked; None if it cannot be read, as of another version or with a plug-in that is gone."""
        try:
            return configs.loads(self.text, str(self.folder / CONFIG))
        except NnctlError:
            return None

    @property
    def name(self) -> str:
        return str(self.started.get("name") or (self.config.name if self.config else self.folder.name))

    @property
    def seconds(self) -> float | None:
        """Of training, in all calls that have continued it."""
        first = int(self.started.get("first_epoch") or 1)
        earlier, here = (
            sum(epoch.get("seconds") or 0.0 for epoch in self.epochs if (epoch["epoch"] < first) == before)
            for before in (True, False)
        )
        return earlier + (self.ended.get("seconds") or here) or None

    @property
    def baselines(self) -> Mapping[str, Mapping[str, Any]]:
        """By split, the metrics of the baseline. Earlier versions wrote down only that of the validation split, or of
        the test split if there was no other."""
        rows = self.started.get("rows") or {}
        judged = next((name for name in ("validation", "test", "train") if rows.get(name)), "train")
        return self.started.get("baselines") or {judged: self.started.get("baseline") or {}}


def read_run(folder: Path) -> RunFiles:
    """Reads a run's folder; its model.safetensors stands for the folder. Raises RunError if it is no run."""
    if folder.is_file() and (folder.parent / CONFIG).is_file():
        folder = folder.parent
    text = (existing_folder(folder) / CONFIG).read_text(encoding="utf-8", errors="replace")
    started, epochs, said, ended = _replayed(_events(folder))
    state: State = "finished" if ended.get("reason") in FINISHED else "stopped"
    if state == "stopped" and _is_locked(folder):
        state, ended = "running", {}
    return RunFiles(folder, text, saved_environment(folder), started, epochs, said, ended, state)


def _events(folder: Path) -> list[Event]:
    """The events of the run's log, as far as they can be read: the last line may be half written."""
    try:
        lines = (folder / EVENTS).read_bytes().splitlines()
    except OSError:
        return []
    found: list[Event] = []
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            found.append(event)
    return found


def _replayed(events: list[Event]) -> tuple[Event, tuple[Event, ...], tuple[str, ...], Event]:
    """The beginning, the epochs, the lines that were said, and the end. A resumed run has trained some epochs twice, of
    which the later one counts."""
    started: Event = {}
    ended: Event = {}
    epochs: dict[int, Event] = {}
    said: list[str] = []
    for event in events:
        kind = event.get("event")
        if kind == "RunStarted":
            first = int(event.get("first_epoch") or 1)
            epochs = {number: epoch for number, epoch in epochs.items() if number < first}
            started, ended = {**event, "time": started.get("time", event.get("time"))}, {}
        elif kind == "EpochEnded":
            epochs[int(event["epoch"])] = event
        elif kind == "Said":
            said.append(str(event.get("text")))
        elif kind == "RunEnded":
            ended = event
    return started, tuple(epochs[number] for number in sorted(epochs)), tuple(said), ended


def _is_locked(folder: Path) -> bool:
    """Whether a process trains in the folder."""
    try:
        with Lock(folder):
            return False
    except RunError:
        return True
    except OSError:
        return False
