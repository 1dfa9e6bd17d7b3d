"""What is told of several iterations that the engine made in one go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from nnctl.training.events import IterationEnded, IterationsEnded
from nnctl.training.model import MetricAccumulator

Array = np.ndarray


@dataclass(frozen=True)
class Stretch:
    """Some iterations of a model with one output.

    start, step: iterations done before, in this epoch and ever. losses, counts: each one's loss and rows. y, p,
    weights: targets, predictions and weights of all their rows, one batch after the other. before: the figures up to
    them.
    """

    epoch: int
    start: int
    step: int
    losses: Array
    counts: Array
    y: Array
    p: Array
    weights: Array | None
    rate: Callable[[int], float]
    before: MetricAccumulator
    began: float

    def event(self, after: MetricAccumulator) -> IterationsEnded:
        return IterationsEnded(self._one(len(self.losses) - 1, after), self._each)

    def _each(self) -> Iterator[IterationEnded]:
        running = self.before.copy()
        ends = np.cumsum(self.counts)
        for i, end in enumerate(ends):
            rows = slice(end - self.counts[i], end)
            weights = None if self.weights is None else self.weights[rows]
            running.add_steps(self.losses[i : i + 1], self.counts[i : i + 1], self.y[rows], self.p[rows], weights)
            yield self._one(i, running)

    def _one(self, i: int, running: MetricAccumulator) -> IterationEnded:
        seconds = time.perf_counter() - self.began
        return IterationEnded(self.epoch, self.start + i + 1, self.step + i + 1, float(self.losses[i]),
                              running.figures(), self.rate(self.step + i), seconds)  # fmt: skip
