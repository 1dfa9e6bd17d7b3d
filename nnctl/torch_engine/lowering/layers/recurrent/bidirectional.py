"""Bidirectional: one recurrent layer reads the sequence forwards, another backwards."""

import torch

from nnctl.nn.layers.recurrent.bidirectional import Bidirectional
from nnctl.nn.layers.wrappers import Inner, inner_weights
from nnctl.torch_engine.lowering.table import lowered, lowers


@lowers(Bidirectional)
def bidirectional(layer, w, xs, call):
    x, *starts = xs
    half = len(starts) // 2
    results = [
        lowered(one)(one, inner_weights(w, name), [x, *own], Inner(call, stream=stream))
        for one, own, name, stream in zip(
            layer.both, (starts[:half], starts[half:]), ("forward", "backward"), (0, 2), strict=True
        )
    ]
    (ahead, *ahead_states), (back, *back_states) = (y if layer.layer.return_state else [y] for y in results)
    if layer.layer.return_sequences:
        back = back.flip(1)  # in the order of the steps
        if call.masks and call.masks[0] is not None:
            real = call.masks[0][..., None]  # one would repeat its last output, while the other is still at 0
            ahead, back = ahead * real, back * real
    further = [] if layer.merge_mode else [back]
    states = [*further, *ahead_states, *back_states]
    y = _merged(layer, ahead, back)
    return [y, *states] if states else y


def _merged(layer, ahead, back):
    if layer.merge_mode is None:
        return ahead
    if layer.merge_mode == "concat":
        return torch.cat((ahead, back), dim=-1)
    if layer.merge_mode == "mul":
        return ahead * back
    return ahead + back if layer.merge_mode == "sum" else (ahead + back) * 0.5
