"""The fusion "chain": models of Dense layers, with or without Dropout between them, whose whole training step is one
compiled call (kernels/ops/dense_chain.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from nnctl.engine.arena import random_state
from nnctl.engine.batch import Batch
from nnctl.engine.objective import Objective
from nnctl.engine.program import Program
from nnctl.engine.steps import Step
from nnctl.kernels import aligned
from nnctl.kernels.ops import dense_chain_arguments
from nnctl.nn.activations.base import Activation
from nnctl.nn.layers.activation import Applies
from nnctl.nn.layers.dense import Dense
from nnctl.nn.layers.regularization import Dropout, limit_of
from nnctl.nn.layers.reshape import Flatten

SideBySide = Callable[[Callable[[int], None], int], None]
# Numbers of a thread's scratch buffer, for a gradient between product and update.
SCRATCH = 16 * 512


@dataclass(frozen=True)
class Link:
    """A layer of the chain. owner: of its weights. activation: None if linear. dropout: of its input, if any."""

    dense: Dense
    owner: str
    activation: Activation | None = None
    dropout: Step | None = None

    @property
    def kernel_number(self) -> int:
        """Its activation's number in the kernel; 0 is none."""
        return self.activation.own("kernel_number") if self.activation else 0

    @property
    def is_relu(self) -> bool:
        return self.activation is not None and self.activation.is_plain_relu


class Chain:
    """A model that is a row of Dense layers, each with one of the usual activations and perhaps a Dropout before it,
    with one input and one loss.

    Its results are those of the executor's other ways but for rounding, as between the two kernel sets.
    """

    def __init__(self, kernels: Any, program: Program, objective: Objective, links: Sequence[Link]):
        self._kernel = kernels
        self._program, self._objective = program, objective
        [self._input] = program.graph.inputs
        widths = [prod(n or 1 for n in program.graph.shapes[self._input]), *(link.dense.units for link in links)]
        self._widths = np.array(widths, np.int64)
        spans, drops = program.spans, [link.dropout for link in links]
        self._apart = any(drop and not link.is_relu for drop, link in zip(drops[1:], links, strict=False))
        self._net = dense_chain_arguments.Layers(
            self._widths,
            np.array([spans[f"{link.owner}/kernel"].start for link in links], np.int64),
            np.array([spans[f"{link.owner}/bias"].start if link.dense.use_bias else -1 for link in links], np.int64),
            np.concatenate([[0], np.cumsum(widths[1:])]).astype(np.int64),
            np.array([link.kernel_number for link in links], np.int64),
            np.array([limit_of(_rate(drop)) if drop else -1 for drop in drops], np.int64),
            np.array([1 / (1 - _rate(drop)) if drop else 1 for drop in drops], np.float32),
            np.array([random_state(program.seed, drop.number if drop else 0) for drop in drops], np.uint64),
        )  # fmt: skip
        self._buffers: _Buffers | None = None

    @classmethod
    def of(cls, kernels: Any, program: Program, objectives: Sequence[Objective]) -> Chain | None:
        """The program as a chain, or None where it is another kind of model."""
        if not kernels or kernels.dense_chain is None or len(objectives) != 1 or len(program.graph.inputs) != 1:
            return None
        [objective] = objectives
        links = links_of(program, objective) if objective.compiled is not None else None
        return cls(kernels.dense_chain, program, objective, links) if links else None

    def takes(self, inputs: Mapping[str, Any], lengths: Mapping[str, Any]) -> bool:
        """Whether the rows are plain: one array of numbers, without padding."""
        x = inputs[self._input]
        # rows in a file are prefetched batch by batch instead
        plain = x.flags.c_contiguous if isinstance(x, np.ndarray) else not x.in_file
        return plain and not lengths

    def step(self, batch: Batch, step: int, gradients: np.ndarray, threads: int,
             side_by_side: SideBySide) -> tuple[float, np.ndarray]:  # fmt: skip
        """The loss of the 0-based step, as the executor sums it, and the predictions (valid until the next step); its
        gradient is left in `gradients`."""
        every = np.arange(batch.rows)
        x = np.asarray(batch.inputs[self._input])
        done, buffers = self._run(batch, x, every, every, batch.rows, 1, step, threads, side_by_side, gradients)
        assert done == 1
        loss = float(buffers.sums[0].sum())
        return loss / self._objective.weight, buffers.predictions[: batch.rows]

    def steps(self, part: Any, order: np.ndarray, batch: int, first: int, step: int, numbers: np.ndarray,
              update: Update, threads: int, side_by_side: SideBySide) -> Steps:  # fmt: skip
        """Steps of an epoch and their updates, from batch number `first` on, which is the 0-based step `step`, as many
        as numbers (steps, scalars) has rows. Ends before a step whose loss or gradient may not be finite.

        part: the training set's rows, as a Batch has a batch's. order: theirs in this epoch."""
        count, x = len(numbers), part.inputs[self._input]
        chosen = order[first * batch : (first + count) * batch]
        x, stored = (x, chosen) if isinstance(x, np.ndarray) else x.found(chosen)
        done, buffers = self._run(
            part, x, stored, chosen, batch, count, step, threads, side_by_side, None, update, numbers
        )
        return Steps(done, buffers.sums[:done].sum(axis=1), buffers.predictions[: min(done * batch, len(chosen))])

    def _run(self, rows: Any, x: np.ndarray, stored: np.ndarray, order: np.ndarray, batch: int, steps: int, number: int,
             threads: int, side_by_side: SideBySide, gradients: np.ndarray | None, update: Update | None = None,
             numbers: np.ndarray | None = None) -> tuple[int, _Buffers]:  # fmt: skip
        """How many steps were made, and the buffers with their results."""
        buffers = self._buffers
        if buffers is None or not buffers.fits(batch, steps, threads):
            buffers = self._buffers = _Buffers(self._widths, self._apart, batch, steps, threads, self._program.dtype)
        objective, parameters = self._objective, self._program.parameters
        arguments = objective.compiled_arguments(
            rows.targets[objective.head.name], rows.weights, self._widths[-1], self._program.dtype
        )
        x = np.ascontiguousarray(x).reshape(len(x), -1)
        divisor = np.float32(rows.divisors.get(self._input, 0))
        if numbers is None:
            numbers = np.empty((1, 0))
        made = [0] * threads
        slots, address = (update.slots, update.address) if update else (np.empty((0, 0), np.float32), 0)
        into = parameters if gradients is None else gradients
        groups = (
            dense_chain_arguments.Samples(x, stored, divisor, order, *arguments),
            dense_chain_arguments.Schedule(batch, steps, number),
            dense_chain_arguments.Loss(objective.compiled or 0, np.float32(objective.weight)),
            self._net,
            dense_chain_arguments.Update(parameters, into, slots, address, numbers),
            buffers.arrays,
        )

        def task(thread: int) -> None:
            made[thread] = self._kernel.run(thread, threads, *groups)

        side_by_side(task, threads)
        return made[0], buffers


def links_of(program: Program, objective: Objective) -> list[Link] | None:
    """The program's layers, or None where they are no chain. In a chain each layer takes the output of the one before,
    and the kernel knows all of them."""
    graph = program.graph
    shape = graph.shapes[graph.inputs[0]]
    if None in shape:
        return None
    flat, slot = len(shape) == 1, 0
    links: list[Link] = []
    dropout: Step | None = None
    for step in program.steps:
        if step.sources != (slot,):
            return None
        slot, layer = step.target, step.layer
        if isinstance(layer, Flatten):
            flat = True
        elif isinstance(layer, Dropout):
            if dropout:
                return None
            dropout = step if layer.rate else None
        elif isinstance(layer, Dense):
            trained = all(f"{step.owner}/{name}" in program.spans for name in graph.weights[step.owner])
            if not flat or not trained:
                return None
            [node] = (node for node in graph.nodes if node.name == step.owner)
            assert isinstance(node.layer, Dense)
            links.append(Link(node.layer, step.owner, dropout=dropout))
            dropout = None
        elif isinstance(layer, Applies) and links and links[-1].activation is None and not dropout:
            if step is not objective.head.activation or not objective.fused:
                function = layer.function
                if not function.is_identity:
                    if not _is_compiled(function):
                        return None
                    links[-1] = replace(links[-1], activation=function)
        else:
            return None
    once = len({link.owner for link in links}) == len(links)
    # after the last layer comes nothing but the activation that the loss is fused with
    ends = links and links[-1].activation is None and not dropout and slot == objective.head.slot
    return links if once and ends else None


def _is_compiled(function: Activation) -> bool:
    """Whether the kernel has the activation, with these arguments."""
    return function.own("kernel_number") is not None and function == type(function)()


def _rate(step: Step) -> float:
    assert isinstance(step.layer, Dropout)
    return step.layer.rate


@dataclass(frozen=True)
class Update:
    """An optimizer's rule for compiled callers. address: of a fused optimizer's update. slots: (k, parameters)."""

    address: int
    slots: np.ndarray


@dataclass(frozen=True)
class Steps:
    """The results of some steps. done: how many were made. losses: (done,) weighted, as the executor sums them.
    predictions: (rows of them all, outputs), valid until the next steps."""

    done: int
    losses: np.ndarray
    predictions: np.ndarray


class _Buffers:
    """What the kernel writes to, for batches of at most so many rows."""

    def __init__(self, widths: np.ndarray, apart: bool, batch: int, steps: int, threads: int, dtype: Any):
        self._sizes = batch, steps, threads
        every = int(widths[1:].sum()) * batch
        outs, gradients = (aligned.empty(every, dtype) for _ in range(2))
        dropped, masks = (aligned.empty(every if apart else 0, dtype) for _ in range(2))
        self.predictions = aligned.empty((batch * steps, widths[-1]), dtype)
        self.sums = np.zeros((steps, threads))
        # scratch, and what the threads signal each other with: each thread has cache lines of its own
        scratch = aligned.empty((threads, max(SCRATCH, int(widths.max()))), dtype)
        partial_sum = batch * int(widths[1:].max())
        # partial sums are used in the forward pass, transposed gradients in the backward pass: they share memory
        shared = aligned.empty(max(every, threads * partial_sum), dtype)
        transposed = shared[:every]
        partial_sums = shared[: threads * partial_sum].reshape(threads, partial_sum)
        largest = aligned.zeros((threads, 2 * len(widths) + 16), np.int32)
        arrived = aligned.zeros((threads, 8), np.int64)
        inputs = aligned.empty(int(widths[0]) * batch, dtype)
        self.arrays = dense_chain_arguments.Buffers(
            inputs, outs, dropped, masks, gradients, transposed, partial_sums, scratch, self.predictions, self.sums,
            largest, arrived,
        )  # fmt: skip

    def fits(self, batch: int, steps: int, threads: int) -> bool:
        most_rows, most_steps, same_threads = self._sizes
        return batch <= most_rows and steps <= most_steps and threads == same_threads
