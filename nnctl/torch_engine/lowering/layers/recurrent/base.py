"""What the recurrent layers share: order of the steps, masks, states, dropout.

Where a sequence has padding, its real steps are moved to the front and computed without a mask; what the padded steps
repeat is then looked up. So the fused loops of PyTorch can be used for every mask.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nnctl.nn.activations import Sigmoid, Tanh
from nnctl.torch_engine.lowering.layers.regularization import random_mask
from nnctl.torch_engine.lowering.layers.shared import real

# on GPUs, cuDNN copies the weights, which are small, at each call
warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk of memory")


@dataclass(frozen=True)
class Sequence:
    """What a layer's steps are computed from.

    x: (rows, steps, inputs), real steps first. starts: the initial states, (rows, units) each.
    h_keep: the dropout mask of the state h, (rows, units), or None.
    padded: (rows, steps) True behind the real steps, or None where there is no mask.
    """

    x: Tensor
    starts: list[Tensor]
    h_keep: Tensor | None
    padded: Tensor | None


# computes the state h after each step, (rows, steps, units), and the states after the last one
Steps = Callable[..., tuple[Tensor, list[Tensor]]]


def recurrent(layer, w, xs, call, steps: Steps):
    """The outputs of a recurrent layer; steps: (layer, w, sequence) -> (hs, last states)."""
    xs = [real(x, call) for x in xs]
    if xs[0].device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        # few CPUs have the fused loops in bfloat16
        with torch.autocast("cpu", enabled=False):
            return _outputs(layer, w, [x.to(call.dtype) for x in xs], call, steps)
    return _outputs(layer, w, xs, call, steps)


def _outputs(layer, w, xs, call, steps: Steps):
    x, *starts = xs
    mask = call.masks[0] if call.masks else None
    if layer.go_backwards:
        x, mask = x.flip(1), None if mask is None else mask.flip(1)
    rows, _, inputs = x.shape
    h_keep = None
    if call.training and layer.dropout:
        x = x * random_mask(call, layer.dropout, (rows, 1, inputs), x, 0)
    if call.training and layer.recurrent_dropout:
        h_keep = random_mask(call, layer.recurrent_dropout, (rows, layer.units), x, 1)
    starts = [start.to(x.dtype) for start in starts] or [x.new_zeros(rows, layer.units) for _ in layer.states]
    padded = None
    if mask is not None:
        x = x.gather(1, torch.argsort(~mask, dim=1, stable=True)[..., None].expand_as(x))
        padded = torch.arange(mask.shape[1], device=mask.device) >= mask.sum(dim=1, keepdim=True)
    w = {name: weight.to(x.dtype) for name, weight in w.items()}

    hs, states = steps(layer, w, Sequence(x, starts, h_keep, padded))

    if mask is None:
        y = hs if layer.return_sequences else states[0]
    else:
        seen = mask.cumsum(dim=1)  # real steps up to each step
        last = _state_after(hs, seen[:, -1:])[:, 0]
        # before the first real step the output is 0, which a given initial state need not be
        y = _state_after(hs, seen) * (seen > 0)[..., None] if layer.return_sequences else last * (seen[:, -1:] > 0)
        states = [torch.where(seen[:, -1:] > 0, last, starts[0]), *states[1:]]
    return [y, *states] if layer.return_state else y


def _state_after(hs: Tensor, seen: Tensor) -> Tensor:
    """The state after so many real steps, (rows, n, units) for seen (rows, n); any number where it is 0."""
    return hs.gather(1, (seen - 1).clamp(min=0)[..., None].expand(-1, -1, hs.shape[2]))


def is_usual(layer, h_keep: Tensor | None) -> bool:
    """Whether PyTorch's fused loops have the layer's activations, and no dropout of the state is asked for."""
    return type(layer.activation) is Tanh and type(layer.recurrent_activation) is Sigmoid and h_keep is None


def fused(loop: Callable, w, sequence: Sequence, states, biases: list[Tensor]):
    """Calls torch.lstm and its like: (hs, last states...), the states with an axis of layers."""
    weights = [w["kernel"].t(), w["recurrent_kernel"].t(), *biases]
    return loop(sequence.x, states, weights, bool(biases), 1, 0.0, torch.is_grad_enabled(), False, True)


def dropped(h: Tensor, keep: Tensor | None) -> Tensor:
    """The state as it enters the product of a step."""
    return h if keep is None else h * keep
