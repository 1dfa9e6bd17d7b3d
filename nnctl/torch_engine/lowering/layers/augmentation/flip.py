"""RandomFlip."""

import torch

from nnctl.nn.layers.augmentation.flip import RandomFlip
from nnctl.torch_engine.lowering.layers.augmentation.shared import drawn
from nnctl.torch_engine.lowering.table import lowers


@lowers(RandomFlip)
def random_flip(layer, w, x, call):
    if not call.training:
        return x
    flipped = torch.from_numpy(drawn(layer, x, call) < 0.5).to(x.device)
    for axis, mode in ((0, "vertical"), (1, "horizontal")):
        if mode in layer.mode:
            x = torch.where(flipped[:, axis, None, None, None], x.flip(1 + axis), x)
    return x
