"""Recurrent layers: padding for PyTorch's own, and cells that these do not have."""

import torch
import torch.nn.functional as F
from torch import nn


def without_padding(rnn, x, mask, state=None):
    """Runs rnn over the steps of each row where the mask is True.

    Returns its outputs, in which the real steps of a row come first, and its state,
    which a row of padding alone leaves as it was.
    """
    order = (~mask).int().argsort(dim=1, stable=True)
    x = x.gather(1, order[..., None].expand_as(x))
    lengths = mask.sum(dim=1).clamp(min=1).cpu()
    packed = nn.utils.rnn.pack_padded_sequence(
        x, lengths, batch_first=True, enforce_sorted=False
    )
    y, last = rnn(packed, state)
    y, _ = nn.utils.rnn.pad_packed_sequence(
        y, batch_first=True, total_length=x.shape[1]
    )
    real = mask.any(dim=1)[:, None]
    if isinstance(last, tuple):
        start = (0, 0) if state is None else state
        pairs = zip(last, start, strict=True)
        return y, tuple(torch.where(real, *pair) for pair in pairs)
    return y, torch.where(real, last, 0 if state is None else state)


def at_each_step(y, mask):
    """The outputs of `without_padding` at the steps that they belong to.

    A padded step repeats the output before it, which is 0 before the first real step.
    """
    seen = mask.cumsum(dim=1)[..., None]
    y = y.gather(1, (seen - 1).clamp(min=0).expand(-1, -1, y.shape[2]))
    return y * (seen > 0)


def run_cell(cell, x, mask=None, state=None):
    """Runs a cell step by step; a padded step (mask False) keeps the state.

    Returns the first state after each step, and all states after the last one.
    """
    if state is None:
        state = (x.new_zeros(len(x), cell.units),) * cell.states
    kept = F.dropout(torch.ones_like(state[0]), cell.recurrent_dropout, cell.training)
    outputs = []
    for t in range(x.shape[1]):
        new = cell(x[:, t], kept, *state)
        if mask is not None:
            real = mask[:, t, None]
            new = tuple(
                torch.where(real, *pair) for pair in zip(new, state, strict=True)
            )
        state = new
        outputs.append(state[0])
    y = torch.stack(outputs, dim=1)
    if mask is not None:  # there is no output before the first real step
        y = y * (mask.cumsum(dim=1) > 0)[..., None]
    return y, state


class LSTMCell(nn.Module):
    """One step of an LSTM with any activations. kept: the dropout of the state."""

    states = 2

    def __init__(
        self, inputs, units, activation, gate, bias=True, recurrent_dropout=0.0
    ):
        super().__init__()
        self.units, self.activation, self.gate = units, activation, gate
        self.recurrent_dropout = recurrent_dropout
        self.input = nn.Linear(inputs, 4 * units, bias)
        self.recurrent = nn.Linear(units, 4 * units, bias=False)

    def forward(self, x, kept, h, c):
        i, f, g, o = (self.input(x) + self.recurrent(h * kept)).chunk(4, dim=-1)
        c = self.gate(f) * c + self.gate(i) * self.activation(g)
        return self.gate(o) * self.activation(c), c


class GRUCell(nn.Module):
    """One step of a GRU with any activations. kept: the dropout of the state."""

    states = 1

    def __init__(
        self, inputs, units, activation, gate, bias=True, recurrent_dropout=0.0
    ):
        super().__init__()
        self.units, self.activation, self.gate = units, activation, gate
        self.recurrent_dropout = recurrent_dropout
        self.input = nn.Linear(inputs, 3 * units, bias)
        self.recurrent = nn.Linear(units, 3 * units, bias)

    def forward(self, x, kept, h):
        x_z, x_r, x_g = self.input(x).chunk(3, dim=-1)
        h_z, h_r, h_g = self.recurrent(h * kept).chunk(3, dim=-1)
        z, r = self.gate(x_z + h_z), self.gate(x_r + h_r)
        return (z * h + (1 - z) * self.activation(x_g + r * h_g),)


class GRUCellResetBefore(nn.Module):
    """One step of a GRU that resets the state before its product with the weights."""

    states = 1

    def __init__(
        self, inputs, units, activation, gate, bias=True, recurrent_dropout=0.0
    ):
        super().__init__()
        self.units, self.activation, self.gate = units, activation, gate
        self.recurrent_dropout = recurrent_dropout
        self.input = nn.Linear(inputs, 3 * units, bias)
        self.gates = nn.Linear(units, 2 * units, bias=False)
        self.candidate = nn.Linear(units, units, bias=False)

    def forward(self, x, kept, h):
        x_z, x_r, x_g = self.input(x).chunk(3, dim=-1)
        h_z, h_r = self.gates(h * kept).chunk(2, dim=-1)
        z, r = self.gate(x_z + h_z), self.gate(x_r + h_r)
        g = self.activation(x_g + self.candidate(r * h * kept))
        return (z * h + (1 - z) * g,)


class RNNCell(nn.Module):
    """One step of a simple RNN with any activation. kept: the dropout of the state."""

    states = 1

    def __init__(self, inputs, units, activation, bias=True, recurrent_dropout=0.0):
        super().__init__()
        self.units, self.activation = units, activation
        self.recurrent_dropout = recurrent_dropout
        self.input = nn.Linear(inputs, units, bias)
        self.recurrent = nn.Linear(units, units, bias=False)

    def forward(self, x, kept, h):
        return (self.activation(self.input(x) + self.recurrent(h * kept)),)
