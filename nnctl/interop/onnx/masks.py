"""Which time steps of a layer's output are real: the masks, as nnctl's layers pass them on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from nnctl.interop.onnx.builder import Builder, Tensor
from nnctl.interop.onnx.layers.core import real_steps

Rule = Callable[[Builder, Any, Sequence[Tensor]], str | None]


def output_mask(b: Builder, layer: Any, inputs: Sequence[Tensor]) -> str | None:
    """The mask of a layer's output, or None where all steps are real."""
    if layer.kind in RULES:
        return RULES[layer.kind](b, layer, inputs)
    return inputs[0].mask if layer.passes_mask else None


def _of_first(b: Builder, layer: Any, inputs: Sequence[Tensor]) -> str | None:
    return inputs[0].mask


def _of_sequences(b: Builder, layer: Any, inputs: Sequence[Tensor]) -> str | None:
    return inputs[0].mask if layer.return_sequences else None


def _of_wrapped(b: Builder, layer: Any, inputs: Sequence[Tensor]) -> str | None:
    return _of_sequences(b, layer.layer, inputs)


def _of_any(b: Builder, layer: Any, inputs: Sequence[Tensor]) -> str | None:
    """A step is real where it is in any input."""
    masks = [x.mask for x in inputs]
    if any(mask is None for mask in masks):
        return None
    return reduce(lambda one, other: b.add("Or", one, other), masks)


def _of_joined(b: Builder, layer: Any, inputs: Sequence[Tensor]) -> str | None:
    if all(x.mask is None for x in inputs):
        return None
    wide = []
    for x in inputs:
        real = b.add("ConstantOfShape", b.add("Shape", x), value=b.onnx.numpy_helper.from_array(np.ones(1, np.float32)))
        if x.mask is not None:
            features = b.add("Unsqueeze", b.cast(x.mask, "FLOAT"), list(range(2, x.rank)))
            real = b.add("Mul", real, features)
        wide.append(real)
    joined = b.add("Concat", *wide, axis=layer.axis)
    return b.cast(b.add("ReduceMax", joined, axes=[-1], keepdims=0), "BOOL")


def _of_ids(b: Builder, layer: Any, inputs: Sequence[Tensor]) -> str | None:
    if not layer.mask_zero:
        return None
    return b.add("Not", b.add("Equal", b.cast(inputs[0].name, "INT64"), [0]))


def _of_masking(b: Builder, layer: Any, inputs: Sequence[Tensor]) -> str | None:
    return real_steps(b, layer, inputs[0])


RULES: Mapping[str, Rule] = {
    "Add": _of_any,
    "AdditiveAttention": _of_first,
    "Attention": _of_first,
    "Average": _of_any,
    "Bidirectional": _of_wrapped,
    "Concatenate": _of_joined,
    "Embedding": _of_ids,
    "GRU": _of_sequences,
    "LSTM": _of_sequences,
    "Masking": _of_masking,
    "Maximum": _of_any,
    "Minimum": _of_any,
    "MultiHeadAttention": _of_first,
    "Multiply": _of_any,
    "SimpleRNN": _of_sequences,
    "Subtract": _of_any,
}
