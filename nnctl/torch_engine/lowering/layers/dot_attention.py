"""Attention that scores queries and keys as they are."""

import torch
from torch import Tensor

from nnctl.nn.layers.dot_attention import AdditiveAttention, Attention
from nnctl.torch_engine.lowering.layers.attention import attend, sees_earlier, visible
from nnctl.torch_engine.lowering.layers.regularization import random_mask
from nnctl.torch_engine.lowering.table import lowers


@lowers(Attention)
def attention(layer, w, xs, call):
    query, key = xs[0], xs[-1]
    if layer.score_mode == "concat":
        scale = w["scale"] if layer.use_scale else 1
        scores = w["concat_score_weight"] * torch.tanh(scale * _sums(query, key)).sum(dim=-1)
    else:
        scores = query @ key.transpose(1, 2)
        scores = scores * w["scale"] if layer.use_scale else scores
    return _attended(layer, scores, xs, call)


@lowers(AdditiveAttention)
def additive_attention(layer, w, xs, call):
    t = torch.tanh(_sums(xs[0], xs[-1]))
    return _attended(layer, t @ w["scale"].to(t.dtype) if layer.use_scale else t.sum(dim=-1), xs, call)


def _sums(query: Tensor, key: Tensor) -> Tensor:
    """query_i + key_j for every pair of steps: (rows, steps, source steps, features)."""
    return query[:, :, None] + key[:, None]


def _attended(layer, scores: Tensor, xs, call) -> Tensor:
    masks = call.masks or (None, None)
    causal = sees_earlier(scores.shape[1], scores.shape[2], scores.device) if layer.use_causal_mask else None
    weights = attend(scores, visible(masks[0], masks[1], causal=causal))
    if call.training and layer.dropout:
        weights = weights * random_mask(call, layer.dropout, weights.shape, weights)
    return weights @ xs[1]
