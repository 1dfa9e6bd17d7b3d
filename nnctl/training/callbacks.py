"""Callbacks: what is done at the end of each epoch. Keras' names, arguments and defaults."""

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Protocol

from nnctl.components.fast_checks import Field
from nnctl.components.registry import Declared
from nnctl.config.callbacks import callbacks
from nnctl.errors import InputError
from nnctl.similar_names import alike
from nnctl.training.best_or_last import Weights

Mode = Literal["auto", "min", "max"]
NonNegative = Annotated[float, Field(ge=0)]
Epochs = Annotated[int, Field(ge=0)]
State = dict[str, Any]


class TrainingLoop(Protocol):
    """What a callback may do to the run: the part of nnctl.training.loop.Loop that is for callbacks."""

    rate_scale: float  # a factor on the learning rate

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""

    def stop(self, reason: str) -> None:
        """Ends the run after this epoch."""

    def say(self, text: str) -> None:
        """Shows the user a line."""

    def save_soon(self) -> None:
        """Asks for a checkpoint at the end of this epoch."""

    def snapshot(self) -> Weights:
        """A copy of the weights."""

    def restore(self, weights: Weights) -> None:
        """Goes back to a copy of the weights."""


class Callback(Declared):
    """Base of all callbacks.

    A callback holds its arguments only. What it remembers is in `state`, which checkpoints save: JSON values under any
    key, weights under "weights".
    """

    def start(self) -> State:
        """What the callback remembers at the start of a run."""
        return {}

    def epoch_ended(self, state: State, run: TrainingLoop, epoch: int, metrics: dict[str, float]) -> None:
        """Called after each epoch, counted from 1, with the run's loop."""

    def run_ended(self, state: State, run: TrainingLoop) -> None:
        """Called once, after the last epoch."""

    def directed(self, bigger_is_better: Callable[[str], bool]) -> "Callback":
        """The callback with `mode: auto` resolved. bigger_is_better: whether a metric of that name should grow."""
        return self

    def check(self, names: list[str]) -> None:
        """Raises InputError where `monitor` is not among the names of the run's metrics."""
        monitor = getattr(self, "monitor", None)
        if monitor is None or monitor in names:
            return
        if monitor.startswith("val_") and not any(name.startswith("val_") for name in names):
            raise InputError(
                f"{self.kind} monitors {monitor!r}, but there is no validation split",
                hint="set dataset.split.validation, to 0.2 for example, or monitor: loss",
            )
        near = alike(monitor, names)
        raise InputError(
            f"{self.kind} monitors {monitor!r}, which this run does not have; it has {', '.join(names)}",
            hint=f"did you mean {near[0]}?" if near else None,
        )


def improves(value: float, best: float | None, *, bigger: bool, min_delta: float = 0.0) -> bool:
    """Whether `value` is better than `best`, the best so far or None, by more than min_delta. NaN and infinite values
    never are."""
    if not math.isfinite(value):
        return False
    if best is None:
        return True
    return value > best + min_delta if bigger else value < best - min_delta


class _Watches(Callback):
    monitor: str = "val_loss"
    mode: Mode = "auto"

    def directed(self, bigger_is_better: Callable[[str], bool]) -> Callback:
        """With the `mode` of the metric that it monitors, unless the config sets it."""
        if self.mode != "auto":
            return self
        return self.model_copy(update={"mode": "max" if bigger_is_better(self.monitor) else "min"})

    def better(self, value: float, best: float | None, min_delta: float = 0.0) -> bool:
        """Whether `value` is better than the best so far by more than min_delta. `mode` must be resolved."""
        return improves(value, best, bigger=self.mode == "max", min_delta=min_delta)


@callbacks.register("EarlyStopping")
class EarlyStopping(_Watches):
    """Stops when `monitor` has not improved by min_delta for `patience` epochs.

    restore_best_weights: go back to the best epoch's weights. baseline: stop unless better than this.
    start_from_epoch: epochs to let pass before watching.
    """

    min_delta: NonNegative = 0.0
    patience: Epochs = 0
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: Epochs = 0

    def start(self) -> State:
        return {"best": None, "best_epoch": 0, "wait": 0, "weights": None}

    def epoch_ended(self, state: State, run: TrainingLoop, epoch: int, metrics: dict[str, float]) -> None:
        value = metrics[self.monitor]
        if epoch - 1 < self.start_from_epoch:
            return
        state["wait"] += 1
        if self.better(value, state["best"], self.min_delta):
            state.update(best=value, best_epoch=epoch)
            if self.restore_best_weights:
                state["weights"] = run.snapshot()
            if self.baseline is None or self.better(value, self.baseline, self.min_delta):
                state["wait"] = 0
            return
        if state["wait"] >= self.patience and epoch > 1:
            run.stop("early stopping")
            since = f"has not improved since epoch {state['best_epoch']}" if state["best_epoch"] else "was never finite"
            run.say(f"early stopping: {self.monitor} {since}")

    def run_ended(self, state: State, run: TrainingLoop) -> None:
        if not self.restore_best_weights:
            return
        if state["weights"] is None:
            run.say(f"no weights are restored: {self.monitor} was never finite in an epoch that EarlyStopping watched")
        else:
            run.restore(state["weights"])
            run.say(f"the weights of epoch {state['best_epoch']}, the best, are restored")


@callbacks.register("ReduceLROnPlateau")
class ReduceLROnPlateau(_Watches):
    """Multiplies the learning rate by `factor` when `monitor` has not improved for `patience` epochs.

    cooldown: epochs to wait after that before watching again. min_lr: the smallest learning rate.
    """

    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    patience: Epochs = 10
    min_delta: NonNegative = 1e-4
    cooldown: Epochs = 0
    min_lr: NonNegative = 0.0

    def start(self) -> State:
        return {"best": None, "wait": 0, "cooling": 0}

    def epoch_ended(self, state: State, run: TrainingLoop, epoch: int, metrics: dict[str, float]) -> None:
        if state["cooling"] > 0:
            state["cooling"] -= 1
            state["wait"] = 0
        if self.better(metrics[self.monitor], state["best"], self.min_delta):
            state.update(best=metrics[self.monitor], wait=0)
        elif state["cooling"] <= 0:
            state["wait"] += 1
            old = run.learning_rate
            if state["wait"] >= self.patience and old > self.min_lr:
                new = max(old * self.factor, self.min_lr)
                run.rate_scale *= new / old
                state.update(cooling=self.cooldown, wait=0)
                run.say(f"learning rate lowered to {new:.3g}: {self.monitor} is on a plateau")


@callbacks.register("ModelCheckpoint")
class ModelCheckpoint(_Watches):
    """Sets the metric that decides which epoch is best (in the table, in model.safetensors and in `checkpoints/best`)
    and how often checkpoints are written.

    Without it, the metric is that of an EarlyStopping, else val_loss (loss without a validation split), and checkpoints
    are written every few seconds.

    every_epochs: write both checkpoints at least this often.
    """

    every_epochs: Annotated[int, Field(ge=1)] | None = None

    def epoch_ended(self, state: State, run: TrainingLoop, epoch: int, metrics: dict[str, float]) -> None:
        if self.every_epochs and epoch % self.every_epochs == 0:
            run.save_soon()


@callbacks.register("TerminateOnNaN")
class TerminateOnNaN(Callback):
    """Stops when the loss is NaN or infinite. Every run does so; the name is accepted for compatibility with Keras."""
