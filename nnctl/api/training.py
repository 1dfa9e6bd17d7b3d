"""Training in a program."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnctl import config as configs
from nnctl.config.types import Config
from nnctl.errors import InputError
from nnctl.training import runner
from nnctl.training.events import Event, RunEnded
from nnctl.training.model_file import load_model
from nnctl.training.run_folder import model_of

if TYPE_CHECKING:
    from nnctl.api.trained_run import TrainedRun

Listener = Callable[[Event], None]
Listeners = Listener | Sequence[Listener]
Overrides = Mapping[str, Any] | Sequence[str]  # by key path, or as `--set` takes them


def train(config: str | Path | Mapping[str, Any], *, data: Any = None, folder: str | Path | None = None,
          save: bool = True, on_event: Listeners = (), overrides: Overrides = (),
          **more: Any) -> TrainedRun:  # fmt: skip
    """Trains a model and returns its run.

    config: a YAML file, the name of a bundled config, or the config as a dict. data: rows in memory in place of the
    files of `dataset`: a dict of columns, a list of dicts, a data frame, an Arrow table, or a pair of arrays (x, y).
    folder: of the run, which must be new or empty; default: runs/NAME-TIME. save: whether the run is written to its
    folder; without one, it cannot be resumed. on_event: called with each event of nnctl.training.events, such as
    EpochEnded. overrides, and further arguments: values in place of the config's, as `--set` gives them:
    train("iris", epochs=10, overrides={"optimizer.adam.learning_rate": 0.01}).
    Raises ConfigError, DataError and other subclasses of NnctlError, with the text that the command prints.
    """
    from nnctl.api.trained_run import TrainedRun  # imported here to keep the start-up of the command train fast

    texts = [*texts_of(overrides), *texts_of(more)]
    if save:
        ended = run_new(config, data=data, folder=folder, on_event=on_event, overrides=texts)
        return TrainedRun(ended.folder, *load_model(model_of(ended.folder)), ended)
    spec = config_of(config, texts, in_memory=data is not None)
    run = runner.train_unsaved(spec, subscribers=_listeners(on_event), rows=data)
    return TrainedRun(run.folder, run.model, run.data.preprocessing, run.ended)


def resume(run: str | Path, *, data: Any = None, on_event: Listeners = (), overrides: Overrides = (),
           **more: Any) -> TrainedRun:  # fmt: skip
    """Resumes a run from its last checkpoint, or trains it further: resume("runs/x", epochs=50).

    data: the rows that the run was trained on, if they were not read from files.
    """
    from nnctl.api.trained_run import TrainedRun  # imported here to keep the start-up of the command train fast

    ended = run_further(run, data=data, on_event=on_event, overrides=[*texts_of(overrides), *texts_of(more)])
    return TrainedRun(ended.folder, *load_model(model_of(ended.folder)), ended)


def run_new(config: str | Path | Mapping[str, Any], *, data: Any = None, folder: str | Path | None = None,
            on_event: Listeners = (), overrides: Sequence[str] = (), profile: bool = False) -> RunEnded:  # fmt: skip
    """As `train`, without loading the trained model. profile: also sends the event Profiled."""
    spec = config_of(config, overrides, in_memory=data is not None)
    at = None if folder is None else Path(folder)
    return runner.train(spec, folder=at, subscribers=_listeners(on_event), profile=profile, rows=data)


def run_further(run: str | Path, *, data: Any = None, on_event: Listeners = (),
                overrides: Sequence[str] = ()) -> RunEnded:  # fmt: skip
    """As `resume`, without loading the trained model."""
    return runner.resume(Path(run), overrides=overrides, subscribers=_listeners(on_event), rows=data)


def config_of(config: str | Path | Mapping[str, Any], overrides: Sequence[str], *, in_memory: bool = False) -> Config:
    """The checked config. in_memory: rows take the place of its files."""
    if not isinstance(config, Mapping | str | os.PathLike):
        raise InputError(f"a config cannot be given as {type(config).__name__}",
                         hint="give a file, the name of a ready config, or a dict")  # fmt: skip
    if isinstance(config, Mapping):
        return configs.loads(_as_yaml(config, indent=1), "config", overrides, in_memory=in_memory)
    return configs.load(config, overrides, in_memory=in_memory)


def texts_of(overrides: Overrides) -> list[str]:
    """`key=value` as on the command line."""
    if isinstance(overrides, str):
        return [overrides]
    if not isinstance(overrides, Mapping):
        return list(overrides)
    return [f"{key}={_as_yaml(value)}" for key, value in overrides.items()]


def _as_yaml(value: Any, indent: int | None = None) -> str:
    """JSON, which is YAML. NumPy's numbers and arrays are numbers and lists."""
    return json.dumps(value, indent=indent, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _listeners(on_event: Listeners) -> Sequence[Listener]:
    return [on_event] if callable(on_event) else list(on_event)
