"""Iterations whose metrics are computed a little later, for several of them at once.

After a step of a few milliseconds, neither the code nor the data of the metrics is in the processor's caches. Metrics
of one iteration then take up to a twentieth of the step; for ten iterations at once, they take little more.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnctl.engine.batch import Batch, Targets
from nnctl.engine.executor_base import BatchResult
from nnctl.engine.profiler import METRICS, SCREEN
from nnctl.training.events import IterationEnded, IterationsEnded
from nnctl.training.metric_accumulator import MetricAccumulator

if TYPE_CHECKING:
    from nnctl.training.loop import Loop

SECONDS = 0.03  # the longest that an iteration waits
MOST, MOST_BYTES = 64, 1 << 20  # iterations that wait, and bytes of their targets and predictions


@dataclass(frozen=True)
class _Iteration:
    """An iteration that waits. epoch, number, step: as in IterationEnded. seconds: since the epoch began."""

    epoch: int
    number: int
    step: int
    targets: Targets
    result: BatchResult
    learning_rate: float
    seconds: float

    @property
    def nbytes(self) -> int:
        return sum(a.nbytes for a in (*self.targets.targets.values(), *self.result.outputs.values()))

    def event(self, metrics: MetricAccumulator) -> IterationEnded:
        return IterationEnded(self.epoch, self.number, self.step, self.result.loss, metrics.result(),
                              self.learning_rate, self.seconds)  # fmt: skip


class PendingIterations:
    """The last iterations of a loop, which the metrics of the epoch do not contain yet.

    They wait where that is possible: the arrays of a result must stay as they are, and no phases are being measured.
    """

    def __init__(self, loop: Loop):
        self._loop = loop
        executor = loop.model.executor
        self._may_wait = executor.keeps_results and executor.ranks == 1
        self.clear()

    def clear(self) -> None:
        """Forgets them."""
        self._waiting: list[_Iteration] = []
        self._bytes, self._since = 0, 0.0

    def add(self, batch: Batch, result: BatchResult, learning_rate: float) -> None:
        """Takes in the iteration that the loop has counted last."""
        loop, now = self._loop, time.perf_counter()
        if not self._waiting:
            self._since = now
        iteration = _Iteration(loop.epoch, loop.iteration, loop.step, batch.without_inputs(), result, learning_rate,
                               now - loop.epoch_began)  # fmt: skip
        self._waiting.append(iteration)
        if self._may_wait and loop.clock is None:
            self._bytes += iteration.nbytes
            if now - self._since <= SECONDS and len(self._waiting) < MOST and self._bytes <= MOST_BYTES:
                return
        self.finish()

    def finish(self) -> None:
        """Adds them to the metrics of the epoch, and tells the loop's subscribers."""
        if not self._waiting:
            return
        waiting, metrics = self._waiting, self._loop.metrics_so_far
        self.clear()
        before = metrics.copy() if len(waiting) > 1 else metrics
        for iteration in waiting:
            metrics.add(iteration.targets, iteration.result)
        last = waiting[-1].event(metrics)
        self._loop.lap(METRICS)
        self._loop.emit(IterationsEnded(last, _Each(waiting, before)) if len(waiting) > 1 else last)
        self._loop.lap(SCREEN)


@dataclass(frozen=True)
class _Each:
    """The events of several iterations, one by one. before: the metrics before them."""

    iterations: Sequence[_Iteration]
    before: MetricAccumulator

    def __call__(self, last: int | None = None) -> Iterator[IterationEnded]:
        metrics = self.before.copy()
        first = 0 if last is None else max(len(self.iterations) - last, 0)
        for i, iteration in enumerate(self.iterations):
            metrics.add(iteration.targets, iteration.result)
            if i >= first:
                yield iteration.event(metrics)
