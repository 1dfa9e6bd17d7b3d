"""SimpleRNN."""

import torch
from torch.nn import functional as F

from nnctl.nn.activations import Tanh
from nnctl.nn.layers.recurrent.simple import SimpleRNN
from nnctl.torch_engine.lowering.activations import activation
from nnctl.torch_engine.lowering.layers.recurrent.base import dropped, fused, recurrent
from nnctl.torch_engine.lowering.table import lowers


@lowers(SimpleRNN)
def simple_rnn(layer, w, xs, call):
    return recurrent(layer, w, xs, call, _steps)


def _steps(layer, w, sequence):
    if loop := _loop(layer, sequence):
        biases = [w["bias"], torch.zeros_like(w["bias"])] if layer.use_bias else []
        hs, h = fused(loop, w, sequence, sequence.starts[0].unsqueeze(0), biases)
        return hs, [h[0]]
    z = F.linear(sequence.x, w["kernel"].t(), w.get("bias"))
    [h] = sequence.starts
    hs = []
    for t in range(z.shape[1]):
        h = activation(layer.activation, z[:, t] + dropped(h, sequence.h_keep) @ w["recurrent_kernel"])
        hs.append(h)
    return torch.stack(hs, dim=1), [h]


def _loop(layer, sequence):
    """PyTorch's fused loop for the layer, or None."""
    if sequence.h_keep is not None or layer.activation is None:
        return None
    if type(layer.activation) is Tanh:
        return torch.rnn_tanh
    return torch.rnn_relu if layer.activation.is_plain_relu else None
