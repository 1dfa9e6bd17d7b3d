"""The executor: cuts a batch into shards and runs each forward and backward on its own thread and arena.

Gradients are summed in a fixed order, so a result depends on the seed and the settings, never on timing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.engine.arena import ShardCall
from nnctl.engine.batch import Batch
from nnctl.engine.cost_model import input_bytes, made_bytes, multiply_adds, row_bytes
from nnctl.engine.gradient_buffers import GradientBuffers
from nnctl.engine.objective import Objective
from nnctl.engine.profiler import Clock, summed
from nnctl.engine.program import Program
from nnctl.engine.shard_pass import ShardPass, ShardResult, shard_pass
from nnctl.nn.layers.base import Array
from nnctl.nn.losses import Loss

if TYPE_CHECKING:
    from nnctl.engine.fusions.dense_chain import Chain, Steps, Update
    from nnctl.engine.thread_pool import ThreadPool

# A shard's activations should stay in the caches (the second level, and a thread's part of the third) from forward to
# backward; smaller shards than this lose more by their number than they win.
CACHE = 10 << 20
# Below this many multiply-adds a step of the program, forward, is over before a second thread has begun: what Python
# does between the steps it does for one thread at a time.
WORTH_A_THREAD = 2_000_000
# Up to so many, convolutions are dealt out to threads one by one, rather than shards.
DEALT = 8_000_000
# Where nothing is compiled, shards pay only where a batch's activations are more than this many bytes: else BLAS' own
# threads do as well, or better, since Python's time is not spent twice.
NUMPY_SHARDS = 4 << 20
# A chain's threads are awake and wait for each other between its layers.
CHAIN_WORTH_A_THREAD = 8_000_000
# Inference keeps no activations, so its shards may be larger.
INFERENCE_CACHE = 1 << 22
KEPT = 2 * INFERENCE_CACHE  # of a thread's arrays that it uses again the next time
# and of their inputs, which come out of a file perhaps, so much is in memory at once.
INFERENCE_INPUT = 1 << 24


@dataclass(frozen=True)
class BatchResult:
    """loss: the whole batch's, all outputs and penalties together. losses: by output, unweighted.
    outputs: by output, the predictions (valid until the next step). masks: by output, (rows, steps), which of
    their time steps are no padding, where some are."""

    loss: float
    losses: dict[str, float]
    outputs: dict[str, Array]
    masks: dict[str, Array] = field(default_factory=dict)


class Executor:
    """Runs a program.

    threads: at most this many shards run at once. shard_rows: rows of a shard; None chooses by the model.
    gradients: (n,) of `program.parameters`, after `train_step`.
    """

    def __init__(self, program: Program, losses: Mapping[str, Loss], loss_weights: Mapping[str, float] | None = None,
                 *, threads: int = 1, shard_rows: int | None = None):  # fmt: skip
        self.program = program
        self.threads = max(1, threads)
        self._given_rows = shard_rows
        weights = loss_weights or {}
        self.objectives = tuple(
            Objective.of(head, losses[head.name], weights.get(head.name, 1.0), "loss" in program.fuse)
            for head in program.heads
            if head.name in losses
        )
        self._row_bytes, self._made_bytes = row_bytes(program), made_bytes(program)
        self._input_bytes = input_bytes(program)
        self._fixed = all(n is not None for shape in program.graph.shapes.values() for n in shape)
        self._row_work = multiply_adds(program)
        self._dealt_work = multiply_adds(program, lambda layer: layer.deals())
        # whether some step's sum over the whole batch makes shards wait for each other
        self._waits = any(step.layer.whole_batch or step.layer.makes_mask for step in program.steps)
        # a worker is a thread's own gradients; the first one's are the batch's
        self._workers = [GradientBuffers(program)]
        self._training: list[ShardCall] = []
        self._kept: list[ShardCall] = []  # for inference
        self._crew: ThreadPool | None = None  # once there is work for several threads
        self._blas: Any = None
        self.kernels: Any = None  # compiled ones for the layers, or None
        self._chain: tuple[Chain | None] | None = None  # not looked for yet
        self.profiled = False  # whether training steps take the time of each layer, for `profile`

    @property
    def gradients(self) -> Array:
        return self._workers[0].gradients

    def shards(self, rows: int) -> list[slice]:
        """How a batch of that many rows is cut: a function of the settings, never of the load."""
        size = self._given_rows
        if size is None:
            size = rows
            pays = self.kernels is not None or rows * self._row_bytes > NUMPY_SHARDS
            if (
                pays
                and not self._deals(rows)
                and self.threads > 1
                and rows * self._row_work > WORTH_A_THREAD * len(self.program.steps)
            ):
                size = -(-rows // self.threads)
                cached = max(16, CACHE // max(1, self._row_bytes))
                if size > cached:  # as many shards as keep the threads equally busy
                    turns = -(-size // cached)
                    size = -(-rows // (turns * self.threads))
        return [slice(first, min(first + size, rows)) for first in range(0, rows, max(1, size))]

    def _deals(self, rows: int) -> bool:
        """Whether a batch goes through the layers whole, each of which deals it out to the threads: where that is most
        of the work, and Python would take longer for two shards than a second thread wins."""
        if not self.kernels or self.threads == 1 or self._given_rows is not None:
            return False
        return self._dealt_work >= 0.9 * self._row_work and rows * self._row_work <= DEALT * len(self.program.steps)

    def train_step(self, batch: Batch, step: int) -> BatchResult:
        """Forward and backward of a batch at the 0-based step; leaves the gradient in `gradients`."""
        chain = self._chain_of_dense()
        if chain and chain.takes(batch.inputs, batch.lengths):
            loss, p = chain.step(batch, step, self.gradients, self._chain_workers(batch.rows), self.side_by_side)
            name = self.objectives[0].head.name
            penalty = self._penalties(add_gradients=True)
            return BatchResult(self.objectives[0].weight * loss + penalty, {name: loss}, {name: p})
        shards = self.shards(batch.rows)
        workers = min(self.threads, len(shards))
        self._grow(workers, len(shards))
        self._training[0].workers = self.threads if self._deals(batch.rows) else 1
        for worker in self._workers[:workers]:
            worker.begin()
        # where no shard waits for another, those of one thread come one after another in one arena, which so stays
        # in the thread's cache
        apart = self._wait_for_each_other(batch, self.objectives)
        passes = []
        for i, rows in enumerate(shards):
            call, worker = self._training[i if apart else i % workers], self._workers[i % workers]
            begin = partial(call.begin, shard=i, first_row=rows.start, batch_rows=batch.rows, step=step)
            passes.append(shard_pass(self.program, self.objectives, call, batch, rows, worker, begin=begin,
                                     keep_outputs=not apart and i + workers < len(shards)))  # fmt: skip
        results = self._drive(passes, workers)
        for worker in self._workers[1:workers]:
            np.add(self.gradients, worker.gradients, out=self.gradients)
        return self._together(results, self._penalties(add_gradients=True))

    def takes_several(self, part: Any) -> bool:
        """Whether `train_steps` can have the rows of `part`: the model is a chain, and a step nothing but its own."""
        chain = self._chain_of_dense()
        return chain is not None and not self.program.regularized and chain.takes(part.inputs, part.lengths)

    def train_steps(self, part: Any, order: Array, batch: int, first: int, step: int, numbers: Array,
                    update: Update) -> Steps:  # fmt: skip
        """Several steps of an epoch with their updates in one call: see Chain.steps."""
        workers = self._chain_workers(batch)
        return self._chain_of_dense().steps(
            part, order, batch, first, step, numbers, update, workers, self.side_by_side
        )

    def _chain_workers(self, rows: int) -> int:
        """Threads for a chain's step: they wait awake for each other, so that less work is worth a second one."""
        return min(self.threads, rows) if rows * self._row_work > CHAIN_WORTH_A_THREAD else 1

    def _chain_of_dense(self) -> Chain | None:
        """The compiled step of the whole model, where it is a chain of Dense layers and the settings leave it free."""
        if self._chain is None:
            free = self.kernels and not self.profiled and self._given_rows is None and "chain" in self.program.fuse
            self._chain = (None,)
            if free:
                from nnctl.engine.fusions.dense_chain import Chain

                self._chain = (Chain.of(self.kernels, self.program, self.objectives),)
        return self._chain[0]

    def profile(self) -> dict[tuple[str, str], float]:
        """Seconds of training so far by (layer, "forward" or "backward"), all threads together."""
        return summed(call.clock for call in self._training if call.clock)

    def evaluate(self, batch: Batch) -> BatchResult:
        """Losses and predictions as outside of training."""
        return self._together(self._inference(batch, self.objectives), self._penalties())

    def predict(self, batch: Batch) -> BatchResult:
        """Predictions of a batch, whose targets are not looked at; losses are left out."""
        return self._together(self._inference(batch, ()), 0.0)

    def _inference(self, batch: Batch, objectives: Sequence[Objective]) -> list[ShardResult]:
        most = self._given_rows or self._inference_rows
        deals = self._deals(most)
        many = batch.rows > most and not deals and batch.rows * self._row_work > WORTH_A_THREAD
        turns = self.threads if many else 1  # parts of about one size, and as many for each thread
        count = max(1, -(-batch.rows // (most * turns))) * turns
        size = self._given_rows or max(1, -(-batch.rows // count))
        starts = range(0, batch.rows, size)
        workers = min(self.threads, len(starts)) if many else 1
        # a thread's passes share an arena, unless they wait for each other: new arrays cost more than small layers
        apart = self._wait_for_each_other(batch, objectives)
        keeps = not apart and self._fixed and size * self._made_bytes <= KEPT
        calls = self._kept if keeps else []
        while len(calls) < (len(starts) if apart else workers):
            calls.append(self._call(training=False, keeps=keeps))
        passes = []
        for i, first in enumerate(starts):
            rows, call = slice(first, min(first + size, batch.rows)), calls[i if apart else i % workers]
            call.kernels, call.workers = self.kernels, self.threads if deals else 1
            begin = partial(call.begin, shard=0, first_row=first, batch_rows=batch.rows, step=0)
            passes.append(
                shard_pass(self.program, objectives, call, batch, rows, None, begin=begin, keep_outputs=keeps)
            )
        results = self._drive(passes, workers)
        if sum(call.bytes for call in self._kept) > KEPT * max(1, len(self._kept)):
            self._kept.clear()  # a layer takes more than was counted
        return results

    @property
    def _inference_rows(self) -> int:
        fitting = min(INFERENCE_CACHE // max(1, self._made_bytes), INFERENCE_INPUT // max(1, self._input_bytes))
        return min(4096, max(32, fitting))

    def _wait_for_each_other(self, batch: Batch, objectives: Sequence[Objective]) -> bool:
        """Whether shards stop for a sum over the whole batch: some layers do, and losses that count the steps that are
        no padding."""
        return self._waits or (bool(batch.lengths) and any(not each.loss.wants_lengths for each in objectives))

    def _together(self, results: Sequence[ShardResult], penalty: float) -> BatchResult:
        if len(results) == 1:
            losses, outputs, masks = results[0].losses, results[0].outputs, results[0].masks
        else:
            losses = {name: sum(result.losses[name] for result in results) for name in results[0].losses}
            outputs, masks = (
                {name: np.concatenate([parts[name] for parts in several]) for name in several[0]}
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

    # Driving the shards

    def _drive(self, passes: list[ShardPass], workers: int) -> list[ShardResult]:
        """Runs the shards side by side; where a layer needs the whole batch, all wait for the sum."""
        results: list[ShardResult | None] = [None] * len(passes)
        total: Array | None = None
        while True:
            shares: list[Array | None] = [None] * len(passes)

            def turn(worker: int, total=total, shares=shares) -> None:
                for i in range(worker, len(passes), workers):
                    try:
                        shares[i] = passes[i].send(total)
                    except StopIteration as end:
                        results[i] = end.value

            self.side_by_side(turn, workers)
            if results[0] is not None:
                return results
            total = shares[0].copy() if len(shares) > 1 else shares[0]
            for share in shares[1:]:
                total += share

    def side_by_side(self, turn: Callable[[int], None], workers: int) -> None:
        """turn(0) to turn(workers - 1), each on a thread of its own."""
        if workers == 1:
            turn(0)
            return
        if self._crew is None:
            from threadpoolctl import threadpool_limits

            from nnctl.engine.thread_pool import ThreadPool

            waiting = self.kernels and self.kernels.spin_barrier
            if waiting:
                waiting.until(np.zeros(1, np.int64), 0, 1)  # fetched now, before its function is handed on
            self._crew = ThreadPool(waiting.until if waiting else None)
            self._blas = threadpool_limits(1, "blas")  # the shards are the parallelism
        self._crew(turn, workers)

    def _grow(self, workers: int, shards: int) -> None:
        while len(self._workers) < workers:
            self._workers.append(GradientBuffers(self.program))
        while len(self._training) < shards:
            call = self._call(training=True, keeps=True)
            call.clock = Clock() if self.profiled else None
            self._training.append(call)

    def _call(self, *, training: bool, keeps: bool) -> ShardCall:
        call = ShardCall(self.program.seed, self.program.dtype, training=training, keeps=keeps)
        call.kernels, call.side_by_side = self.kernels, self.side_by_side
        return call

    def close(self) -> None:
        """Ends the threads and gives BLAS its own back."""
        if self._crew is not None:
            self._crew.close()
            self._blas.restore_original_limits()
            self._crew = None

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *error) -> None:
        self.close()
