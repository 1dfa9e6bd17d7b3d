"""Metrics: figures for people, summed over batches. Keras' names, formulas and defaults."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from nnctl.registry import Declared, Family

Array = np.ndarray

metrics = Family("metric")


class Metric(Declared):
    """Base of all metrics. The metric is its arguments; what it has summed up lives in `state`.

    better: "max" or "min", which direction is good (for checkpoints and early stopping).
    """

    better: ClassVar[str] = "max"

    def start(self) -> dict[str, Any]:
        """An empty state."""
        return {"total": 0.0, "count": 0.0}

    def update(self, state: dict[str, Any], y: Array, p: Array, weight: Array | None = None) -> None:
        """Takes in a batch: targets y, predictions p, optional weight of each sample (rows,)."""
        raise NotImplementedError

    def result(self, state: dict[str, Any]) -> float:
        """The figure over everything taken in since start."""
        return state["total"] / state["count"] if state["count"] else 0.0
