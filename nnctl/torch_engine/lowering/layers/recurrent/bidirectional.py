"""Bidirectional: one recurrent layer reads the sequence forwards, another backwards."""

from typing import Any

import torch
from torch import Tensor

from nnctl.nn.layers.recurrent.bidirectional import Bidirectional
from nnctl.nn.layers.recurrent.lstm import LSTM
from nnctl.nn.layers.wrappers import Inner, inner_weights
from nnctl.torch_engine.lowering.layers.recurrent.base import is_usual
from nnctl.torch_engine.lowering.layers.shared import real
from nnctl.torch_engine.lowering.table import lowered, lowers


@lowers(Bidirectional)
def bidirectional(layer, w, xs, call):
    x, *starts = xs
    if not starts and _is_one_call(layer, call):
        return _both_at_once(layer, w, real(x, call))
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
            kept = call.masks[0][..., None]  # one would repeat its last output, while the other is still at 0
            ahead, back = ahead * kept, back * kept
    further = [] if layer.merge_mode else [back]
    states = [*further, *ahead_states, *back_states]
    y = _merged(layer, ahead, back)
    return [y, *states] if states else y


def _is_one_call(layer, call) -> bool:
    """Whether PyTorch's LSTM of both directions computes the layer, which saves turning the sequence around."""
    return (
        all(type(one) is LSTM and is_usual(one, None) and one.use_bias and one.return_sequences for one in layer.both)
        and layer.merge_mode == "concat"
        and not (layer.layer.return_state or (call.masks and call.masks[0] is not None))
        and not (call.training and (layer.layer.dropout or layer.layer.recurrent_dropout))
        and not torch.is_autocast_enabled("cpu")
    )


def _both_at_once(layer, w, x):
    weights: list[Tensor] = []
    for name in ("forward", "backward"):
        own: Any = inner_weights(w, name)
        own = {key: weight.to(x.dtype) for key, weight in own.items()}
        weights += [own["kernel"].t(), own["recurrent_kernel"].t(), own["bias"], torch.zeros_like(own["bias"])]
    start = x.new_zeros(2, x.shape[0], layer.layer.units)
    hs, _, _ = torch.lstm(x, (start, start), weights, True, 1, 0.0, torch.is_grad_enabled(), True, True)
    return hs


def _merged(layer, ahead, back):
    if layer.merge_mode is None:
        return ahead
    if layer.merge_mode == "concat":
        return torch.cat((ahead, back), dim=-1)
    if layer.merge_mode == "mul":
        return ahead * back
    return ahead + back if layer.merge_mode == "sum" else (ahead + back) * 0.5
