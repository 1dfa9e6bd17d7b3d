"""Attention, written out: nn.MultiheadAttention has neither value_dim nor queries that are padding."""

from __future__ import annotations

from typing import Any

from nnctl.interop.torch_code.python_text import call as code

PROJECTIONS = ("query", "key", "value", "attention_output")


def multi_head_attention(call):
    layer = call.layer
    query = call.x()
    value = call.x(1) if len(call.tensors) > 1 else query
    key = call.x(2) if len(call.tensors) > 2 else value
    weights: dict[str, Any] = {}
    for name in PROJECTIONS:
        kernel, bias = call.weights[f"{name}/kernel"], call.weights.get(f"{name}/bias")
        inputs = kernel.reshape(-1, kernel.shape[-1]) if name == PROJECTIONS[3] else kernel.reshape(len(kernel), -1)
        weights |= {f"{name}.weight": inputs.T, f"{name}.bias": None if bias is None else bias.reshape(-1)}
    sizes = [call.weights[f"{name}/kernel"].shape[0] for name in PROJECTIONS[:3]]
    _, values, output = call.weights["attention_output/kernel"].shape
    module = call.module(
        code("MultiHeadAttention", heads=layer.num_heads, features=tuple(sizes), key_dim=layer.key_dim,
             value_dim=values, output=output, bias=None if layer.use_bias else False, dropout=layer.dropout or None),
        weights,
    )  # fmt: skip
    masks = [call.tensors[min(number, len(call.tensors) - 1)].mask for number in range(3)]
    seen = visible(call, query, value, *masks)
    given = query if query == value == key and seen is None else ", ".join([query, value, key])
    return call.result(f"{module}({given}{'' if seen is None else f', seen={seen}'})", mask=call.mask)


def attention(call):
    layer, weights = call.layer, call.weights
    concat = layer.score_mode == "concat"
    module = code("Attention", use_scale=layer.use_scale or None, concat=concat or None,
                  dropout=layer.dropout or None)  # fmt: skip
    return scored(call, module, {"scale": weights.get("scale"), "weight": weights.get("concat_score_weight")})


def additive_attention(call):
    layer = call.layer
    module = code("AdditiveAttention", call.shape[-1], use_scale=None if layer.use_scale else False,
                  dropout=layer.dropout or None)  # fmt: skip
    return scored(call, module, {"scale": call.weights.get("scale")})


def scored(call, module, weights):
    query, value, *key = (call.x(number) for number in range(len(call.tensors)))
    name = call.module(module, weights)
    seen = visible(call, query, value, call.mask, call.tensors[1].mask, None)
    given = ", ".join([query, value, *key])
    return call.result(f"{name}({given}{'' if seen is None else f', seen={seen}'})", mask=call.mask)


def visible(call, query, value, of_query, of_value, of_key):
    """The variable that says which step sees which; None where all see all."""
    named = {"query_mask": of_query, "value_mask": of_value, "key_mask": of_key if of_key != of_value else None}
    causal = True if call.layer.use_causal_mask else None
    if causal is None and not any(named.values()):
        return None
    return call.let("seen", code("visible", query, value, **named, causal=causal))


LAYERS = {
    "MultiHeadAttention": multi_head_attention,
    "Attention": attention,
    "AdditiveAttention": additive_attention,
}
