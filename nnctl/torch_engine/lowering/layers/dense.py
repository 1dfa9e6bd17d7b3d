"""Dense."""

import torch

from nnctl.nn.layers.dense import Dense
from nnctl.torch_engine.lowering.layers.shared import real
from nnctl.torch_engine.lowering.table import lowers


@lowers(Dense)
def dense(layer, w, x, call):
    x = real(x, call)
    rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
    # not F.linear, which takes the kernel transposed and would give its gradient so
    y = torch.addmm(w["bias"], rows, w["kernel"]) if layer.use_bias else rows @ w["kernel"]
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], layer.units)
