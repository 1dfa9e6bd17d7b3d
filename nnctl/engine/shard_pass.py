"""One shard's way through the model: forward, losses, backward."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from nnctl.engine.arena import ShardCall
from nnctl.engine.program import Head, Program, Step
from nnctl.nn.layers.base import Array, added
from nnctl.nn.losses import Loss

# Losses with a compiled twin, in the order of its numbers (kernels/ops/dense.py).
LOSSES = ("sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy", "mse")


@dataclass(frozen=True)
class Objective:
    """One output's loss. fused: the loss takes the last activation's input and gives its output."""

    head: Head
    loss: Loss
    weight: float
    fused: bool

    @classmethod
    def of(cls, head: Head, loss: Loss, weight: float, fuse: bool = True) -> Objective:
        activation = head.activation
        fused = fuse and activation is not None and loss.can_fuse() and activation.layer.function.kind == loss.fuses
        return cls(head, loss, weight, fused)

    @property
    def slot(self) -> int:
        """Of what the loss reads."""
        return self.head.activation.sources[0] if self.fused else self.head.slot

    @cached_property
    def compiled(self) -> int | None:
        """The compiled loss's number (see LOSSES), where there is one: as the loss comes, with its softmax or sigmoid
        taken over or, for the squared error, none."""
        loss = self.loss
        usual = loss.kind in LOSSES and self.weight and loss == type(loss)()
        return LOSSES.index(loss.kind) if usual and (self.fused or loss.kind == "mse") else None

    def told(self, y: Array, weights: Array | None, units: int, dtype: Any) -> tuple[Array, Array, Array]:
        """(targets, labels, weights) as the compiled loss takes them; empty where it has no use for them."""
        weights = np.empty(0, dtype) if weights is None else weights.astype(dtype, copy=False)
        if LOSSES[self.compiled] == "sparse_categorical_crossentropy":
            labels = y.reshape(-1).astype(np.int32, copy=False)  # as datasets have them: compiled once for all integers
            return np.empty((0, 0), dtype), labels, weights
        return np.ascontiguousarray(y.reshape(len(y), units), dtype), np.empty(0, np.int32), weights


class Gathered(Protocol):
    """Rows that are somewhere else still. As an array (numpy.asarray) they are gathered all at once."""

    shape: tuple[int, ...]
    dtype: np.dtype
    mapped: bool  # they come from a file

    def __len__(self) -> int: ...

    def gather(self, rows: slice, out: Array) -> Array:
        """Writes some of the rows to `out` and returns it."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array: ...


@dataclass(frozen=True)
class Batch:
    """Rows for one step: arrays by input and by output name, and optional weights (rows,) of the samples.

    An input may also be Gathered: its rows are then made by each shard, on its own thread and in its own memory.
    lengths: by input name, how many of its time steps each row really has; the rest is padding.
    divisors: by input name, what its values, bytes of pixels, are divided by.
    """

    inputs: Mapping[str, Array | Gathered]
    targets: Mapping[str, Array]
    weights: Array | None = None
    lengths: Mapping[str, Array] = field(default_factory=dict)
    divisors: Mapping[str, float] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(next(iter(self.inputs.values())))


@dataclass(frozen=True)
class ShardResult:
    """losses: by output, the sum of weight * loss over the shard's rows, divided by the batch's count.
    outputs: by output, the predictions. masks: by output, which of their time steps are no padding, where some
    are."""

    losses: dict[str, float]
    outputs: dict[str, Array]
    masks: dict[str, Array]


# Where backward writes a step's weight gradients, and who is told once they are written.
Gradients = Callable[[Step], Mapping[str, Array]]
Written = Callable[[Step, Mapping[str, Array]], None]
ShardPass = Generator[Array, Array, ShardResult]


def shard_pass(program: Program, objectives: Sequence[Objective], call: ShardCall, batch: Batch, rows: slice,
               gradients: Gradients | None, written: Written | None = None,
               begin: Callable[[], None] = lambda: None, last: bool = True) -> ShardPass:  # fmt: skip
    """Forward and losses of some rows of a batch and, where gradients are wanted, backward.

    A generator, because of the layers that need the whole batch: yields this shard's share of a sum and is
    sent the sum (see `layers.base.WholeBatch`). Returns a ShardResult. begin: called when the pass starts. last:
    whether nothing else uses the call's arena before the result is read; else the outputs are copied.
    """
    begin()
    clock = call.clock
    if clock:
        clock.start()
    taken_over = {id(objective.head.activation): objective for objective in objectives if objective.fused}
    values, masks = start_values(program, batch, rows, call)
    saved = []
    for step in program.steps:
        if id(step) in taken_over:
            masks[step.target] = masks[step.sources[0]]
            saved.append(None)
            continue
        kept = yield from run_step(step, values, masks, call)
        saved.append(kept if call.training else None)
        if clock:
            clock.lap(step.name, "forward")

    slopes: list[Array | None] = [None] * program.slots
    losses: dict[str, float] = {}
    outputs: dict[str, Array] = {}
    for objective in objectives:
        yield from _loss(objective, call, batch, rows, values, masks, slopes if gradients else None, losses, outputs)
        if clock:
            clock.lap(f"loss of {objective.head.name}", "forward")
    for head in program.heads:
        if head.name not in outputs:
            outputs[head.name] = values[head.slot]
    if not last:
        outputs = {name: p.copy() for name, p in outputs.items()}
    seen = {head.name: mask for head in program.heads if (mask := masks[head.slot]) is not None}
    if gradients is None:
        return ShardResult(losses, outputs, seen)

    for step, kept in zip(reversed(program.steps), reversed(saved), strict=True):
        dy = slopes[step.target] if len(step.targets) == 1 else [slopes[target] for target in step.targets]
        if not (step.trains or step.wants_dx) or all(slopes[target] is None for target in step.targets):
            continue
        call.enter(step.number, step.wants_dx, False)
        call.onto = slopes[step.sources[0]]
        into = gradients(step) if step.trains else {}
        dx = step.layer.backward(step.weights, into, kept, dy, call)
        if step.layer.whole_batch:
            dx = yield from dx
        if step.trains:
            written(step, into)
        for target in step.targets:
            slopes[target] = None
        if step.wants_dx:
            _hand_back(step, dx, slopes, call)
        if clock:
            clock.lap(step.name, "backward")
    return ShardResult(losses, outputs, seen)


def start_values(program: Program, batch: Batch, rows: slice,
                 call: ShardCall) -> tuple[list[Array | None], list[Array | None]]:  # fmt: skip
    """Every slot's value and mask before the first step: the model's inputs, and nothing else yet."""
    values: list[Array | None] = [None] * program.slots
    masks: list[Array | None] = [None] * program.slots
    for slot, name in enumerate(program.graph.inputs):
        x = batch.inputs[name]
        if isinstance(x, np.ndarray):
            x = x[rows]
        else:
            count = len(range(*rows.indices(batch.rows)))
            x = x.gather(rows, call.empty((count, *x.shape[1:]), x.dtype))
        if name in batch.divisors:
            x = np.divide(x, program.dtype.type(batch.divisors[name]), out=call.empty(x.shape))
        values[slot] = x
        if name in batch.lengths:
            masks[slot] = np.arange(x.shape[1]) < batch.lengths[name][rows, None]
    return values, masks


def run_step(step: Step, values: list[Array | None], masks: list[Array | None],
             call: ShardCall) -> Generator[Array, Array, Any]:  # fmt: skip
    """One step forward: fills in its targets' values and masks, and returns what it saved for backward."""
    layer = step.layer
    given = [masks[source] for source in step.sources]
    x = [values[source] for source in step.sources] if layer.merges else values[step.sources[0]]
    call.enter(step.number, step.wants_dx, step.overwrite, given)
    # before forward, which may write over x
    if layer.makes_mask or any(mask is not None for mask in given):
        masks[step.target] = layer.output_mask(x, given)
    result = layer.forward(step.weights, x, call)
    if layer.whole_batch:
        result = yield from result
    y, kept = result
    if len(step.targets) == 1:
        values[step.target] = y
    else:
        for target, part in zip(step.targets, y, strict=True):
            values[target] = part
    return kept


def _loss(objective, call, batch, rows, values, masks, slopes, losses, outputs):
    """One output's loss and, where slopes are wanted, the gradient of the slot it reads."""
    loss, head = objective.loss, objective.head
    y = batch.targets[head.name][rows]
    mask = masks[head.slot]
    if mask is None and call.kernels and objective.compiled is not None and values[objective.slot].ndim == 2:
        weights = None if batch.weights is None else batch.weights[rows]
        _compiled_loss(objective, call, y, weights, values, slopes, losses, outputs)
        return
    lengths = {}
    if loss.wants_lengths:
        lengths = {"lengths": None if mask is None else np.count_nonzero(mask, axis=1),
                   "compiled": call.kernels and call.kernels.ctc}  # fmt: skip
        mask = None
    if objective.fused:
        slot = head.activation.sources[0]
        z = values[slot]
        if not head.activation.overwrite:
            z = z.copy()  # the layer before looks at it again in backward
        p = call.empty(z.shape)
        each, kept = loss.forward_logits(y, z, p, **lengths)
    else:
        slot = head.slot
        p = values[slot]
        each, kept = loss.forward(y, p, **lengths)
    outputs[head.name] = p

    weights = None if batch.weights is None else batch.weights[rows].reshape(-1, *[1] * (each.ndim - 1))
    per_row = each.size // len(each) if len(each) else 1
    share = 1 / (call.batch_rows * per_row)  # sum over the batch / number of elements
    if mask is not None and each.ndim >= mask.ndim:
        real = mask.astype(each.dtype).reshape(*mask.shape, *[1] * (each.ndim - mask.ndim))
        weights = real if weights is None else real * weights
        [count] = yield real.sum(keepdims=True).reshape(1)
        count = float(count) * (each.size // mask.size)  # a step may have several losses
        share = 1 / count if count else 0.0  # sum over the batch / number of elements that are no padding
    if weights is not None:
        losses[head.name] = float(np.add.reduce(each * weights, axis=None)) * share
    else:
        losses[head.name] = float(np.add.reduce(each, axis=None)) * share
    if slopes is None:
        return
    dl = np.full(each.shape, share * objective.weight, p.dtype)
    if weights is not None:
        dl *= weights
    dp = loss.backward_logits(kept, dl) if objective.fused else loss.backward(kept, dl)
    _add(slopes, slot, dp, call)


def _compiled_loss(objective, call, y, weights, values, slopes, losses, outputs):
    """The same in one compiled call (kernels/ops/dense.py)."""
    head, z = objective.head, values[objective.slot]
    p = z
    if objective.fused and not head.activation.overwrite:
        p = call.empty(z.shape)
        np.copyto(p, z)
    targets, labels, weights = objective.told(y, weights, z.shape[1], p.dtype)
    share = p.dtype.type(objective.weight / call.batch_rows)
    dp = call.empty(p.shape)
    total = call.kernels.dense.losses_of(p, dp, targets, labels, weights, np.arange(len(p)), share, objective.compiled, 0,
                                         len(p))  # fmt: skip
    losses[head.name] = total / objective.weight
    outputs[head.name] = p
    if slopes is not None:
        _add(slopes, objective.slot, dp, call)


def _hand_back(step, dx, slopes, call):
    """Gives each source of a step its gradient."""
    if not step.layer.merges:
        _add(slopes, step.sources[0], dx, call)
        return
    given: list[Array] = []
    for slot, part in zip(step.sources, dx, strict=True):
        if part is None:
            continue  # nothing before that source is trained
        if any(part is other for other in given):
            other = call.empty(part.shape, part.dtype)  # two sources must not own one array: backward may write into it
            np.copyto(other, part)
            part = other
        given.append(part)
        _add(slopes, slot, part, call)


def _add(slopes, slot, part, call):
    """A tensor used in several places has the sum of their gradients."""
    if slopes[slot] is None:
        slopes[slot] = part
    elif slopes[slot] is not part:  # which a layer may have added to itself
        slopes[slot] = added(slopes[slot], part, call.empty(part.shape), call)
