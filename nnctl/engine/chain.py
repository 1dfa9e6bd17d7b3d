"""Chains of Dense layers: models whose whole training step is one compiled call (kernels/chain.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl import aligned
from nnctl.engine.program import Program
from nnctl.engine.shard import Batch, Objective
from nnctl.layers.activation import Applies
from nnctl.layers.dense import Dense

SideBySide = Callable[[Callable[[int], None], int], None]
# Numbers of a thread's scratch: of a gradient, between product and update.
SCRATCH = 16 * 512

ACTIVATIONS = ("linear", "relu", "tanh", "sigmoid")  # in the order of the kernel's numbers


class Chain:
    """A model of Dense layers in a row, each with one of the usual activations, one input and one loss.

    What it gives is what the executor's usual way gives; only bytes may differ, as between two kernel sets.
    """

    def __init__(self, kernels: Any, program: Program, objective: Objective, layers: list[list[Any]]):
        self._kernel = kernels
        self._program, self._objective = program, objective
        [self._input] = program.graph.inputs
        widths = [program.graph.shapes[self._input][0], *(layer.units for layer, *_ in layers)]
        self._widths = np.array(widths, np.int64)
        self._layout = (
            self._widths,
            np.array([program.spans[f"{owner}/kernel"].start for _, owner, _ in layers], np.int64),
            np.array([program.spans[f"{owner}/bias"].start if layer.use_bias else -1 for layer, owner, _ in layers],
                     np.int64),
            np.concatenate([[0], np.cumsum(widths[1:])]).astype(np.int64),
            np.array([ACTIVATIONS.index(name) for *_, name in layers], np.int64),
        )  # fmt: skip
        self._room: _Room | None = None

    @classmethod
    def of(cls, kernels: Any, program: Program, objectives: Sequence[Objective]) -> Chain | None:
        """The program as a chain, or None where it is another kind of model."""
        graph = program.graph
        if not kernels or kernels.chain is None or len(objectives) != 1 or len(graph.inputs) != 1:
            return None
        [objective] = objectives
        layers: list[list[Any]] = []  # Dense, owner, activation
        slot = 0
        for step in program.steps:
            if step.sources != (slot,):
                return None
            if isinstance(step.layer, Dense):
                trained = [f"{step.owner}/{name}" in program.spans for name in graph.weights[step.owner]]
                if not all(trained):
                    return None
                [node] = (node for node in graph.nodes if node.name == step.owner)
                layers.append([node.layer, step.owner, "linear"])
            elif layers and layers[-1][2] == "linear" and isinstance(step.layer, Applies):
                if step is not objective.head.activation or not objective.fused:
                    if step.layer.function.kind == "relu" and not step.layer.function.is_plain_relu:
                        return None
                    layers[-1][2] = step.layer.function.kind
            else:
                return None
            slot = step.target
        whole = len(graph.shapes[graph.inputs[0]]) == 1 and len({owner for _, owner, _ in layers}) == len(layers)
        known = all(name in ACTIVATIONS for *_, name in layers)
        if not layers or not whole or not known or slot != objective.head.slot or objective.compiled is None:
            return None
        if layers[-1][2] != "linear":  # an activation that the loss does not take over
            return None
        return cls(kernels.chain, program, objective, layers)

    def takes(self, inputs: Mapping[str, Any], lengths: Mapping[str, Any]) -> bool:
        """Whether the rows are plain: an array of numbers, all there."""
        x = inputs[self._input]
        # rows in a file are read ahead, batch by batch
        plain = x.flags.c_contiguous if isinstance(x, np.ndarray) else not x.mapped
        return plain and not lengths

    def step(self, batch: Batch, gradients: np.ndarray, workers: int,
             side_by_side: SideBySide) -> tuple[float, np.ndarray]:  # fmt: skip
        """One step's loss, as the executor sums it, and the predictions (valid until the next step); its gradient is
        left in `gradients`."""
        order = np.arange(batch.rows)
        done = self._run(batch, order, batch.rows, 0, 1, workers, side_by_side, gradients)
        assert done == 1
        loss = float(self._room.sums[0].sum())
        return loss / self._objective.weight, self._room.predictions[: batch.rows]

    def steps(self, part: Any, order: np.ndarray, batch: int, first: int, numbers: np.ndarray, update: Update,
              workers: int, side_by_side: SideBySide) -> Steps:  # fmt: skip
        """Steps of an epoch and their updates, from batch number `first` on, as many as numbers (steps, scalars) has
        rows. Ends before a step whose loss or gradient may not be finite.

        part: the training set's rows, as a Batch has a batch's. order: theirs in this epoch."""
        if isinstance(part.inputs[self._input], np.ndarray):
            done = self._run(part, order, batch, first, len(numbers), workers, side_by_side, None, update, numbers)
        else:
            chosen = order[first * batch : (first + len(numbers)) * batch]
            done = self._run(self._gathered(part, chosen), np.arange(len(chosen)), batch, 0, len(numbers), workers,
                             side_by_side, None, update, numbers)  # fmt: skip
        rows = min((first + done) * batch, order.size) - first * batch
        return Steps(done, self._room.sums[:done].sum(axis=1), self._room.predictions[: max(0, rows)])

    def _gathered(self, part: Any, chosen: np.ndarray) -> Batch:
        """Rows that are not all in memory as the model takes them."""
        name = self._objective.head.name
        return Batch(
            {self._input: part.inputs[self._input].gather(chosen)}, {name: part.targets[name][chosen]},
            None if part.weights is None else part.weights[chosen], {}, part.divisors,
        )  # fmt: skip

    def _run(self, rows: Any, order: np.ndarray, batch: int, first: int, steps: int, workers: int,
             side_by_side: SideBySide, gradients: np.ndarray | None, update: Update | None = None,
             numbers: np.ndarray | None = None) -> int:  # fmt: skip
        room = self._room
        if room is None or not room.fits(batch, steps, workers):
            room = self._room = _Room(self._widths, batch, steps, workers, self._program.dtype)
        objective, parameters = self._objective, self._program.parameters
        told = objective.told(rows.targets[objective.head.name], rows.weights, self._widths[-1], self._program.dtype)
        x = np.ascontiguousarray(rows.inputs[self._input])
        divisor = np.float32(rows.divisors.get(self._input, 0))
        if numbers is None:
            numbers = np.empty((1, 0))
        made = [0] * workers
        fixed = (x, divisor, order, batch, first, steps, *told, objective.compiled,
                 np.float32(objective.weight), parameters, parameters if gradients is None else gradients,
                 update.slots if update else np.empty((0, 0), np.float32), update.address if update else 0, numbers,
                 *self._layout, *room.arrays)  # fmt: skip

        def turn(worker: int) -> None:
            made[worker] = self._kernel.run(worker, workers, *fixed)

        side_by_side(turn, workers)
        return made[0]


@dataclass(frozen=True)
class Update:
    """An optimizer's rule for compiled callers. address: of a Sweep's update. slots: (k, parameters)."""

    address: int
    slots: np.ndarray


@dataclass(frozen=True)
class Steps:
    """What came of some steps. done: how many were made. losses: (done,) weighted, as the executor sums them.
    predictions: (rows of them all, outputs), valid until the next steps."""

    done: int
    losses: np.ndarray
    predictions: np.ndarray


class _Room:
    """What the kernel writes to, for batches of at most so many rows."""

    def __init__(self, widths: np.ndarray, batch: int, steps: int, workers: int, dtype: Any):
        self._sizes = batch, steps, workers
        every = int(widths[1:].sum()) * batch
        outs, slopes, turned = (aligned.empty(every, dtype) for _ in range(3))
        self.predictions = aligned.empty((batch * steps, widths[-1]), dtype)
        self.sums = np.zeros((steps, workers))
        # scratch and what the threads tell each other by: each has cache lines of its own
        scratch = aligned.empty((workers, max(SCRATCH, int(widths.max()))), dtype)
        largest = aligned.zeros((workers, 2 * len(widths) + 16), np.int32)
        arrived = aligned.zeros((workers, 8), np.int64)
        self.arrays = (aligned.empty(int(widths[0]) * batch, dtype), outs, slopes, turned, scratch, self.predictions,
                       self.sums, largest, arrived)  # fmt: skip

    def fits(self, batch: int, steps: int, workers: int) -> bool:
        most, longest, crew = self._sizes
        return batch <= most and steps <= longest and workers == crew
