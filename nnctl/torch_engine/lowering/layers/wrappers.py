"""TimeDistributed."""

import torch

from nnctl.nn.layers.wrappers import EveryStep, OneStep, TimeDistributed
from nnctl.torch_engine.lowering.table import lowered, lowers


@lowers(TimeDistributed)
def time_distributed(layer, w, x, call):
    inner, steps = layer.inner, x.shape[1]
    function = lowered(inner)

    def given(x):
        return [x] if inner.merges else x

    if inner.whole_batch:  # it sees one time step of the batch at a time
        return torch.stack([function(inner, w, given(x[:, t]), OneStep(call, t, steps)) for t in range(steps)], dim=1)
    y = function(inner, w, given(x.flatten(0, 1)), EveryStep(call, steps))
    return y.unflatten(0, (len(x), steps))
