"""The forward pass and the losses, on tensors: the counterpart of nnctl/engine/shard_pass.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnctl.engine.batch import Batch
from nnctl.engine.objective import Objective
from nnctl.engine.profiler import Clock
from nnctl.engine.program import Program
from nnctl.engine.steps import Step
from nnctl.errors import InputError
from nnctl.torch_engine.call import TorchCall
from nnctl.torch_engine.lowering.losses import loss_values, loss_values_of_logits, mean_loss_of_logits
from nnctl.torch_engine.lowering.masks import mask_of
from nnctl.torch_engine.lowering.regularizers import penalty
from nnctl.torch_engine.lowering.table import lowered
from nnctl.torch_engine.ranks import Ranks

Tensors = dict[str, Tensor]


@dataclass
class Pass:
    """A batch as tensors.

    Attributes:
        inputs, targets, masks: by name; masks only of inputs that have padding.
        weights: (rows,), or None.
        whole_rows: rows of the whole batch, on all ranks; first_row: the first one here.
        copies: how many ranks compute the same rows, which they do where a batch has fewer rows than there are ranks.
        shard, shards: which one of this rank's shards it is, from 0, and how many there are.
        losses: whether losses are computed.
        clock: measures the time of each step; or None.
    """

    inputs: Tensors
    targets: Tensors
    masks: Tensors
    weights: Tensor | None
    whole_rows: int
    first_row: int
    copies: int
    shard: int
    shards: int
    training: bool
    step: int
    losses: bool
    clock: Clock | None

    @classmethod
    def of(cls, batch: Batch, rows: slice, program: Program, device: torch.device, *, training: bool, copies: int = 1,
           shard: int = 0, shards: int = 1, step: int = 0, losses: bool = True,
           clock: Clock | None = None) -> Pass:  # fmt: skip
        """Some rows of a batch."""
        dtype = torch.float64 if program.dtype == np.float64 else torch.float32
        inputs: Tensors = {}
        masks: Tensors = {}
        for name in program.graph.inputs:
            given = batch.inputs[name]
            if isinstance(given, np.ndarray):
                x = given[rows]
            else:
                x = given.gather(rows, np.empty((rows.stop - rows.start, *given.shape[1:]), given.dtype))
            tensor = _tensor(x, device)
            if name in batch.divisors:
                tensor = tensor.to(dtype) / torch.as_tensor(batch.divisors[name], dtype=dtype, device=device)
            inputs[name] = tensor
            if name in batch.lengths:
                lengths = _tensor(batch.lengths[name][rows], device)
                masks[name] = torch.arange(tensor.shape[1], device=device) < lengths[:, None]
        targets = {name: _tensor(y[rows], device) for name, y in batch.targets.items()} if losses else {}
        weights = None if batch.weights is None else _tensor(batch.weights[rows], device).to(dtype)
        return cls(
            inputs,
            targets,
            masks,
            weights,
            batch.rows,
            rows.start,
            copies,
            shard,
            shards,
            training,
            step,
            losses,
            clock,
        )


def _tensor(array: np.ndarray, device: torch.device) -> Tensor:
    """An array as a tensor, whose memory it shares on the CPU."""
    if not array.flags.writeable:  # PyTorch would warn
        array = array.copy()
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor if device.type == "cpu" else tensor.to(device, non_blocking=True)


@dataclass
class Found:
    """What a pass gives. total: what is minimized. losses: by output, of this rank's rows, divided by the whole
    batch's count. penalty: what the regularizers add, or None."""

    total: Tensor
    losses: Tensors
    outputs: Tensors
    masks: Tensors
    penalty: Tensor | None


class Forward:
    """Runs a program's steps and losses.

    weights: all weights by "node/name".
    """

    def __init__(self, program: Program, objectives: Sequence[Objective], weights: Mapping[str, Tensor],
                 ranks: Ranks | None):  # fmt: skip
        self._program, self._objectives, self._ranks = program, objectives, ranks
        self._weights = weights
        fused = {id(objective.head.activation) for objective in objectives if objective.fused}
        self._steps = [(step, None if id(step) in fused else lowered(step.layer), self._weights_of(step))
                       for step in program.steps]  # fmt: skip

    def _weights_of(self, step: Step) -> Tensors:
        return {name: self._weights[f"{step.owner}/{name}"] for name in step.weights}

    def __call__(self, given: Pass) -> Found:
        program = self._program
        any_weight = next(iter(self._weights.values()), None)
        first = next(iter(given.inputs.values()))
        dtype = torch.float64 if program.dtype == np.float64 else torch.float32
        call = TorchCall(
            training=given.training, device=first.device, dtype=any_weight.dtype if any_weight is not None else dtype,
            batch_rows=given.whole_rows, seed=program.seed, step=given.step, first_row=given.first_row,
            all_reduce=self._ranks.reduced if self._ranks and given.training else None,
        )  # fmt: skip
        values: list[Any] = [None] * program.slots
        masks: list[Tensor | None] = [None] * program.slots
        for slot, name in enumerate(program.graph.inputs):
            values[slot], masks[slot] = given.inputs[name], given.masks.get(name)
        for step, function, weights in self._steps:
            if function is None:  # the activation that its loss is fused with
                masks[step.target] = masks[step.sources[0]]
                continue
            self._run(step, function, weights, values, masks, call)
            if given.clock:
                given.clock.lap(step.name, "forward")
        return self._losses(given, values, masks, call)

    def _run(self, step: Step, function: Any, weights: Tensors, values: list[Any], masks: list[Tensor | None],
             call: TorchCall) -> None:  # fmt: skip
        layer = step.layer
        own = tuple(masks[source] for source in step.sources)
        x: Any = [values[source] for source in step.sources] if layer.merges else values[step.sources[0]]
        call.number, call.masks = step.number, own
        y = function(layer, weights, x, call)
        if layer.makes_mask or any(mask is not None for mask in own):
            masks[step.target] = mask_of(layer, x, own)
        if len(step.targets) == 1:
            values[step.target] = y
        else:
            for target, value in zip(step.targets, y, strict=True):
                values[target] = value

    def _losses(self, given: Pass, values: list[Any], masks: list[Tensor | None], call: TorchCall) -> Found:
        outputs: Tensors = {}
        losses: Tensors = {}
        total: Tensor | None = None
        for objective in self._objectives if given.losses else ():
            name = objective.head.name
            losses[name], outputs[name] = self._loss(objective, given, values, masks, call)
            weighted = losses[name] if objective.weight == 1 else objective.weight * losses[name]
            total = weighted if total is None else total + weighted
        for head in self._program.heads:
            if head.name not in outputs:
                outputs[head.name] = self._output(head, values)
        if total is None:
            total = torch.zeros((), dtype=call.dtype, device=call.device)
        if self._ranks:
            total = total * self._ranks.size  # DistributedDataParallel takes the mean of the ranks' gradients
        penalties = [penalty(regularizer, self._weights[key]) for key, regularizer in self._program.regularized]
        added = torch.stack(penalties).sum() if penalties and given.losses and not given.shard else None
        of_heads = {head.name: mask for head in self._program.heads if (mask := masks[head.slot]) is not None}
        if added is not None:
            total = total + added
        return Found(total, losses, outputs, of_heads, added)

    def _output(self, head: Any, values: list[Any]) -> Tensor:
        """A prediction; where losses are not computed, its activation is still to be applied."""
        if values[head.slot] is None:
            step = head.activation
            function = lowered(step.layer)
            values[head.slot] = function(step.layer, {}, values[step.sources[0]], None)
        found: Tensor = values[head.slot]
        return found

    def _loss(self, objective: Objective, given: Pass, values: list[Any], masks: list[Tensor | None],
              call: TorchCall) -> tuple[Tensor, Tensor]:  # fmt: skip
        """One output's loss, and its predictions."""
        loss, head = objective.loss, objective.head
        y, mask, weights = given.targets[head.name], masks[head.slot], given.weights
        lengths = None
        if loss.wants_lengths:
            lengths, mask = None if mask is None else mask.sum(dim=1), None
        x = values[objective.slot]
        # of all rows at once, which is one call where a sum and a product are two
        simple = weights is None and mask is None and len(x) == given.whole_rows and given.copies == 1
        if objective.fused and simple:
            return mean_loss_of_logits(loss, y, x, lengths)
        if objective.fused:
            each, p = loss_values_of_logits(loss, y, x, lengths)
        else:
            each, p = loss_values(loss, y, x, lengths), x
        if simple:
            return each.mean(), p
        if weights is not None:
            weights = weights.reshape(-1, *[1] * (each.ndim - 1))
        per_row = each.numel() // len(each) if len(each) else 1
        scale: Any = 1 / (given.whole_rows * per_row * given.copies)  # the mean over all elements of the batch
        if mask is not None and each.ndim >= mask.ndim:
            if given.shards > 1:
                raise InputError("shard_rows cannot be used with losses of padded sequences on the torch engine",
                                 "engine.shard_rows", "remove it")  # fmt: skip
            real = mask.to(each.dtype).reshape(*mask.shape, *[1] * (each.ndim - mask.ndim))
            weights = real if weights is None else real * weights
            count = real.sum()
            if self._ranks:
                count = self._ranks.sum_of_tensor(count)
            count = count * (each.numel() // mask.numel())  # a time step may have several losses
            scale = torch.where(count > 0, 1 / count.clamp(min=1), torch.zeros_like(count))
        return (each if weights is None else each * weights).sum() * scale, p
