"""Attention."""

import torch
import torch.nn.functional as F
from torch import nn


def visible(
    query, value, query_mask=None, value_mask=None, key_mask=None, causal=False
):
    """Which step of the query sees which step of the value: (rows, steps, steps)."""
    shape = (len(query), query.shape[1], value.shape[1])
    seen = torch.ones(shape, dtype=torch.bool, device=query.device)
    if query_mask is not None:
        seen = seen & query_mask[:, :, None]
    for mask in (value_mask, key_mask):
        if mask is not None:
            seen = seen & mask[:, None]
    return seen.tril() if causal else seen


def attend(scores, seen):
    """The softmax of the scores over the steps that are seen; 0 where none is."""
    if seen is None:
        return F.softmax(scores, dim=-1)
    return F.softmax(scores.masked_fill(~seen, -1e30), dim=-1) * seen


class MultiHeadAttention(nn.Module):
    """Scaled dot-product attention with several heads.

    features: of query, key and value. key_dim, value_dim: of each head.
    seen: as `visible` gives it.
    """

    def __init__(
        self, heads, features, key_dim, value_dim, output, bias=True, dropout=0.0
    ):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(features[0], heads * key_dim, bias)
        self.key = nn.Linear(features[1], heads * key_dim, bias)
        self.value = nn.Linear(features[2], heads * value_dim, bias)
        self.attention_output = nn.Linear(heads * value_dim, output, bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, value=None, key=None, seen=None):
        value = query if value is None else value
        key = value if key is None else key
        q, k, v = self.query(query), self.key(key), self.value(value)
        q, k, v = (x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in (q, k, v))
        scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        weights = self.dropout(attend(scores, None if seen is None else seen[:, None]))
        return self.attention_output((weights @ v).transpose(1, 2).flatten(2))


class Attention(nn.Module):
    """Each step of the query is a mean of the values, weighted by a softmax.

    The softmax is of query key^T; with concat, of weight * sum tanh(query_i + key_j).
    seen: as `visible` gives it.
    """

    def __init__(self, use_scale=False, concat=False, dropout=0.0):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0)) if use_scale else 1.0
        self.weight = nn.Parameter(torch.tensor(1.0)) if concat else None
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, value, key=None, seen=None):
        key = value if key is None else key
        if self.weight is None:
            scores = self.scale * (query @ key.transpose(1, 2))
        else:
            sums = torch.tanh(self.scale * (query[:, :, None] + key[:, None]))
            scores = self.weight * sums.sum(dim=-1)
        return self.dropout(attend(scores, seen)) @ value


class AdditiveAttention(nn.Module):
    """Each step of the query is a mean of the values, weighted by a softmax.

    The softmax is of sum scale * tanh(query_i + key_j). seen: as `visible` gives it.
    """

    def __init__(self, features, use_scale=True, dropout=0.0):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(features)) if use_scale else 1.0
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, value, key=None, seen=None):
        key = value if key is None else key
        sums = torch.tanh(query[:, :, None] + key[:, None])
        return self.dropout(attend((self.scale * sums).sum(dim=-1), seen)) @ value
