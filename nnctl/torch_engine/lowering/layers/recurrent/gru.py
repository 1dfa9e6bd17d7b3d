"""GRU."""

import torch
from torch import Tensor
from torch.nn import functional as F

from nnctl.nn.layers.recurrent.gru import GRU
from nnctl.torch_engine.lowering.activations import activation
from nnctl.torch_engine.lowering.layers.recurrent.base import dropped, fused, is_usual, recurrent
from nnctl.torch_engine.lowering.table import lowers


@lowers(GRU)
def gru(layer, w, xs, call):
    return recurrent(layer, w, xs, call, _steps)


def _steps(layer, w, sequence):
    bias, inner_bias = w.get("bias"), None
    if layer.use_bias and layer.reset_after:
        bias, inner_bias = w["bias"]
    if layer.reset_after and is_usual(layer, sequence.h_keep):
        names = ("kernel", "recurrent_kernel")
        w = {name: _in_order_of_torch(w[name]) for name in names}
        biases = [_in_order_of_torch(b) for b in (bias, inner_bias)] if layer.use_bias else []
        hs, h = fused(torch.gru, w, sequence, sequence.starts[0].unsqueeze(0), biases)
        return hs, [h[0]]
    x = F.linear(sequence.x, w["kernel"].t(), bias)
    [h], kernel, u = sequence.starts, w["recurrent_kernel"], layer.units
    hs = []
    for t in range(x.shape[1]):
        z, r, g = x[:, t].chunk(3, dim=1)
        old = dropped(h, sequence.h_keep)
        if layer.reset_after:
            hz, hr, hg = F.linear(old, kernel.t(), inner_bias).chunk(3, dim=1)
        else:
            hz, hr = (old @ kernel[:, : 2 * u]).chunk(2, dim=1)
        z, r = activation(layer.recurrent_activation, z + hz), activation(layer.recurrent_activation, r + hr)
        g = activation(layer.activation, g + (r * hg if layer.reset_after else (r * old) @ kernel[:, 2 * u :]))
        h = g + z * (h - g)
        hs.append(h)
    return torch.stack(hs, dim=1), [h]


def _in_order_of_torch(weight: Tensor) -> Tensor:
    """The columns of z, r, h in the order r, z, h."""
    z, r, h = weight.chunk(3, dim=-1)
    return torch.cat((r, z, h), dim=-1)
