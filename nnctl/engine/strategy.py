"""Which way a batch goes through the model: the one place where that is decided.

There are four ways. The executor makes one Strategy for a run; the Strategy says for each batch which way it goes. The
answer depends on the model, the settings and the number of rows, never on timing or load, so that a run can be
repeated.

**Compiled chain.** The whole training step is one compiled call, and several steps with their updates may be, too
(engine/fusions/dense_chain.py). Taken where all of these hold:
  - the run has compiled kernels, and `engine: fuse` includes "chain";
  - the model is a chain of Dense layers with the usual activations, one input and one compiled loss;
  - the user neither asked for shards of a certain size nor for the time of each layer;
  - the batch is one plain array without padding.
It is fastest because no Python runs between the layers. It uses several threads from CHAIN_WORTH_A_THREAD on: they wait
for each other at every layer, so that a step must be worth it.

**Split layers.** The batch goes through the steps whole, on one thread of Python, and each layer splits its rows among
the threads. Taken where no chain is and all of these hold:
  - the run has compiled kernels, several threads, and no given size of shards;
  - at least nine tenths of the multiply-adds are in layers that can split their rows (convolutions);
  - a step takes at most SPLIT multiply-adds: for larger ones, shards use the caches better.
For such batches, running the steps of two shards in Python takes longer than a second thread saves.

**Shards.** The batch is cut into shards, and each goes forward and backward on its own thread in its own arena
(engine/shard_pass.py); the gradients are then summed in a fixed order. Taken where none of the above is and all of
these hold:
  - there are several threads;
  - a step takes more than WORTH_A_THREAD multiply-adds: less is done before a second thread has begun;
  - the run has compiled kernels, or the batch's activations take more than NUMPY_SHARDS bytes: for less, BLAS' own
    threads do as well, since Python's time is not spent twice.
Each thread gets one shard, or several where one shard's activations would not fit in the caches (CACHE). A size of
shards given in the config (`engine: shard_rows`) always cuts the batch.

**Whole batch.** Otherwise one thread computes one shard: the whole batch.

Evaluation and prediction never use the chain. They keep no activations for backward, so that their shards are larger
(INFERENCE_CACHE, INFERENCE_INPUT) and there may be several even on one thread; apart from that the same rules hold.

Shards of one thread normally share one arena, which then stays in that thread's cache. Where shards wait for each other
(for a sum over the whole batch: batch normalization, or a loss that counts the time steps that are not padding), each
has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nnctl.engine.batch import Batch
from nnctl.engine.cost_model import input_bytes, made_bytes, multiply_adds, row_bytes
from nnctl.engine.objective import Objective
from nnctl.engine.program import Program

if TYPE_CHECKING:
    from nnctl.engine.fusions.dense_chain import Chain

# Bytes of a shard's activations that stay in the caches (the second level, and a thread's fraction of the third) from
# forward to backward; smaller shards than this lose more by their number than they gain.
CACHE = 10 << 20
# Multiply-adds of a step of the program, forward, below which a second thread is not worth starting: what Python does
# between the steps it does for one thread at a time.
WORTH_A_THREAD = 2_000_000
# Multiply-adds of a step up to which convolutions are split among threads one by one.
SPLIT = 8_000_000
# Bytes of a batch's activations above which shards are worth it on NumPy alone.
NUMPY_SHARDS = 4 << 20
# Multiply-adds of a batch above which a chain uses several threads.
CHAIN_WORTH_A_THREAD = 8_000_000
# Bytes of what inference makes for one shard, and of the shard's inputs, which may come from a file.
INFERENCE_CACHE, INFERENCE_INPUT = 1 << 22, 1 << 24
# Bytes of an inference arena that is kept for the next batch.
KEPT = 2 * INFERENCE_CACHE


@dataclass(frozen=True)
class Cut:
    """How the executor computes a batch, except in a chain.

    Attributes:
        shards: the rows of each shard, in order; a single one is the whole batch.
        threads: how many shards are computed at once.
        layer_threads: how many threads each layer may split its rows among.
        own_arenas: whether each shard has an arena of its own, instead of each thread.
        keeps_arenas: whether the arenas are used again for the next batch.
    """

    shards: list[slice]
    threads: int
    layer_threads: int
    own_arenas: bool
    keeps_arenas: bool = True


class Strategy:
    """Decides which way each batch of a run goes (see above).

    Args:
        kernels: the compiled kernels, or None.
        threads: how many threads there are.
        shard_rows: the size of shards that the user asked for, if any.
        profiled: whether the time of each layer is taken.
    """

    def __init__(self, program: Program, objectives: Sequence[Objective], kernels: Any, threads: int,
                 shard_rows: int | None, profiled: bool):  # fmt: skip
        self._program, self._objectives = program, objectives
        self._kernels, self._threads = kernels, threads
        self._shard_rows, self._profiled = shard_rows, profiled
        self._row_bytes, self._made_bytes = max(1, row_bytes(program)), max(1, made_bytes(program))
        self._row_work = multiply_adds(program)
        self._splittable = multiply_adds(program, lambda layer: layer.deals()) >= 0.9 * self._row_work
        self._fixed_shapes = all(n is not None for shape in program.graph.shapes.values() for n in shape)
        # steps that make shards wait for each other
        self._waits = any(step.layer.whole_batch or step.layer.makes_mask for step in program.steps)
        fitting = min(INFERENCE_CACHE // self._made_bytes, INFERENCE_INPUT // max(1, input_bytes(program)))
        self._inference_rows = shard_rows or min(4096, max(32, fitting))

    # Compiled chain

    @cached_property
    def chain(self) -> Chain | None:
        """The model as a compiled chain, where it is one and the settings allow it."""
        settings = self._shard_rows is None and not self._profiled and "chain" in self._program.fuse
        if not (self._kernels and settings):
            return None
        from nnctl.engine.fusions.dense_chain import Chain  # only for start-up's sake

        return Chain.of(self._kernels, self._program, self._objectives)

    def chain_for(self, rows: Any) -> Chain | None:
        """The chain, where it can take these rows (a Batch, or a split of the data set)."""
        chain = self.chain
        return chain if chain is not None and chain.takes(rows.inputs, rows.lengths) else None

    def chain_threads(self, rows: int) -> int:
        """How many threads a chain uses for a batch of so many rows."""
        return min(self._threads, rows) if rows * self._row_work > CHAIN_WORTH_A_THREAD else 1

    # Split layers

    def splits_layers(self, rows: int) -> bool:
        """Whether a batch of so many rows goes through the layers whole, and each splits it among the threads."""
        if not self._kernels or self._threads == 1 or self._shard_rows is not None:
            return False
        return self._splittable and rows * self._row_work <= SPLIT * len(self._program.steps)

    # Shards

    def training(self, batch: Batch) -> Cut:
        """How a training step computes a batch, where no chain does."""
        rows, split = batch.rows, self.splits_layers(batch.rows)
        shards = _slices(rows, self._shard_rows or (rows if split else self._training_rows(rows)))
        threads = min(self._threads, len(shards))
        return Cut(shards, threads, self._threads if split else 1, self._wait_for_each_other(batch, self._objectives))

    def _training_rows(self, rows: int) -> int:
        """Rows of a shard in training."""
        worth_it = self._kernels is not None or rows * self._row_bytes > NUMPY_SHARDS
        if not worth_it or self._threads == 1 or rows * self._row_work <= WORTH_A_THREAD * len(self._program.steps):
            return rows
        size, cached = -(-rows // self._threads), max(16, CACHE // self._row_bytes)
        if size <= cached:
            return size
        each = -(-size // cached)  # shards of every thread, so that all are equally busy
        return -(-rows // (each * self._threads))

    def inference(self, batch: Batch, objectives: Sequence[Objective]) -> Cut:
        """How a batch is evaluated or predicted."""
        rows, most = batch.rows, self._inference_rows
        split = self.splits_layers(most)
        several = rows > most and not split and rows * self._row_work > WORTH_A_THREAD
        each = self._threads if several else 1  # shards of about one size, and as many for each thread
        size = self._shard_rows or -(-rows // (max(1, -(-rows // (most * each))) * each))
        shards = _slices(rows, size)
        own_arenas = self._wait_for_each_other(batch, objectives)
        # else threads share an arena from shard to shard: to allocate costs more than small layers do
        keeps = not own_arenas and self._fixed_shapes and size * self._made_bytes <= KEPT
        return Cut(shards, min(self._threads, len(shards)) if several else 1, self._threads if split else 1, own_arenas,
                   keeps)  # fmt: skip

    def _wait_for_each_other(self, batch: Batch, objectives: Sequence[Objective]) -> bool:
        """Whether shards stop for a sum over the whole batch."""
        return self._waits or (bool(batch.lengths) and any(not each.loss.wants_lengths for each in objectives))


def _slices(rows: int, size: int) -> list[slice]:
    size = max(1, size)
    return [slice(first, min(first + size, rows)) for first in range(0, rows, size)]
