"""The best epoch so far: which one it is, by which metric, and a copy of its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnctl.engine.program import Program
from nnctl.training.best_or_last import Kept, Weights
from nnctl.training.callbacks import Callback, EarlyStopping, ModelCheckpoint


class BestEpoch:
    """Compares epochs by the metric of a ModelCheckpoint, else of an EarlyStopping, else by val_loss, or by loss where
    there is no validation split.

    epoch, value, weights: of the best epoch; None until there is one.
    """

    def __init__(self, callbacks: Sequence[Callback], validates: bool):
        self._callback = _deciding(callbacks) or ModelCheckpoint(
            monitor="val_loss" if validates else "loss", mode="min"
        )
        self.monitor, self.bigger_is_better = self._callback.monitor, self._callback.mode == "max"
        self.epoch: int | None = None
        self.value: float | None = None
        self.weights: Weights | None = None
        self._spare: Weights | None = None  # of the best epoch before this one

    def offer(self, epoch: int, metrics: Mapping[str, float], program: Program) -> bool:
        """Takes an epoch that has ended. Returns whether it is the best; its weights are then copied."""
        value = metrics[self.monitor]
        if not self._is_better(epoch, value):
            return False
        self.epoch, self.value = epoch, value
        # the weights before stay for now: whoever keeps them may put them back where these turn out not to be good
        self.weights, self._spare = self._spare or snapshot(program), self.weights
        self.weights["parameters"][...] = program.parameters
        self.weights["state"][...] = program.state
        return True

    def _is_better(self, epoch: int, value: float) -> bool:
        """An EarlyStopping that restores the best epoch decides which one that is by its own arguments."""
        callback, min_delta = self._callback, 0.0
        if isinstance(callback, EarlyStopping) and callback.restore_best_weights:
            if epoch - 1 < callback.start_from_epoch:
                return False
            min_delta = callback.min_delta
        return callback.better(value, self.value, min_delta)

    def kept(self) -> tuple[Kept, Weights] | None:
        """The best epoch's weights and where they come from; None until there is one."""
        if self.epoch is None or self.weights is None:
            return None
        return Kept("best", self.epoch, None, self.monitor, self.value), self.weights

    def position(self) -> dict[str, Any]:
        """All but the weights, as a checkpoint has it."""
        return {"value": self.value, "epoch": self.epoch}

    def load(self, position: Mapping[str, Any], weights: Weights | None) -> None:
        """Goes back to what `position` returned."""
        self.value, self.epoch, self.weights = position["value"], position["epoch"], weights


def _deciding(callbacks: Sequence[Callback]) -> ModelCheckpoint | EarlyStopping | None:
    """The callback whose metric tells which epoch is best."""
    found: list[ModelCheckpoint | EarlyStopping] = [each for each in callbacks if isinstance(each, ModelCheckpoint)]
    found += [each for each in callbacks if isinstance(each, EarlyStopping)]
    return found[0] if found else None


def snapshot(program: Program) -> Weights:
    """A copy of the weights."""
    return {"parameters": program.parameters.copy(), "state": program.state.copy()}
