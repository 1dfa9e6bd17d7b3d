"""Concatenate."""

import torch

from nnctl.nn.layers.concatenate import Concatenate
from nnctl.torch_engine.lowering.table import lowers


@lowers(Concatenate)
def concatenate(layer, w, xs, call):
    return torch.cat(xs, dim=layer.axis)
