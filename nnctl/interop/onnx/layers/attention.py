"""Attention: the weights of all steps for each step, and the masks of both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from nnctl.interop.onnx.builder import Builder, Tensor, Weights
from nnctl.nn.layers.attention import OUT_OF_SIGHT


def _visible(b: Builder, query: Tensor, sources: Sequence[Tensor], causal: bool) -> str | None:
    """(batch, steps, source steps) bool, which steps see which; None where all see all."""
    conditions = [b.add("Unsqueeze", x.mask, [1]) for x in sources if x.mask is not None]
    if query.mask is not None:
        conditions.append(b.add("Unsqueeze", query.mask, [2]))
    if causal:
        here = b.add("Unsqueeze", b.positions(query.name, 1, query.shape[0]), [1])
        there = b.positions(sources[0].name, 1, sources[0].shape[0])
        conditions.append(b.add("Unsqueeze", b.add("GreaterOrEqual", here, there), [0]))
    return reduce(lambda one, other: b.add("And", one, other), conditions) if conditions else None


def _attend(b: Builder, scores: str, seen: str | None) -> str:
    """The softmax of the scores over the steps that are seen; 0 where none is."""
    if seen is None:
        return b.add("Softmax", scores, axis=-1)
    weights = b.add("Softmax", b.add("Where", seen, scores, OUT_OF_SIGHT), axis=-1)
    return b.add("Mul", weights, b.cast(seen, "FLOAT"))


def _project(b: Builder, layer: Any, w: Weights, name: str, x: Tensor) -> str:
    """x W + b as (batch, heads, steps, size)."""
    kernel = w[f"{name}/kernel"]
    features, heads, size = kernel.shape
    y = b.add("MatMul", x, w.stored(f"{name}/kernel", kernel.reshape(features, -1)))
    if layer.use_bias:
        y = b.add("Add", y, w.stored(f"{name}/bias", w[f"{name}/bias"].reshape(-1)))
    return b.transpose(b.reshape(y, [0, 0, heads, size]), [0, 2, 1, 3])


def multi_head_attention(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> str:
    query, key, value = layer._sources(xs)
    q, k, v = (_project(b, layer, w, name, x) for name, x in (("query", query), ("key", key), ("value", value)))
    scores = b.add("Mul", b.add("MatMul", q, b.transpose(k, [0, 1, 3, 2])), layer.key_dim**-0.5)
    seen = _visible(b, query, [value, key], layer.use_causal_mask)
    weights = _attend(b, scores, None if seen is None else b.add("Unsqueeze", seen, [1]))
    kernel = w["attention_output/kernel"]
    heads, size, _ = kernel.shape
    mixed = b.reshape(b.transpose(b.add("MatMul", weights, v), [0, 2, 1, 3]), [0, 0, heads * size])
    y = b.add("MatMul", mixed, w.stored("attention_output/kernel", kernel.reshape(heads * size, -1)))
    return b.add("Add", y, w.stored("attention_output/bias")) if layer.use_bias else y


def _tanh_of_sums(b: Builder, query: Tensor, key: Tensor, scale: str | None) -> str:
    """tanh(scale (query_i + key_j)) for every pair of steps: (batch, steps, source steps, features)."""
    sums = b.add("Add", b.add("Unsqueeze", query, [2]), b.add("Unsqueeze", key, [1]))
    return b.add("Tanh", sums if scale is None else b.add("Mul", sums, scale))


def _scored(b: Builder, layer: Any, xs: Sequence[Tensor], scores: str) -> str:
    seen = _visible(b, xs[0], [xs[1]], layer.use_causal_mask)
    return b.add("MatMul", _attend(b, scores, seen), xs[1])


def attention(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> str:
    query, key = xs[0], xs[-1]
    scale = w.stored("scale") if layer.use_scale else None
    if layer.score_mode == "concat":
        total = b.add("ReduceSum", _tanh_of_sums(b, query, key, scale), [-1], keepdims=0)
        return _scored(b, layer, xs, b.add("Mul", total, w.stored("concat_score_weight")))
    scores = b.add("MatMul", query, b.transpose(key.name, [0, 2, 1]))
    return _scored(b, layer, xs, scores if scale is None else b.add("Mul", scores, scale))


def additive_attention(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> str:
    t = _tanh_of_sums(b, xs[0], xs[-1], None)
    if layer.use_scale:
        t = b.add("Mul", t, w.stored("scale"))
    return _scored(b, layer, xs, b.add("ReduceSum", t, [-1], keepdims=0))


LAYERS = {
    "AdditiveAttention": additive_attention,
    "Attention": attention,
    "MultiHeadAttention": multi_head_attention,
}
