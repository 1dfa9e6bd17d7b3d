"""Training in a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnctl import config as configs
from nnctl.api.trained_run import TrainedRun
from nnctl.config.types import Config
from nnctl.training import runner
from nnctl.training.events import Event, RunEnded
from nnctl.training.model_file import load_model
from nnctl.training.run_folder import model_of

Listener = Callable[[Event], None]


def train(config: str | Path | Mapping[str, Any], *, folder: str | Path | None = None,
          on_event: Listener | Sequence[Listener] = (), overrides: Mapping[str, Any] | None = None,
          **more: Any) -> TrainedRun:  # fmt: skip
    """Trains a model and returns its run.

    config: a YAML file, the name of a bundled config, or the config as a dict. folder: of the run, which must be new or
    empty; default: runs/NAME-TIME. on_event: called with each event of nnctl.training.events, such as EpochEnded.
    overrides, and further arguments: values in place of the config's, as `--set` gives them:
    train("iris", epochs=10, overrides={"optimizer.adam.learning_rate": 0.01}).
    Raises ConfigError, DataError and other subclasses of NnctlError, with the text that the command prints.
    """
    spec = _config(config, [*_texts(overrides or {}), *_texts(more)])
    ended = runner.train(spec, folder=None if folder is None else Path(folder), subscribers=_listeners(on_event))
    return _trained(ended)


def resume(run: str | Path, *, on_event: Listener | Sequence[Listener] = (),
           overrides: Mapping[str, Any] | None = None, **more: Any) -> TrainedRun:  # fmt: skip
    """Resumes a run from its last checkpoint, or trains it further: resume("runs/x", epochs=50)."""
    texts = [*_texts(overrides or {}), *_texts(more)]
    return _trained(runner.resume(Path(run), overrides=texts, subscribers=_listeners(on_event)))


def _config(config: str | Path | Mapping[str, Any], overrides: Sequence[str]) -> Config:
    if isinstance(config, Mapping):
        import yaml  # imported here to keep start-up fast

        return configs.loads(yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True), "config", overrides)
    return configs.load(config, overrides)


def _texts(overrides: Mapping[str, Any]) -> list[str]:
    """`key=value` as on the command line; JSON is YAML."""
    return [f"{key}={json.dumps(value, default=str)}" for key, value in overrides.items()]


def _listeners(on_event: Listener | Sequence[Listener]) -> Sequence[Listener]:
    return [on_event] if callable(on_event) else list(on_event)


def _trained(ended: RunEnded) -> TrainedRun:
    return TrainedRun(ended.folder, *load_model(model_of(ended.folder)), ended)
