"""One shard's way through the model: forward, losses, backward."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnctl.engine.arena import ShardCall
from nnctl.engine.program import Head, Program, Step
from nnctl.layers.base import Array
from nnctl.losses import Loss


@dataclass(frozen=True)
class Objective:
    """One output's loss. fused: the loss takes the last activation's input and gives its output."""

    head: Head
    loss: Loss
    weight: float
    fused: bool

    @classmethod
    def of(cls, head: Head, loss: Loss, weight: float) -> Objective:
        activation = head.activation
        fused = activation is not None and loss.can_fuse() and activation.layer.function.kind == loss.fuses
        return cls(head, loss, weight, fused)


@dataclass(frozen=True)
class Batch:
    """Rows for one step: arrays by input and by output name, and optional weights (rows,) of the samples."""

    inputs: Mapping[str, Array]
    targets: Mapping[str, Array]
    weights: Array | None = None

    @property
    def rows(self) -> int:
        return len(next(iter(self.inputs.values())))


@dataclass(frozen=True)
class ShardResult:
    """losses: by output, the sum of weight * loss over the shard's rows, divided by the batch's count.
    outputs: by output, the predictions."""

    losses: dict[str, float]
    outputs: dict[str, Array]


# Where backward writes a step's weight gradients, and who is told once they are written.
Gradients = Callable[[Step], Mapping[str, Array]]
Written = Callable[[Step, Mapping[str, Array]], None]
ShardPass = Generator[Array, Array, ShardResult]


def shard_pass(program: Program, objectives: Sequence[Objective], call: ShardCall, batch: Batch, rows: slice,
               gradients: Gradients | None, written: Written | None = None) -> ShardPass:  # fmt: skip
    """Forward and losses of some rows of a batch and, where gradients are wanted, backward.

    A generator, because of the layers that need the whole batch: yields this shard's share of a sum and is
    sent the sum (see `layers.base.WholeBatch`). Returns a ShardResult.
    """
    taken_over = {id(objective.head.activation): objective for objective in objectives if objective.fused}
    values, saved = yield from _forward(program, call, batch, rows, taken_over)

    slopes: list[Array | None] = [None] * program.slots
    losses: dict[str, float] = {}
    outputs: dict[str, Array] = {}
    for objective in objectives:
        _loss(objective, call, batch, rows, values, slopes if gradients else None, losses, outputs)
    for head in program.heads:
        if head.name not in outputs:
            outputs[head.name] = values[head.slot]
    if gradients is None:
        return ShardResult(losses, outputs)

    for step, kept in zip(reversed(program.steps), reversed(saved), strict=True):
        dy = slopes[step.target]
        if dy is None or not (step.trains or step.wants_dx):
            continue
        call.enter(step.number, step.wants_dx, False)
        into = gradients(step) if step.trains else {}
        dx = step.layer.backward(step.weights, into, kept, dy, call)
        if step.layer.whole_batch:
            dx = yield from dx
        if step.trains:
            written(step, into)
        slopes[step.target] = None
        if step.wants_dx:
            _hand_back(step, dx, slopes, call)
    return ShardResult(losses, outputs)


def _forward(program, call, batch, rows, taken_over):
    """Every slot's value, and what each step saved for backward."""
    values: list[Array | None] = [batch.inputs[name][rows] for name in program.graph.inputs]
    values += [None] * (program.slots - len(values))
    saved = []
    for step in program.steps:
        if id(step) in taken_over:
            saved.append(None)
            continue
        layer = step.layer
        sources = step.sources
        x = [values[source] for source in sources] if layer.merges else values[sources[0]]
        call.enter(step.number, step.wants_dx, step.overwrite)
        result = layer.forward(step.weights, x, call)
        if layer.whole_batch:
            result = yield from result
        values[step.target], kept = result
        saved.append(kept if call.training else None)
    return values, saved


def _loss(objective, call, batch, rows, values, slopes, losses, outputs):
    """One output's loss and, where slopes are wanted, the gradient of the slot it reads."""
    loss, head = objective.loss, objective.head
    y = batch.targets[head.name][rows]
    if objective.fused:
        slot = head.activation.sources[0]
        z = values[slot]
        if not head.activation.overwrite:
            z = z.copy()  # the layer before looks at it again in backward
        p = call.empty(z.shape)
        each, kept = loss.forward_logits(y, z, p)
    else:
        slot = head.slot
        p = values[slot]
        each, kept = loss.forward(y, p)
    outputs[head.name] = p

    per_row = each.size // len(each) if len(each) else 1
    share = 1 / (call.batch_rows * per_row)  # sum over the batch / number of elements
    if batch.weights is None:
        losses[head.name] = float(np.add.reduce(each, axis=None)) * share
    else:
        row_weights = batch.weights[rows].reshape(-1, *[1] * (each.ndim - 1))
        losses[head.name] = float(np.add.reduce(each * row_weights, axis=None)) * share
    if slopes is None:
        return
    dl = np.full(each.shape, share * objective.weight, p.dtype)
    if batch.weights is not None:
        dl *= row_weights
    dp = loss.backward_logits(kept, dl) if objective.fused else loss.backward(kept, dl)
    _add(slopes, slot, dp, call)


def _hand_back(step, dx, slopes, call):
    """Gives each source of a step its gradient."""
    if not step.layer.merges:
        _add(slopes, step.sources[0], dx, call)
        return
    given: list[Array] = []
    for slot, part in zip(step.sources, dx, strict=True):
        if any(part is other for other in given):
            part = part.copy()  # two sources must not own one array: backward may write into it
        given.append(part)
        _add(slopes, slot, part, call)


def _add(slopes, slot, part, call):
    """A tensor used in several places has the sum of their gradients."""
    if slopes[slot] is None:
        slopes[slot] = part
    else:
        slopes[slot] = np.add(slopes[slot], part, out=call.empty(part.shape))
