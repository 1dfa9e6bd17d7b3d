"""Dense."""

import torch
from torch.nn import functional as F

from nnctl.nn.layers.dense import Dense
from nnctl.torch_engine.lowering.layers.shared import real
from nnctl.torch_engine.lowering.table import lowers

# CPUs multiply by a matrix of few columns two to three times as fast if it is transposed, which is worth a copy of it
# from about so many entries of the input on.
NARROW, MANY = 16, 1 << 14


@lowers(Dense)
def dense(layer, w, x, call):
    x = real(x, call)
    rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
    bias, kernel = w.get("bias"), w["kernel"]
    if layer.units < NARROW and rows.numel() >= MANY and rows.device.type == "cpu":
        y = F.linear(rows, kernel.t().contiguous(), bias)
    else:  # F.linear would give a gradient that is laid out as the transposed kernel
        y = rows @ kernel if bias is None else torch.addmm(bias, rows, kernel)
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], layer.units)
