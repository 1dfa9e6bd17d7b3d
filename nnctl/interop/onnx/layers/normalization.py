"""Normalizations."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.interop.onnx.builder import Builder, Tensor, Weights
from nnctl.nn.layers.rms_normalization import SMALLEST


def _scale_and_shift(b: Builder, layer: Any, w: Weights, y: str) -> str:
    if layer.scale:
        y = b.add("Mul", y, w.stored("gamma"))
    return b.add("Add", y, w.stored("beta")) if layer.center else y


def batch_normalization(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    mean, variance = w["moving_mean"], w["moving_variance"]
    if x.name in b.channels_first:  # an operator of its own, which a runtime makes part of the convolution before it
        scale = w.stored("gamma") if layer.scale else b.constant(np.ones(len(mean), np.float32))
        shift = w.stored("beta") if layer.center else b.constant(np.zeros(len(mean), np.float32))
        y = b.add("BatchNormalization", b.channels_first[x.name], scale, shift, w.stored("moving_mean"),
                  w.stored("moving_variance"), epsilon=layer.epsilon)  # fmt: skip
        return b.last(y, x.rank)
    inverse = 1 / np.sqrt(variance + layer.epsilon)
    normed = b.add("Mul", b.add("Sub", x, w.stored("moving_mean")), w.stored("inverse_deviation", inverse))
    return _scale_and_shift(b, layer, w, normed)


def layer_normalization(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    size = x.shape[-1] or 1
    scale = w.stored("gamma") if layer.scale else b.constant(np.ones(size, np.float32))
    shift = w.stored("beta") if layer.center else b.constant(np.zeros(size, np.float32))
    return b.add("LayerNormalization", x, scale, shift, axis=-1, epsilon=layer.epsilon)


def group_normalization(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    groups = layer._count(x.shape)
    parts = b.reshape(x.name, [0, -1, groups, (x.shape[-1] or 1) // groups])
    centered = b.add("Sub", parts, b.add("ReduceMean", parts, axes=[1, 3], keepdims=1))
    variance = b.add("ReduceMean", b.add("Mul", centered, centered), axes=[1, 3], keepdims=1)
    normed = b.add("Div", centered, b.add("Sqrt", b.add("Add", variance, layer.epsilon)))
    return _scale_and_shift(b, layer, w, b.add("Reshape", normed, b.add("Shape", x)))


def _mean_square(b: Builder, x: Tensor, op: str = "ReduceMean") -> str:
    square = b.add("Mul", x, x)
    if op == "ReduceSum":
        return b.add(op, square, [-1], keepdims=1)
    return b.add(op, square, axes=[-1], keepdims=1)


def rms_normalization(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    length = b.add("Sqrt", b.add("Add", _mean_square(b, x), layer.epsilon))
    return b.add("Mul", b.add("Div", x, length), w.stored("scale"))


def unit_normalization(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    return b.add("Div", x, b.add("Sqrt", b.add("Max", _mean_square(b, x, "ReduceSum"), SMALLEST)))


LAYERS = {
    "BatchNormalization": batch_normalization,
    "GroupNormalization": group_normalization,
    "LayerNormalization": layer_normalization,
    "RMSNormalization": rms_normalization,
    "UnitNormalization": unit_normalization,
}
