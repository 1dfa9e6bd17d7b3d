"""What the classifier and the regressor have in common: their config, training and prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from nnctl.api.trained_run import TrainedRun
from nnctl.api.training import Overrides, config_of, texts_of
from nnctl.config.types import Config
from nnctl.errors import InputError
from nnctl.sklearn.weighted_scaling import with_weighted_scaling
from nnctl.training import runner
from nnctl.training.events import EpochEnded, Event
from nnctl.training.model import load_data
from nnctl.training.model_file import load_model
from nnctl.training.run_folder import model_of

Array = np.ndarray
_EPOCHS, _BATCH_SIZE, _LEARNING_RATE = 100, 200, 0.01  # of the default network
_MOST_SEEDS = 2**31 - 1
_HOLDS = ("name", "path", "normalize", "split")  # what counts of a config's `dataset`: the others are about its files
# What a config's `dataset` leaves open: all samples are trained on, and the features are standardized.
_DATA = {"dataset.normalize": {"x": "standard"}, "dataset.split.validation": 0, "dataset.split.test": 0}


@dataclass(frozen=True)
class Task:
    """What the default network depends on: its last layer, without the units, its loss, and whether its targets are
    standardized; and the `labels` of the losses that a config may have."""

    last: Mapping[str, Mapping[str, Any]]
    loss: str
    scaled_targets: bool
    labels: tuple[str, ...]


class Net(BaseEstimator):
    """The base of NetClassifier and NetRegressor."""

    _task: ClassVar[Task]

    run_: TrainedRun
    history_: list[dict[str, float]]

    def __init__(self, config: str | Path | Mapping[str, Any] | None = None, *,
                 hidden_layer_sizes: Sequence[int] | int = (64,), learning_rate: float | None = None,
                 epochs: int | None = None, batch_size: int | None = None,
                 overrides: Overrides | None = None, run_dir: str | Path | None = None,
                 random_state: Any = None, verbose: bool = False):  # fmt: skip
        self.config = config
        self.hidden_layer_sizes = hidden_layer_sizes
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.overrides = overrides
        self.run_dir = run_dir
        self.random_state = random_state
        self.verbose = verbose

    # Training

    def _weighted(self, X: Array, y: Array, sample_weight: Any) -> tuple[Array, Array, Array | None]:
        """The samples whose weight is not 0, and their weights, whose mean is 1: so an integer weight means the same as
        repeating the sample."""
        if sample_weight is None:
            return X, y, None
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        used = weights > 0
        if not used.any():
            raise ValueError("all samples have the weight 0: give at least one sample a positive sample_weight")
        return X[used], y[used], weights[used] / weights[used].mean()

    def _train(self, X: Array, y: Array, weights: Array | None, units: int) -> None:
        spec = self._spec(units)
        loss = spec.losses[spec.outputs[0]]
        if loss.labels not in self._task.labels:
            raise InputError(f"{type(self).__name__} cannot be trained with {loss.kind}",
                             hint=f"use a loss such as {self._task.loss}")  # fmt: skip
        if loss.labels == "onehot":
            y = np.eye(units)[y]
        data = load_data(spec, {"x": X, "y": y} if weights is None else {"x": X, "y": y, "w": weights})
        if weights is not None:
            data = with_weighted_scaling(data, spec.dataset.normalize, X, y, weights)
        listeners: list[Callable[[Event], None]] = [_print_epoch] if self.verbose else []
        if self.run_dir is None:
            run = runner.train_unsaved(spec, subscribers=listeners, rows=data)
            self.run_ = TrainedRun(run.folder, run.model, data.preprocessing, run.ended)
            self.history_ = run.loop.history
        else:
            history: list[dict[str, float]] = []
            listeners.append(_keep_in(history))
            ended = runner.train(spec, folder=Path(self.run_dir), subscribers=listeners, rows=data)
            self.run_ = TrainedRun(ended.folder, *load_model(model_of(ended.folder)), ended)
            self.history_ = history

    def _spec(self, units: int) -> Config:
        """The checked config of this fit. units: of the default network's last layer."""
        values: dict[str, Any] = {"epochs": self.epochs, "batch_size": self.batch_size}
        if self.random_state is not None or self.config is None:
            values["seed"] = int(check_random_state(self.random_state).randint(_MOST_SEEDS))
        values = {key: value for key, value in values.items() if value is not None}
        texts = [*texts_of(values), *texts_of(self.overrides or {})]
        if self.config is None:
            return config_of(self._default(units), texts, in_memory=True)
        spec = config_of(self.config, texts, in_memory=True)
        left = {key: value for key, value in _DATA.items() if spec.origins.get(key) == "default"}
        fields = type(spec.dataset).model_fields
        of_files = (key for key in fields if key not in _HOLDS and getattr(spec.dataset, key) != fields[key].default)
        left |= {f"dataset.{key}": fields[key].default for key in of_files}
        return config_of(self.config, [*texts_of(left), *texts], in_memory=True) if left else spec

    def _default(self, units: int) -> dict[str, Any]:
        """The network of estimators without a config. Its numbers are float64, as those of scikit-learn's estimators
        are, and it is computed by one thread, since most of what is fitted is small."""
        sizes = self.hidden_layer_sizes
        sizes = [int(sizes)] if isinstance(sizes, int | np.integer) else sizes
        layers = [{"Dense": {"units": size, "activation": "relu"}} for size in sizes]
        [(kind, arguments)] = self._task.last.items()
        rate = _LEARNING_RATE if self.learning_rate is None else self.learning_rate
        return {
            "layers": [*layers, {kind: {"units": units, **arguments}}],
            "loss": self._task.loss,
            "optimizer": {"adam": {"learning_rate": float(rate)}},
            "epochs": _EPOCHS,
            "batch_size": _BATCH_SIZE,
            "dataset": {
                "normalize": {"x": "standard", "y": "standard"} if self._task.scaled_targets else {"x": "standard"},
                "split": {"validation": 0, "test": 0},
            },
            "engine": {"dtype": "float64", "threads": 1},
        }

    # Prediction

    def _run(self, X: Any, method: str) -> Any:
        """What a method of the trained run returns for these samples."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32), allow_nd=True)
        return getattr(self.run_, method)(X)


def _print_epoch(event: Event) -> None:
    if isinstance(event, EpochEnded):
        print(f"epoch {event.epoch}:", ", ".join(f"{name} {value:.4g}" for name, value in event.metrics.items()))


def _keep_in(history: list[dict[str, float]]) -> Callable[[Event], None]:
    """A listener that keeps the metrics of each epoch."""

    def listen(event: Event) -> None:
        if isinstance(event, EpochEnded):
            history.append(dict(event.metrics))

    return listen
