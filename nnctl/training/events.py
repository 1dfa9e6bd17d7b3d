"""What a training run says while it goes on; the table, the logs, the checkpoints listen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nnctl.data.dataset import Target
from nnctl.training.best_or_last import Kept

Figures = Mapping[str, float]  # "loss", then the metrics by name; an output's own are "kind_loss", "kind_accuracy"


@dataclass(frozen=True, slots=True)
class RunStarted:
    """baseline: figures of always guessing the majority class or the mean, on the validation (or test) part.

    monitor: the figure that tells which epoch is best, the bigger or the smaller the better. parameters: of the layers,
    of which `trainable` are trained. targets: by their column's name, or their output's where there are several.
    scaled: figures in the unit of the scaled target, not of the data."""

    name: str
    folder: Path
    epochs: int
    batch_size: int
    iterations_per_epoch: int
    rows: Mapping[str, int]  # "train", "validation", "test" -> rows
    parameters: int
    figures: tuple[str, ...]  # names of the figures, in the table's order
    baseline: Figures = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    first_epoch: int = 1  # more than 1 when a run is resumed
    threads: int = 1
    monitor: str = "val_loss"
    bigger_is_better: bool = False
    trainable: int | None = None  # all of them where it is not said
    targets: Mapping[str, Target] = field(default_factory=dict)
    scaled: tuple[str, ...] = ()
    best_so_far: EpochEnded | None = None  # of a resumed run; its rate and time are not known any more


@dataclass(frozen=True, slots=True)
class IterationEnded:
    """One batch is done; figures are running averages over the epoch so far. Counting starts at 1."""

    epoch: int
    iteration: int
    step: int  # iterations since the run began
    batch_loss: float
    figures: Figures
    learning_rate: float
    seconds: float  # since the epoch began


@dataclass(frozen=True, slots=True)
class IterationsEnded:
    """Several batches are done in one go, as small models do them: what many listeners want of them is the last one.

    each: all of them, one by one; to be called while the event is handled."""

    last: IterationEnded
    each: Callable[[], Iterator[IterationEnded]]


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """figures: training averages, then the validation figures, prefixed "val_". is_best: whether it is the best epoch
    so far; None where that is not said."""

    epoch: int
    figures: Figures
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
    """A line for the user: early stopping, a lowered learning rate, a skipped checkpoint."""

    text: str


@dataclass(frozen=True, slots=True)
class Profiled:
    """Seconds of all iterations together. phases: by phase of an iteration. layers: (layer, forward, backward),
    summed over the threads."""

    iterations: int
    threads: int
    phases: Mapping[str, float]
    layers: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class RunEnded:
    """reason: "done", "early stopping", "interrupted", "terminated", "hung up", "output lost" or "nan". test: metrics
    on the test split, if there is one. kept: whose weights eval and predict use, which the test figures are of."""

    reason: str
    folder: Path
    epochs: int
    seconds: float
    test: Figures = field(default_factory=dict)
    best_epoch: int | None = None
    hint: str | None = None
    kept: Kept | None = None
    verdict: str | None = None  # one sentence on what is wrong with the model, and the key to change


Event = RunStarted | IterationEnded | IterationsEnded | EpochEnded | CheckpointWritten | Said | Profiled | RunEnded
Subscriber = Callable[[Event], None]
