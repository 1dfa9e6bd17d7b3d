"""One shard's pass through the model: forward, losses, backward.

All three are generators, because some layers and losses need a sum over the whole batch: they yield this shard's
partial sum and are sent the sum over all shards (see `nn.layers.base.WholeBatch`). The executor drives the shards side
by side.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnctl.engine.arena import ShardCall
from nnctl.engine.batch import Batch
from nnctl.engine.gradient_buffers import GradientBuffers
from nnctl.engine.objective import Objective
from nnctl.engine.program import Program
from nnctl.engine.steps import Step
from nnctl.nn.layers.base import Array, added


@dataclass(frozen=True)
class ShardResult:
    """What one shard gives.

    Attributes:
        losses: by output, the sum of weight * loss over the shard's rows, divided by the batch's count.
        outputs: by output, the predictions.
        masks: by output, which time steps are real, for outputs that have padding.
    """

    losses: dict[str, float]
    outputs: dict[str, Array]
    masks: dict[str, Array]


ShardPass = Generator[Array, Array, ShardResult]
PartialSums = Generator[Array, Array, Any]


@dataclass
class Tensors:
    """What is known of each slot during a pass.

    Attributes:
        values: the tensors, filled in by forward.
        masks: which time steps are real, or None.
        gradients: of the loss with respect to each tensor, filled in by the losses and backward.
        saved: by step, what forward keeps for backward.
    """

    values: list[Array | None]
    masks: list[Array | None]
    gradients: list[Array | None]
    saved: list[Any] = field(default_factory=list)

    def add_gradient(self, slot: int, gradient: Array, call: ShardCall) -> None:
        """A tensor that is used in several places gets the sum of their gradients."""
        before = self.gradients[slot]
        if before is None:
            self.gradients[slot] = gradient
        elif before is not gradient:  # a layer may have added its own already (call.onto)
            self.gradients[slot] = added(before, gradient, call.empty(gradient.shape), call)


def shard_pass(program: Program, objectives: Sequence[Objective], call: ShardCall, batch: Batch, rows: slice,
               buffers: GradientBuffers | None, *, begin: Callable[[], None] = lambda: None,
               keep_outputs: bool = False) -> ShardPass:  # fmt: skip
    """Runs some rows of a batch forward, computes their losses and, where gradients are wanted, runs backward.

    Args:
        buffers: where the weights' gradients are written; None for no backward pass.
        begin: called when the pass starts.
        keep_outputs: copy the predictions out of the arena, because another pass uses it before they are read.
    """
    begin()
    if call.clock:
        call.clock.start()
    tensors = start(program, batch, rows, call)
    yield from _forward(program, objectives, tensors, call)
    losses: dict[str, float] = {}
    outputs: dict[str, Array] = {}
    for objective in objectives:
        name = objective.head.name
        losses[name], outputs[name] = yield from output_loss(objective, batch, rows, tensors, call, buffers is not None)
        if call.clock:
            call.clock.lap(f"loss of {name}", "forward")
    for head in program.heads:
        if head.name not in outputs:
            outputs[head.name] = _there(tensors.values[head.slot])
    if keep_outputs:
        outputs = {name: p.copy() for name, p in outputs.items()}
    masks = {head.name: mask for head in program.heads if (mask := tensors.masks[head.slot]) is not None}
    if buffers is not None:
        yield from _backward(program, tensors, buffers, call)
    return ShardResult(losses, outputs, masks)


def start(program: Program, batch: Batch, rows: slice, call: ShardCall) -> Tensors:
    """The tensors before the first step: the model's inputs and their masks."""
    empty: list[Array | None] = [None] * program.slots
    tensors = Tensors(empty.copy(), empty.copy(), empty)
    for slot, name in enumerate(program.graph.inputs):
        given = batch.inputs[name]
        if isinstance(given, np.ndarray):
            x = given[rows]
        else:
            count = len(range(*rows.indices(batch.rows)))
            x = given.gather(rows, call.empty((count, *given.shape[1:]), given.dtype))
        if name in batch.divisors:
            x = np.divide(x, program.dtype.type(batch.divisors[name]), out=call.empty(x.shape))
        tensors.values[slot] = x
        if name in batch.lengths:
            tensors.masks[slot] = np.arange(x.shape[1]) < batch.lengths[name][rows, None]
    return tensors


# Forward


def _forward(program: Program, objectives: Sequence[Objective], tensors: Tensors, call: ShardCall) -> PartialSums:
    """Runs all steps but the activations that losses are fused with."""
    fused = {id(objective.head.activation) for objective in objectives if objective.fused}
    for step in program.steps:
        if id(step) in fused:
            tensors.masks[step.target] = tensors.masks[step.sources[0]]
            tensors.saved.append(None)
            continue
        saved = yield from run_step(step, tensors, call)
        tensors.saved.append(saved if call.training else None)
        if call.clock:
            call.clock.lap(step.name, "forward")


def run_alone(sums: PartialSums) -> Any:
    """What a step or a loss returns that may sum over the whole batch, if its shard is the whole batch."""
    try:
        partial_sum = next(sums)
        while True:
            partial_sum = sums.send(partial_sum)
    except StopIteration as end:
        return end.value


def run_step(step: Step, tensors: Tensors, call: ShardCall) -> PartialSums:
    """Runs one step forward: fills in its targets' values and masks, and returns what it saves for backward."""
    layer, values, masks = step.layer, tensors.values, tensors.masks
    given = [masks[source] for source in step.sources]
    x: Any = [values[source] for source in step.sources] if layer.merges else values[step.sources[0]]
    call.enter(step.number, step.wants_dx, step.overwrite, given)
    # before forward, which may write over x
    if layer.makes_mask or any(mask is not None for mask in given):
        masks[step.target] = layer.output_mask(x, given)
    result: Any = layer.forward(step.weights, x, call)
    if layer.whole_batch:
        result = yield from result
    y, saved = result
    if len(step.targets) == 1:
        values[step.target] = y
    else:
        for target, value in zip(step.targets, y, strict=True):
            values[target] = value
    return saved


# Losses


def output_loss(objective: Objective, batch: Batch, rows: slice, tensors: Tensors, call: ShardCall,
                backward: bool) -> Generator[Array, Array, tuple[float, Array]]:  # fmt: skip
    """One output's loss and its predictions; where backward follows, also the gradient of the slot that it reads."""
    loss, head, slot = objective.loss, objective.head, objective.slot
    y, mask = batch.targets[head.name][rows], tensors.masks[head.slot]
    weights = None if batch.weights is None else batch.weights[rows]
    x = _there(tensors.values[slot])
    if mask is None and call.kernels and objective.compiled is not None and x.ndim == 2:
        return _compiled_loss(objective, y, weights, tensors, call, backward)
    lengths: dict[str, Any] = {}
    if loss.wants_lengths:
        lengths = {"lengths": None if mask is None else np.count_nonzero(mask, axis=1),
                   "compiled": call.kernels and call.kernels.ctc}  # fmt: skip
        mask = None
    if objective.fused:
        z = x if objective.may_overwrite else x.copy()  # the layer before needs it again in backward
        p = call.empty(z.shape)
        each, saved = loss.forward_logits(y, z, p, **lengths)
    else:
        p = x
        each, saved = loss.forward(y, p, **lengths)

    weights = None if weights is None else weights.reshape(-1, *[1] * (each.ndim - 1))
    per_row = each.size // len(each) if len(each) else 1
    scale = 1 / (call.batch_rows * per_row)  # the mean over all elements of the batch
    if mask is not None and each.ndim >= mask.ndim:
        real = mask.astype(each.dtype).reshape(*mask.shape, *[1] * (each.ndim - mask.ndim))
        weights = real if weights is None else real * weights
        [total] = yield real.sum(keepdims=True).reshape(1)
        count = float(total) * (each.size // mask.size)  # a time step may have several losses
        scale = 1 / count if count else 0.0  # the mean over all elements that are not padding
    value = float(np.add.reduce(each if weights is None else each * weights, axis=None)) * scale
    if backward:
        dl = np.full(each.shape, scale * objective.weight, p.dtype)
        if weights is not None:
            dl *= weights
        dx = loss.backward_logits(saved, dl) if objective.fused else loss.backward(saved, dl)
        tensors.add_gradient(slot, dx, call)
    return value, p


def _compiled_loss(objective: Objective, y: Array, weights: Array | None, tensors: Tensors, call: ShardCall,
                   backward: bool) -> tuple[float, Array]:  # fmt: skip
    """The same in one compiled call (kernels/ops/dense.py)."""
    z = p = _there(tensors.values[objective.slot])
    if objective.fused and not objective.may_overwrite:
        p = call.empty(z.shape)
        np.copyto(p, z)
    arguments = objective.compiled_arguments(y, weights, z.shape[1], p.dtype)
    scale = p.dtype.type(objective.weight / call.batch_rows)
    dx = call.empty(p.shape)
    total = call.kernels.dense.losses_of(p, dx, *arguments, np.arange(len(p)), scale, objective.compiled, 0, len(p))
    if backward:
        tensors.add_gradient(objective.slot, dx, call)
    return total / objective.weight, p


# Backward


def _backward(program: Program, tensors: Tensors, buffers: GradientBuffers, call: ShardCall) -> PartialSums:
    """Runs the steps backward: the weights' gradients go to the buffers, the tensors' gradients to the steps before."""
    gradients = tensors.gradients
    for step, saved in zip(reversed(program.steps), reversed(tensors.saved), strict=True):
        if not (step.trains or step.wants_dx) or all(gradients[target] is None for target in step.targets):
            continue
        dy: Any = [gradients[target] for target in step.targets]
        if len(dy) == 1:
            [dy] = dy
        call.enter(step.number, step.wants_dx, False)
        call.onto = gradients[step.sources[0]]
        into = buffers.into(step) if step.trains else {}
        dx: Any = step.layer.backward(step.weights, into, saved, dy, call)
        if step.layer.whole_batch:
            dx = yield from dx
        if step.trains:
            buffers.written(step, into)
        for target in step.targets:
            gradients[target] = None
        if step.wants_dx:
            pass_on(step, dx, tensors, call)
        if call.clock:
            call.clock.lap(step.name, "backward")


def pass_on(step: Step, dx: Any, tensors: Tensors, call: ShardCall) -> None:
    """Gives each source of a step its gradient."""
    if not step.layer.merges:
        tensors.add_gradient(step.sources[0], dx, call)
        return
    given: list[Array] = []
    for slot, gradient in zip(step.sources, dx, strict=True):
        if gradient is None:
            continue  # nothing before that source is trained
        if any(gradient is other for other in given):
            # two sources must not own one array: backward may write into it
            copy = call.empty(gradient.shape, gradient.dtype)
            np.copyto(copy, gradient)
            gradient = copy
        given.append(gradient)
        tensors.add_gradient(slot, gradient, call)


def _there(tensor: Array | None) -> Array:
    assert tensor is not None
    return tensor
