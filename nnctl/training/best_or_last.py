"""Which weights a model has: those of its best epoch, or the last ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

Array = np.ndarray
Which = Literal["best", "last"]
Weights = Mapping[str, Array]  # "parameters" and "state", laid out as a program's buffers


@dataclass(frozen=True, slots=True)
class Kept:
    """Where weights come from.

    epoch: they are those after this epoch; 0 for the initial weights. iteration: if training stopped inside an epoch,
    the iterations of it that were done. monitor, value: for the best, the metric that chose the epoch, and its value.
    """

    weights: Which
    epoch: int
    iteration: int | None = None
    monitor: str | None = None
    value: float | None = None

    @classmethod
    def of(cls, weights: Which, saved: Mapping[str, Any]) -> Kept:
        return cls(weights, **saved)

    def to_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key != "weights" and value is not None}

    def __str__(self) -> str:
        if self.epoch == 0 and not self.iteration:
            return "initial weights"
        at = f"epoch {self.epoch}" + (f", iteration {self.iteration}" if self.iteration else "")
        if self.weights == "last":
            return f"weights of {at}, the last"
        return f"weights of {at}, the best" + (f" by {self.monitor}" if self.monitor else "")
