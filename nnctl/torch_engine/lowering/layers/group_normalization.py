"""GroupNormalization."""

import torch

from nnctl.nn.layers.group_normalization import GroupNormalization
from nnctl.torch_engine.lowering.layers.shared import real, scale_and_shift
from nnctl.torch_engine.lowering.table import lowers


@lowers(GroupNormalization)
def group_normalization(layer, w, x, call):
    groups = x.shape[-1] if layer.groups == -1 else layer.groups
    # contiguous: in channels_last order, PyTorch computes E[x^2] - mean^2, which loses digits when mean >> deviation
    channels_first = real(x, call).movedim(-1, 1).contiguous()
    y = torch.group_norm(channels_first, groups, *scale_and_shift(w), layer.epsilon)
    return y.movedim(1, -1)
