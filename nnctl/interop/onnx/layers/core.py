"""Dense, embeddings, and layers that only change the shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.interop.onnx.activations import activation
from nnctl.interop.onnx.builder import Builder, Tensor, Weights


def dense(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    if x.rank == 2 and layer.use_bias:
        return b.add("Gemm", x, w.stored("kernel"), w.stored("bias"))
    y = b.add("MatMul", x, w.stored("kernel"))
    return b.add("Add", y, w.stored("bias")) if layer.use_bias else y


def applies(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    """Layers that are an activation."""
    return activation(b, layer.function, x)


def unchanged(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    """Layers that do something in training only."""
    return x.name


def embedding(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    return b.add("Gather", w.stored("embeddings"), b.cast(x.name, "INT64"))


def position_embedding(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    steps = x.shape[0]
    if steps is not None:
        return b.add("Add", x, w.stored("embeddings", w["embeddings"][:steps]))
    return b.add("Add", x, b.add("Slice", w.stored("embeddings"), [0], b.length(x.name, 1, None), [0]))


def masking(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    return b.add("Mul", x, b.features_of_mask(real_steps(b, layer, x)))


def real_steps(b: Builder, layer: Any, x: Tensor) -> str:
    """The mask that Masking makes."""
    differs = b.cast(b.add("Not", b.add("Equal", x, layer.mask_value)), "FLOAT")
    return b.cast(b.add("ReduceMax", differs, axes=[-1], keepdims=0), "BOOL")


def rescaling(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    y = b.add("Mul", x, layer.scale)
    return b.add("Add", y, layer.offset) if layer.offset else y


def flatten(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    return b.add("Flatten", x)


def reshape(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    return b.reshape(x.name, [-1, *layer.output_shape(x.shape)])


def permute(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    return b.transpose(x.name, [0, *layer.dims])


def repeat_vector(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    return b.add("Expand", b.add("Unsqueeze", x, [1]), np.array([1, layer.n, 1], np.int64))


LAYERS = {
    "Activation": applies,
    "AlphaDropout": unchanged,
    "Dense": dense,
    "Dropout": unchanged,
    "ELU": applies,
    "Embedding": embedding,
    "Flatten": flatten,
    "GaussianDropout": unchanged,
    "GaussianNoise": unchanged,
    "LeakyReLU": applies,
    "Masking": masking,
    "Permute": permute,
    "PositionEmbedding": position_embedding,
    "RandomBrightness": unchanged,
    "RandomContrast": unchanged,
    "RandomFlip": unchanged,
    "RandomRotation": unchanged,
    "RandomTranslation": unchanged,
    "RandomZoom": unchanged,
    "ReLU": applies,
    "RepeatVector": repeat_vector,
    "Rescaling": rescaling,
    "Reshape": reshape,
    "Softmax": applies,
    "SpatialDropout1D": unchanged,
    "SpatialDropout2D": unchanged,
}
