"""One row's pass through a model, forward and backward, with every number kept.

The steps are the engine's own, run one after another on NumPy without fusions, as in inference: layers such as Dropout
pass their input on, and BatchNormalization uses its moving averages. Gradients are those of this computation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnctl.engine.arena import ShardCall
from nnctl.engine.batch import Batch
from nnctl.engine.executor_base import ExecutorBase
from nnctl.engine.gradient_buffers import GradientBuffers
from nnctl.engine.objective import Objective
from nnctl.engine.program import Program
from nnctl.engine.shard_pass import Tensors, output_loss, pass_on, run_alone, run_step, start
from nnctl.engine.steps import Step
from nnctl.training.model import Model

Array = np.ndarray
ROW = slice(0, 1)


@dataclass
class TracedStep:
    """One call of a layer. All tensors have the batch axis, of one row.

    names: of the tensors in x. y: the output; states: further outputs. mask: of the output, which time steps are real;
    given_mask: of the first input. saved: what forward kept for backward. dy, dstates, dx: the gradients of the loss
    with respect to y, to the states and to each of x; None where the engine does not need them. gradients: of the
    loss, by weight, of this use of the weights. fused_with: the loss that this activation is computed together with,
    or None.
    """

    step: Step
    names: tuple[str, ...]
    x: list[Array]
    y: Array
    states: list[Array] = field(default_factory=list)
    mask: Array | None = None
    given_mask: Array | None = None
    saved: Any = None
    dy: Array | None = None
    dstates: list[Array | None] = field(default_factory=list)
    dx: list[Array | None] = field(default_factory=list)
    gradients: dict[str, Array] = field(default_factory=dict)
    fused_with: Objective | None = None

    @property
    def layer(self) -> Any:
        return self.step.layer

    @property
    def symbol(self) -> str:
        """What formulas call the output: z where it is called so before an activation, which may follow; else y."""
        function = self.layer.outer_activation()
        follows = function is not None and not function.is_identity
        return "z" if follows or self.layer.kind in ("Conv1D", "Conv2D", "Dense") else "y"

    @property
    def weights(self) -> dict[str, Array]:
        return dict(self.step.weights)


@dataclass(frozen=True)
class TracedLoss:
    """One output's loss. y: the target; p: the prediction. z: what the loss reads: the input of the last activation if
    the two are computed together, else p. each: the loss of every position that is not padding; value: their mean,
    times the row's sample weight. gradient: with respect to z."""

    objective: Objective
    y: Array
    p: Array
    z: Array
    each: Array
    value: float
    gradient: Array
    mask: Array | None

    @property
    def name(self) -> str:
        return self.objective.head.name

    @property
    def unweighted(self) -> float:
        """The loss without the row's sample weight."""
        return float(self.each.mean()) if self.each.size else 0.0

    @property
    def real(self) -> Array:
        """Which positions of the prediction are not padding: the shape of p without its last axis."""
        shape = self.p.shape[:-1]
        if self.mask is None or self.mask.ndim > len(shape):
            return np.ones(shape, bool)
        return np.broadcast_to(self.mask.reshape(*self.mask.shape, *[1] * (len(shape) - self.mask.ndim)), shape)


@dataclass(frozen=True)
class Trace:
    """Everything that was computed for a row.

    inputs: by name. outputs: the predictions by name; output_masks: which of their time steps are real. losses: empty
    if the row has no target. penalties: by weight, what its regularizer adds to the loss. total: the sum of the
    weighted losses and the penalties. gradients: by weight, of the total.
    """

    program: Program
    inputs: dict[str, Array]
    input_masks: dict[str, Array]
    steps: tuple[TracedStep, ...]
    outputs: dict[str, Array]
    output_masks: dict[str, Array | None]
    losses: tuple[TracedLoss, ...]
    penalties: dict[str, float]
    total: float
    gradients: dict[str, Array]
    flat_gradients: Array


def trace(model: Model, batch: Batch, parameters: Array | None = None) -> Trace:
    """Computes a batch of one row. parameters: weights in place of the model's, in the same flat layout."""
    program = _plain_program(model, parameters)
    objectives = ExecutorBase(program, model.spec.losses, model.spec.loss_weights).objectives if batch.targets else ()
    call = ShardCall(program.seed, program.dtype, training=False, keeps=False)
    call.begin(shard=0, first_row=0, batch_rows=1, step=0)
    tensors = start(program, batch, ROW, call)
    names = {slot: name for name, slot in _slots(program).items()}
    inputs = {name: _kept(tensors.values[slot]) for slot, name in enumerate(program.graph.inputs)}
    masks = {name: mask for slot, name in enumerate(program.graph.inputs) if (mask := tensors.masks[slot]) is not None}
    steps = _forward(program, objectives, tensors, call, names)
    losses = [_loss(objective, batch, tensors, call) for objective in objectives]
    for traced in steps:
        if traced.fused_with is not None:
            [traced.y] = [loss.p for loss in losses if loss.objective is traced.fused_with]
    last = {head.name: next(each for each in steps if each.step.target == head.slot) for head in program.heads}
    outputs, output_masks = ({n: getattr(each, what) for n, each in last.items()} for what in ("y", "mask"))
    buffers = GradientBuffers(program)
    if losses:
        _backward(steps, tensors, buffers, call)
    penalties = {}
    for key, regularizer in program.regularized if losses else ():
        penalties[key] = float(regularizer.penalty(program.view(key)))
        program.view(key, buffers.gradients)[...] += regularizer.gradient(program.view(key))
    total = sum(loss.objective.weight * loss.value for loss in losses) + sum(penalties.values())
    gradients = {key: program.view(key, buffers.gradients) for key in program.spans} if losses else {}
    return Trace(program, inputs, masks, tuple(steps), outputs, output_masks, tuple(losses), penalties, total,
                 gradients, buffers.gradients)  # fmt: skip


def _plain_program(model: Model, parameters: Array | None) -> Program:
    """The model's program without fused steps: each layer, and each activation, is a step of its own."""
    original = model.program
    program = Program(model.graph, seed=original.seed, dtype=original.dtype, initialize=False,
                      fuse=original.fuse & {"loss"})  # fmt: skip
    program.parameters[...] = original.parameters if parameters is None else parameters
    program.state[...] = original.state
    return program


def _slots(program: Program) -> dict[str, int]:
    """The slot of each tensor by its name. An activation of its own, `dense.relu`, is the later slot of `dense`."""
    slots = {name: slot for slot, name in enumerate(program.graph.inputs)}
    for step in program.steps:
        slots |= dict(zip((step.name, *(f"{step.name}.{s}" for s in step.layer.state_names())), step.targets,
                          strict=True))  # fmt: skip
    return slots


def _forward(program: Program, objectives: Sequence[Objective], tensors: Tensors, call: ShardCall,
             names: dict[int, str]) -> list[TracedStep]:  # fmt: skip
    fused = {id(each.head.activation): each for each in objectives if each.fused}
    traced = []
    for step in program.steps:
        x = [_kept(tensors.values[source]) for source in step.sources]
        sources = tuple(names[source] for source in step.sources)
        if objective := fused.get(id(step)):
            tensors.masks[step.target] = tensors.masks[step.sources[0]]
            traced.append(TracedStep(step, sources, x, x[0], mask=tensors.masks[step.target], fused_with=objective))
            continue
        given_mask = tensors.masks[step.sources[0]]
        saved = run_alone(run_step(step, tensors, call))
        y, *states = (_kept(tensors.values[target]) for target in step.targets)
        traced.append(TracedStep(step, sources, x, y, states, tensors.masks[step.target], given_mask, saved))
    return traced


def _loss(objective: Objective, batch: Batch, tensors: Tensors, call: ShardCall) -> TracedLoss:
    before, z = tensors.gradients[objective.slot], _kept(tensors.values[objective.slot])
    tensors.gradients[objective.slot] = None
    value, p = run_alone(output_loss(objective, batch, ROW, tensors, call, True))
    gradient = _kept(tensors.gradients[objective.slot])
    if before is not None:
        tensors.add_gradient(objective.slot, before, call)
    y, mask = np.asarray(batch.targets[objective.head.name]), tensors.masks[objective.head.slot]
    return TracedLoss(objective, y, p.copy(), z, _each(objective, y, z, mask), value, gradient, mask)


def _each(objective: Objective, y: Array, z: Array, mask: Array | None) -> Array:
    """The loss of every position that is not padding, as engine/shard_pass.py computes it; flat."""
    loss: Any = objective.loss
    lengths: dict[str, Any] = {}
    if loss.wants_lengths:
        lengths, mask = {"lengths": None if mask is None else np.count_nonzero(mask, axis=1), "compiled": None}, None
    if objective.fused:
        each, _saved = loss.forward_logits(y, z.copy(), np.empty_like(z), **lengths)
    else:
        each, _saved = loss.forward(y, z, **lengths)
    found: Array = each if mask is None or each.ndim < mask.ndim else each[mask]
    return found.reshape(-1)


def _backward(steps: Sequence[TracedStep], tensors: Tensors, buffers: GradientBuffers, call: ShardCall) -> None:
    """As engine/shard_pass.py runs the steps backward, with copies of all gradients."""
    buffers.begin()
    gradients = tensors.gradients
    for traced in reversed(steps):
        step = traced.step
        if not (step.trains or step.wants_dx) or all(gradients[target] is None for target in step.targets):
            continue
        given: Any = [gradients[target] for target in step.targets]
        if given[0] is not None:
            traced.dy = given[0].copy()
        traced.dstates = [None if gradient is None else gradient.copy() for gradient in given[1:]]
        call.enter(step.number, step.wants_dx, False)
        call.onto = None
        into = buffers.into(step) if step.trains else {}
        dx: Any = step.layer.backward(step.weights, into, traced.saved, given if len(given) > 1 else given[0], call)
        if step.layer.whole_batch:
            dx = run_alone(dx)
        traced.gradients = {name: gradient.copy() for name, gradient in into.items()}
        if step.trains:
            buffers.written(step, into)
        if step.wants_dx:
            each = dx if step.layer.merges else [dx]
            traced.dx = [None if gradient is None else gradient.copy() for gradient in each]
            pass_on(step, dx, tensors, call)


def _kept(tensor: Array | None) -> Array:
    assert tensor is not None
    return np.array(tensor)
