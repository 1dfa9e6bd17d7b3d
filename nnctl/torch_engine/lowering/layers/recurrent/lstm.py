"""LSTM."""

import torch
from torch.nn import functional as F

from nnctl.nn.layers.recurrent.lstm import LSTM
from nnctl.torch_engine.lowering.activations import activation
from nnctl.torch_engine.lowering.layers.recurrent.base import Sequence, dropped, fused, is_usual, recurrent
from nnctl.torch_engine.lowering.table import lowers

SHUT = 1000.0  # the sigmoid of minus this is exactly 0, and that of this exactly 1


@lowers(LSTM)
def lstm(layer, w, xs, call):
    return recurrent(layer, w, xs, call, _steps)


def _steps(layer, w, sequence):
    if is_usual(layer, sequence.h_keep):
        return _fused(layer, w, sequence)
    z = F.linear(sequence.x, w["kernel"].t(), w.get("bias"))
    h, c = sequence.starts
    hs = []
    for t in range(z.shape[1]):
        gates = z[:, t] + dropped(h, sequence.h_keep) @ w["recurrent_kernel"]
        i, f, g, o = gates.chunk(4, dim=1)
        i, f, o = (activation(layer.recurrent_activation, gate) for gate in (i, f, o))
        new = f * c + i * activation(layer.activation, g)
        h = o * activation(layer.activation, new)
        c = new if sequence.padded is None else torch.where(sequence.padded[:, t, None], c, new)
        hs.append(h)
    return torch.stack(hs, dim=1), [h, c]


def _fused(layer, w, sequence):
    if layer.return_state and sequence.padded is not None:
        w, sequence = _held(layer, w, sequence)
    bias = [w["bias"], torch.zeros_like(w["bias"])] if layer.use_bias else []
    hs, h, c = fused(torch.lstm, w, sequence, [state.unsqueeze(0) for state in sequence.starts], bias)
    return hs, [h[0], c[0]]


def _held(layer, w, sequence):
    """A further input that is 1 where a step is padding: it opens the forget gate and shuts the input gate, so that c
    is kept. (The state h is looked up where the real steps end.)"""
    mark = sequence.padded[..., None].to(sequence.x.dtype)
    x = torch.cat((sequence.x, mark), dim=-1)
    row = x.new_zeros(1, 4 * layer.units)
    row[:, : layer.units], row[:, layer.units : 2 * layer.units] = -SHUT, SHUT
    kernel = torch.cat((w["kernel"], row))
    return w | {"kernel": kernel}, Sequence(x, sequence.starts, None, sequence.padded)
