"""The executor: computes batches, in the way that its strategy decides (engine/strategy.py).

Losses and gradients of shards are summed in a fixed order, so that a result depends on the seed and the settings, never
on timing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.engine.arena import ShardCall
from nnctl.engine.batch import Batch
from nnctl.engine.executor_base import BatchResult, ExecutorBase
from nnctl.engine.gradient_buffers import GradientBuffers
from nnctl.engine.objective import Objective
from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.engine.profiler import Clock, summed
from nnctl.engine.program import Program
from nnctl.engine.shard_pass import ShardPass, ShardResult, shard_pass
from nnctl.engine.strategy import KEPT, Strategy
from nnctl.nn.layers.base import Array
from nnctl.nn.losses import Loss
from nnctl.nn.optimizers import Optimizer

if TYPE_CHECKING:
    from nnctl.engine.fusions.dense_chain import Steps, Update
    from nnctl.engine.thread_pool import ThreadPool


class Executor(ExecutorBase):
    """Runs a program on batches.

    Args:
        losses: by output.
        loss_weights: by output; 1 where none is given.
        threads: the most threads that compute at once.
        shard_rows: rows of a shard; None lets the strategy decide.

    `kernels` (compiled ones, or None) and `profiled` (whether training takes the time of each layer, for `profile`) are
    set before the first batch.
    """

    def __init__(self, program: Program, losses: Mapping[str, Loss], loss_weights: Mapping[str, float] | None = None,
                 *, threads: int = 1, shard_rows: int | None = None):  # fmt: skip
        super().__init__(program, losses, loss_weights, threads=threads)
        self._shard_rows = shard_rows
        self._kernels: Any = None
        self._profiled = False
        self._strategy: Strategy | None = None
        # by thread; the first thread's become the batch's
        self._buffers = [GradientBuffers(program)]
        self._training_calls: list[ShardCall] = []
        self._inference_calls: list[ShardCall] = []
        self._pool: ThreadPool | None = None  # once there is work for several threads

    uses_kernels = True

    @property
    def kernels(self) -> Any:
        """The compiled kernels that layers use, or None."""
        return self._kernels

    @kernels.setter
    def kernels(self, kernels: Any) -> None:
        self._kernels, self._strategy = kernels, None

    @property
    def profiled(self) -> bool:
        """Whether training takes the time of each layer."""
        return self._profiled

    @profiled.setter
    def profiled(self, profiled: bool) -> None:
        self._profiled, self._strategy = profiled, None

    @property
    def strategy(self) -> Strategy:
        """Decides which way batches go."""
        if self._strategy is None:
            self._strategy = Strategy(self.program, self.objectives, self.kernels, self.threads, self._shard_rows,
                                      self.profiled)  # fmt: skip
        return self._strategy

    @property
    def gradients(self) -> Array:
        """(n,), of `program.parameters`, after `train_step`."""
        return self._buffers[0].gradients

    def gradients_are_finite(self, thorough: bool = True) -> bool:
        """A dot product is the cheapest look at all entries; it may overflow where no entry does."""
        gradients = self.gradients
        return math.isfinite(float(np.dot(gradients, gradients))) or bool(np.isfinite(gradients).all())

    def optimizer_step(self, optimizer: Optimizer, compiled_rule: Callable[..., None] | None = None) -> OptimizerStep:
        program = self.program
        return OptimizerStep(optimizer, program.parameters, program.spans, shapes=program.shapes,
                             compiled_rule=compiled_rule, threads=self.threads,
                             side_by_side=self.side_by_side)  # fmt: skip

    # Training

    def train_step(self, batch: Batch, step: int) -> BatchResult:
        """Runs a batch forward and backward at the 0-based step; the gradient is left in `gradients`."""
        if chain := self.strategy.chain_for(batch):
            threads = self.strategy.chain_threads(batch.rows)
            loss, p = chain.step(batch, step, self.gradients, threads, self.side_by_side)
            [objective] = self.objectives
            name = objective.head.name
            penalty = self._penalties(add_gradients=True)
            return BatchResult(objective.weight * loss + penalty, {name: loss}, {name: p})
        cut = self.strategy.training(batch)
        self._grow(cut.threads, len(cut.shards))
        for buffers in self._buffers[: cut.threads]:
            buffers.begin()
        passes = []
        for i, rows in enumerate(cut.shards):
            thread = i % cut.threads
            call, buffers = self._training_calls[i if cut.own_arenas else thread], self._buffers[thread]
            call.workers = cut.layer_threads
            begin = partial(call.begin, shard=i, first_row=rows.start, batch_rows=batch.rows, step=step)
            reused = not cut.own_arenas and i + cut.threads < len(cut.shards)
            passes.append(shard_pass(self.program, self.objectives, call, batch, rows, buffers, begin=begin,
                                     keep_outputs=reused))  # fmt: skip
        results = self._drive(passes, cut.threads)
        for buffers in self._buffers[1 : cut.threads]:
            np.add(self.gradients, buffers.gradients, out=self.gradients)
        return self._together(results, self._penalties(add_gradients=True))

    def takes_several(self, rows: Any) -> bool:
        """Whether `train_steps` can take these rows (a split of the data set): they can go through a compiled chain,
        and nothing else belongs to a step."""
        return self.strategy.chain_for(rows) is not None and not self.program.regularized

    def train_steps(self, rows: Any, order: Array, batch: int, first: int, step: int, numbers: Array,
                    update: Update) -> Steps:  # fmt: skip
        """Several steps of an epoch with their updates in one call: see Chain.steps."""
        chain = self.strategy.chain
        assert chain is not None, "ask takes_several first"
        threads = self.strategy.chain_threads(batch)
        return chain.steps(rows, order, batch, first, step, numbers, update, threads, self.side_by_side)

    def profile(self) -> dict[tuple[str, str], float]:
        """Seconds of training so far by (layer, "forward" or "backward"), all threads together."""
        return summed(call.clock for call in self._training_calls if call.clock)

    # Inference

    def evaluate(self, batch: Batch) -> BatchResult:
        """Losses and predictions as outside of training."""
        return self._together(self._infer(batch, self.objectives), self._penalties())

    def predict(self, batch: Batch) -> BatchResult:
        """Predictions of a batch; its targets are not read, and there are no losses."""
        return self._together(self._infer(batch, ()), 0.0)

    def _infer(self, batch: Batch, objectives: Sequence[Objective]) -> list[ShardResult]:
        cut = self.strategy.inference(batch, objectives)
        calls = self._inference_calls if cut.keeps_arenas else []
        while len(calls) < (len(cut.shards) if cut.own_arenas else cut.threads):
            calls.append(self._call(training=False, keeps=cut.keeps_arenas))
        passes = []
        for i, rows in enumerate(cut.shards):
            call = calls[i if cut.own_arenas else i % cut.threads]
            call.kernels, call.workers = self.kernels, cut.layer_threads
            begin = partial(call.begin, shard=0, first_row=rows.start, batch_rows=batch.rows, step=0)
            passes.append(shard_pass(self.program, objectives, call, batch, rows, None, begin=begin,
                                     keep_outputs=cut.keeps_arenas))  # fmt: skip
        results = self._drive(passes, cut.threads)
        if sum(call.bytes for call in self._inference_calls) > KEPT * max(1, len(self._inference_calls)):
            self._inference_calls.clear()  # a layer takes more memory than was estimated
        return results

    # The batch's results from the shards'

    def _together(self, results: Sequence[ShardResult], penalty: float) -> BatchResult:
        if len(results) == 1:
            losses, outputs, masks = results[0].losses, results[0].outputs, results[0].masks
        else:
            losses = {name: sum(result.losses[name] for result in results) for name in results[0].losses}
            outputs, masks = (
                {name: np.concatenate([arrays[name] for arrays in several]) for name in several[0]}
                for several in ([result.outputs for result in results], [result.masks for result in results])
            )
        total = penalty
        for objective in self.objectives:
            total += objective.weight * losses.get(objective.head.name, 0.0)
        return BatchResult(total, losses, outputs, masks)

    def _penalties(self, add_gradients: bool = False) -> float:
        """What the regularizers add to the loss (and to the gradients)."""
        total = 0.0
        for key, regularizer in self.program.regularized:
            w = self.program.view(key)
            total += float(regularizer.penalty(w))
            if add_gradients:
                self.program.view(key, self.gradients)[...] += regularizer.gradient(w)
        return total

    # Threads

    def _drive(self, passes: list[ShardPass], threads: int) -> list[ShardResult]:
        """Runs the shards side by side; where a layer needs the whole batch, all wait for the sum."""
        results: list[Any] = [None] * len(passes)
        total: Any = None
        while True:
            partial_sums: list[Any] = [None] * len(passes)

            def task(thread: int, total: Any = total, partial_sums: list[Any] = partial_sums) -> None:
                for i in range(thread, len(passes), threads):
                    try:
                        partial_sums[i] = passes[i].send(total)
                    except StopIteration as end:
                        results[i] = end.value

            self.side_by_side(task, threads)
            if results[0] is not None:
                return results
            total = partial_sums[0].copy() if len(partial_sums) > 1 else partial_sums[0]
            for partial_sum in partial_sums[1:]:
                total += partial_sum

    def side_by_side(self, task: Callable[[int], None], threads: int) -> None:
        """Runs task(0) to task(threads - 1), each on a thread of its own."""
        if threads == 1:
            task(0)
            return
        if self._pool is None:
            # imported here to keep start-up fast: most small runs use one thread
            from nnctl.engine.thread_pool import ThreadPool

            barrier = self.kernels and self.kernels.spin_barrier
            if barrier:
                barrier.until(np.zeros(1, np.int64), 0, 1)  # fetched now, before its function is handed on
            self._pool = ThreadPool(barrier.until if barrier else None)
        self._pool(task, threads)

    def _grow(self, threads: int, shards: int) -> None:
        while len(self._buffers) < threads:
            self._buffers.append(GradientBuffers(self.program))
        while len(self._training_calls) < shards:
            call = self._call(training=True, keeps=True)
            call.clock = Clock() if self.profiled else None
            self._training_calls.append(call)

    def _call(self, *, training: bool, keeps: bool) -> ShardCall:
        call = ShardCall(self.program.seed, self.program.dtype, training=training, keeps=keeps)
        call.kernels, call.side_by_side = self.kernels, self.side_by_side
        return call

    def close(self) -> None:
        """Ends the threads and gives BLAS its own back."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None
