"""Several iterations in one call of the engine.

An iteration of a small model takes less time than the Python around it. Where the engine can train on several batches
in one call, the loop lets it: `MultiStep` makes the call, and tells of its iterations as the loop does of one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nnctl.engine.cost_model import multiply_adds
from nnctl.training.events import IterationEnded, IterationsEnded
from nnctl.training.metric_accumulator import MetricAccumulator

if TYPE_CHECKING:
    from nnctl.training.loop import Loop

Array = np.ndarray

WORK = 4_000_000_000  # multiply-adds of a call: some dozens of milliseconds
OVERHEAD = 50_000  # an iteration's time besides its layers and its update, in multiply-adds
MOST_PREDICTIONS = 4_000_000  # numbers that the predictions of a call may be


class MultiStep:
    """Trains a loop's model on several batches at once."""

    def __init__(self, loop: Loop):
        self._loop = loop

    @property
    def possible(self) -> bool:
        """Whether the engine can take several batches of this run in one call."""
        loop = self._loop
        return bool(
            loop.model.executor.takes_several(loop.train_split) and loop.optimizer.rule_alone and not loop.clock
        )

    @cached_property
    def length(self) -> int:
        """Iterations of a call. A function of the config, so that the bytes of a run are one, too."""
        program, rows = self._loop.model.program, self._loop.plan.batch_size
        work = 3 * rows * multiply_adds(program) + 10 * len(program.parameters) + OVERHEAD
        outputs = rows * sum(math.prod(n or 1 for n in program.graph.shapes[o]) for o in program.graph.outputs)
        return max(1, min(WORK // work, MOST_PREDICTIONS // outputs))

    def run(self, order: Array, length: int) -> bool:
        """Trains on the next batches of an epoch, at most `length`.

        Returns False where not even the first of them could be trained on: something may be wrong with it, which an
        iteration by itself finds out.
        """
        loop, split = self._loop, self._loop.train_split
        update = loop.optimizer.rule_alone
        assert update is not None, "ask `possible` first"
        loop.guard.before_step()
        first, size = loop.iteration, loop.plan.batch_size
        # cut at the same places in every run: sums of metrics are then the same bytes wherever a run was interrupted
        count = min(length - first % length, loop.plan.iterations_per_epoch - first)
        numbers = loop.optimizer.ahead(loop.step, count)
        steps = loop.model.executor.train_steps(split, order, size, first, loop.step, numbers, update)
        if not steps.done:
            return False
        loop.guard.step_is_good()
        loop.optimizer.went(steps.done)

        rows = order[first * size : (first + steps.done) * size]
        counts = np.minimum(size, order.size - size * np.arange(first, first + steps.done))
        [y] = (targets[rows] for targets in split.targets.values())
        weights = None if split.weights is None else split.weights[rows]
        trained = None
        if loop.wants_iterations():
            trained = _Trained(loop.epoch, first, loop.step, steps.losses, counts, y, steps.predictions, weights,
                               loop.optimizer.rate, loop.metrics.copy(), loop.epoch_began)  # fmt: skip
        loop.metrics.add_steps(steps.losses, counts, y, steps.predictions, weights)
        loop.last_rows = rows[(steps.done - 1) * size :]
        loop.iteration, loop.step = first + steps.done, loop.step + steps.done
        if trained:
            loop.emit(trained.event(loop.metrics))
        return True


@dataclass(frozen=True)
class _Trained:
    """Iterations of a model with one output.

    first, step: iterations before them, in this epoch and in the run. losses, counts: loss and number of rows of each.
    y, p, weights: targets, predictions and weights of all rows, batch after batch. before: the metrics before them.
    """

    epoch: int
    first: int
    step: int
    losses: Array
    counts: Array
    y: Array
    p: Array
    weights: Array | None
    rate: Callable[[int], float]
    before: MetricAccumulator
    epoch_began: float

    def event(self, after: MetricAccumulator) -> IterationsEnded:
        return IterationsEnded(self._one(len(self.losses) - 1, after), self._each)

    def _each(self, last: int | None = None) -> Iterator[IterationEnded]:
        metrics = self.before.copy()
        ends = np.cumsum(self.counts)
        first = 0 if last is None else max(len(ends) - last, 0)
        self._add(metrics, ends, 0, first)  # at once, those that nobody asks for
        for i in range(first, len(ends)):
            self._add(metrics, ends, i, i + 1)
            yield self._one(i, metrics)

    def _add(self, metrics: MetricAccumulator, ends: Array, first: int, end: int) -> None:
        """Takes the iterations from `first` to before `end` into the metrics."""
        if first == end:
            return
        rows = slice(ends[first] - self.counts[first], ends[end - 1])
        weights = None if self.weights is None else self.weights[rows]
        metrics.add_steps(self.losses[first:end], self.counts[first:end], self.y[rows], self.p[rows], weights)

    def _one(self, i: int, metrics: MetricAccumulator) -> IterationEnded:
        seconds = time.perf_counter() - self.epoch_began
        return IterationEnded(self.epoch, self.first + i + 1, self.step + i + 1, float(self.losses[i]),
                              metrics.result(), self.rate(self.step + i), seconds)  # fmt: skip
