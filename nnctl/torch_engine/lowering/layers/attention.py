"""Attention with weights, and which steps see which."""

import operator
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional as F

from nnctl.nn.layers.attention import OUT_OF_SIGHT, MultiHeadAttention
from nnctl.torch_engine.lowering.layers.regularization import random_mask
from nnctl.torch_engine.lowering.layers.shared import real
from nnctl.torch_engine.lowering.table import lowers


def visible(query: Tensor | None, *sources: Tensor | None, causal: Tensor | None = None) -> Tensor | None:
    """(rows or 1, steps, source steps), which steps see which; None where all see all.

    query (rows, steps), sources (rows, source steps): masks or None. causal: of `sees_earlier`, or None.
    """
    conditions = [mask[:, None, :] for mask in sources if mask is not None]
    if query is not None:
        conditions.append(query[:, :, None])
    if causal is not None:
        conditions.append(causal)
    return reduce(operator.and_, conditions) if conditions else None


def sees_earlier(steps: int, source_steps: int, device) -> Tensor:
    """(1, steps, source steps), whether the source step is not later than the step."""
    return torch.ones(1, steps, source_steps, dtype=torch.bool, device=device).tril()


def attend(scores: Tensor, seen: Tensor | None) -> Tensor:
    """The softmax of scores over the source steps that are seen; 0 where none is."""
    if seen is None:
        return F.softmax(scores, dim=-1)
    return F.softmax(scores.masked_fill(~seen, OUT_OF_SIGHT), dim=-1) * seen


@lowers(MultiHeadAttention)
def multi_head_attention(layer, w, xs, call):
    query, value, key = _sources(xs)
    q, k, v = (_projected(w, *named, call) for named in (("query", query), ("key", key), ("value", value)))
    of_query, of_value, of_key = _sources(call.masks or (None,) * len(xs))
    drops = bool(call.training and layer.dropout)
    if of_query is of_value is of_key is None and not drops:
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=layer.use_causal_mask)
    else:
        causal = sees_earlier(q.shape[2], k.shape[2], q.device) if layer.use_causal_mask else None
        seen = visible(of_query, of_value, of_key, causal=causal)
        weights = attend(q @ k.transpose(2, 3) * layer.key_dim**-0.5, None if seen is None else seen[:, None])
        if drops:
            weights = weights * random_mask(call, layer.dropout, weights.shape, weights)
        mixed = weights @ v
    kernel = w["attention_output/kernel"]
    return F.linear(
        mixed.transpose(1, 2).flatten(2), kernel.reshape(-1, kernel.shape[2]).t(), w.get("attention_output/bias")
    )


def _sources(items):
    """(query, value, key) from the layer's inputs, or from their masks."""
    query = items[0]
    value = items[1] if len(items) > 1 else query
    return query, value, items[2] if len(items) > 2 else value


def _projected(w, name: str, x: Tensor, call) -> Tensor:
    """x W + b as (rows, heads, steps, size)."""
    kernel, bias = w[f"{name}/kernel"], w.get(f"{name}/bias")
    y = F.linear(real(x, call), kernel.flatten(1).t(), None if bias is None else bias.flatten())
    return y.unflatten(-1, kernel.shape[1:]).transpose(1, 2)
