"""The events that a training run sends to its subscribers, such as the live table and the run's log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nnctl.data.dataset import Target
from nnctl.training.best_or_last import Kept

Metrics = Mapping[str, float]  # "loss", then the metrics by name; an output's own are "kind_loss", "kind_accuracy"


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins, or is resumed.

    baselines: by split, the metrics of always predicting the majority class or the mean (see training/baseline.py).
    monitor: the metric that decides which epoch is best. parameters: how many the layers have, of which `trainable` are
    trained. targets: by their column's name, or by their output's if there are several. scaled: metrics in the unit of
    the scaled target, not of the data.
    """

    name: str
    folder: Path
    epochs: int
    batch_size: int
    iterations_per_epoch: int
    rows: Mapping[str, int]  # "train", "validation", "test" -> rows
    parameters: int
    metrics: tuple[str, ...]  # names of the metrics, in the table's order
    baselines: Mapping[str, Metrics] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    first_epoch: int = 1  # more than 1 when a run is resumed
    threads: int = 1
    monitor: str = "val_loss"
    bigger_is_better: bool = False
    trainable: int | None = None  # None: all
    targets: Mapping[str, Target] = field(default_factory=dict)
    scaled: tuple[str, ...] = ()
    best_so_far: EpochEnded | None = None  # if the run is resumed; without learning rate and time

    @property
    def baseline(self) -> Metrics:
        """The baseline on the split that decides which epoch is best: validation, else training."""
        return self.baselines.get("validation") or self.baselines.get("train") or {}


@dataclass(frozen=True, slots=True)
class IterationEnded:
    """A batch was trained on. The metrics are those of the epoch so far. Counting starts at 1."""

    epoch: int
    iteration: int
    step: int  # iterations since the run began
    batch_loss: float
    metrics: Metrics
    learning_rate: float
    seconds: float  # since the epoch began


@dataclass(frozen=True, slots=True)
class IterationsEnded:
    """Several batches were trained on in one call, as it is done for small models. Many subscribers need only the last.

    each: gives all of them, one by one, or only the last few if a number is given; to be called while the event is
    handled.
    """

    last: IterationEnded
    each: Callable[..., Iterator[IterationEnded]]


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """The metrics are those of training, then those of the validation split with the prefix "val_". is_best: whether it
    is the best epoch so far, None if unknown."""

    epoch: int
    metrics: Metrics
    learning_rate: float | None
    seconds: float | None
    is_best: bool | None = None


@dataclass(frozen=True, slots=True)
class CheckpointWritten:
    path: Path
    kind: str  # "last" or "best"
    epoch: int


@dataclass(frozen=True, slots=True)
class Said:
    """A line for the user, such as about early stopping or a lowered learning rate."""

    text: str


@dataclass(frozen=True, slots=True)
class Profiled:
    """Seconds of all iterations together. phases: by phase of an iteration. layers: (layer, forward, backward), summed
    over the threads."""

    iterations: int
    threads: int
    phases: Mapping[str, float]
    layers: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class RunEnded:
    """reason: "done", "early stopping", "interrupted", "terminated", "hung up", "output lost" or "nan". test: metrics
    on the test split, if there is one. kept: the weights that eval and predict use, and that the test used."""

    reason: str
    folder: Path
    epochs: int
    seconds: float
    test: Metrics = field(default_factory=dict)
    best_epoch: int | None = None
    hint: str | None = None
    kept: Kept | None = None
    verdict: str | None = None  # one sentence on what is wrong with the model, and the key to change


Event = RunStarted | IterationEnded | IterationsEnded | EpochEnded | CheckpointWritten | Said | Profiled | RunEnded
Subscriber = Callable[[Event], None]
