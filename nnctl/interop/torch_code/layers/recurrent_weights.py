"""The weights of recurrent layers as PyTorch has them: transposed, the gates of a GRU in the order r, z, n."""

from __future__ import annotations

import numpy as np


def of_module(layer, weights, direction):
    """Of nn.LSTM, nn.GRU and nn.RNN. direction: "" or "_reverse"."""
    order = (1, 0, 2) if layer.kind == "GRU" else range(layer.gates)
    found = {"weight_ih": _reordered(weights["kernel"].T, order),
             "weight_hh": _reordered(weights["recurrent_kernel"].T, order)}  # fmt: skip
    if layer.use_bias:
        bias = weights["bias"]
        given, held = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))  # PyTorch adds up two of them
        found |= {"bias_ih": _reordered(given, order), "bias_hh": _reordered(held, order)}
    return {f"{name}_l0{direction}": value for name, value in found.items()}


def of_cell(layer, weights):
    """Of the cells in written_out/recurrent.py, which have the gates in the order of nnctl."""
    found = {"input.weight": weights["kernel"].T}
    kernel, units = weights["recurrent_kernel"].T, layer.units
    if layer.kind == "GRU" and not layer.reset_after:
        found |= {"gates.weight": kernel[: 2 * units], "candidate.weight": kernel[2 * units :]}
    else:
        found["recurrent.weight"] = kernel
    if layer.use_bias:
        bias = weights["bias"]
        found |= {"input.bias": bias[0], "recurrent.bias": bias[1]} if bias.ndim == 2 else {"input.bias": bias}
    return found


def _reordered(w, order):
    """The blocks of rows in another order."""
    blocks = np.split(w, len(order))
    return np.concatenate([blocks[number] for number in order])
