"""Chains of Dense layers: models whose whole training step is one compiled call (kernels/chain.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnctl.engine.program import Program
from nnctl.engine.shard import Batch, Objective
from nnctl.layers.activation import Applies
from nnctl.layers.dense import Dense

ACTIVATIONS = ("linear", "relu", "tanh", "sigmoid")  # in the order of the kernel's numbers
LOSSES = ("sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy", "mse")


class Chain:
    """A model of Dense layers in a row, each with one of the usual activations, one input and one loss.

    What it gives is what the executor's usual way gives; only bytes may differ, as between two kernel sets.
    """

    def __init__(self, kernels: Any, program: Program, objective: Objective, layers: list[list[Any]]):
        self._kernel = kernels
        self._program, self._objective = program, objective
        [self._input] = program.graph.inputs
        widths = [program.graph.shapes[self._input][0], *(layer.units for layer, *_ in layers)]
        self._layout = (
            np.array(widths, np.int64),
            np.array([program.spans[f"{owner}/kernel"].start for _, owner, _ in layers], np.int64),
            np.array([program.spans[f"{owner}/bias"].start if layer.use_bias else -1 for layer, owner, _ in layers],
                     np.int64),
            np.concatenate([[0], np.cumsum(widths[1:])]).astype(np.int64),
            np.array([ACTIVATIONS.index(name) for *_, name in layers], np.int64),
            LOSSES.index(objective.loss.kind),
        )  # fmt: skip
        self._room: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # rows -> outs and slopes
        self._turn = 0
        self._arrived = np.zeros((1, 8), np.int64)

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
        if not layers or not whole or not known or slot != objective.head.slot or not _usual(objective, layers[-1][2]):
            return None
        return cls(kernels.chain, program, objective, layers)

    def takes(self, batch: Batch) -> bool:
        """Whether a batch is plain: rows of numbers, nothing to divide."""
        return not batch.divisors and not batch.lengths

    def step(self, batch: Batch, gradients: np.ndarray, workers: int, side_by_side: Any) -> tuple[float, np.ndarray]:
        """The loss, as the executor sums it, and the predictions (valid until the next step)."""
        rows, objective, program = batch.rows, self._objective, self._program
        x = np.ascontiguousarray(batch.inputs[self._input])
        given = batch.targets[objective.head.name]
        widths, places = self._layout[0], self._layout[3]
        if rows not in self._room:
            if len(self._room) > 1:  # there are full batches and, at an epoch's end, a smaller one
                self._room.clear()
            self._room[rows] = tuple(np.empty(places[-1] * rows, program.dtype) for _ in range(2))
        outs, slopes = self._room[rows]
        if self._layout[-1] == 0:
            targets, labels = np.empty((0, 0), program.dtype), given.reshape(-1).astype(np.int64, copy=False)
        else:
            targets, labels = given.reshape(rows, widths[-1]).astype(program.dtype, copy=False), np.empty(0, np.int64)
        weights = np.ones(rows, program.dtype) if batch.weights is None else batch.weights
        share = program.dtype.type(objective.weight / rows)
        if len(self._arrived) < workers:
            self._arrived = np.zeros((workers, 8), np.int64)  # a cache line each
        self._turn += 1
        losses = np.zeros(workers)
        fixed = (x, targets, labels, weights, share, program.parameters, gradients, *self._layout, outs, slopes, losses,
                 self._arrived, self._turn)  # fmt: skip
        side_by_side(lambda worker: self._kernel.step(worker, workers, *fixed), workers)
        p = outs[places[-2] * rows :].reshape(rows, widths[-1])
        return float(losses.sum()) / objective.weight if objective.weight else 0.0, p


def _usual(objective: Objective, last: str) -> bool:
    """Whether the kernel has the loss: as it comes, the last activation taken over, or linear before a squared error."""
    loss = objective.loss
    if loss.kind not in LOSSES or not objective.weight or loss != type(loss)():
        return False
    return last == "linear" and (objective.fused or loss.kind == "mse")
