"""Pooling, on views of the tensors as PyTorch orders their axes."""

import numpy as np
import torch
from torch.nn import functional as F

from nnctl.nn.layers.pooling import AveragePooling1D, AveragePooling2D, MaxPooling1D, MaxPooling2D
from nnctl.torch_engine.lowering.layers.convolution import margins, padded
from nnctl.torch_engine.lowering.layers.shared import from_image, on_two_axes, to_image
from nnctl.torch_engine.lowering.table import lowers


@lowers(MaxPooling1D, MaxPooling2D)
def max_pooling(layer, w, x, call):
    sizes, strides = layer.window()
    image, infinite = padded(to_image(x), sizes, strides, layer.padding, (1,) * len(sizes), -float("inf"))
    return from_image(F.max_pool2d(image, on_two_axes(sizes, 1), on_two_axes(strides, 1), infinite), x.ndim)


@lowers(AveragePooling1D, AveragePooling2D)
def average_pooling(layer, w, x, call):
    sizes, strides = layer.window()
    image, ones = to_image(x), (1,) * len(sizes)
    around = margins(image, sizes, strides, layer.padding, ones)
    window = on_two_axes(sizes, 1), on_two_axes(strides, 1)
    if not any(map(any, around)):
        return from_image(F.avg_pool2d(image, *window), x.ndim)
    (top, bottom), (left, right) = around
    total = F.avg_pool2d(F.pad(image, (left, right, top, bottom)), *window, divisor_override=1)
    return from_image(total / _counts(image, *window, around), x.ndim)


def _counts(image, sizes, strides, around):
    """How many positions of each window are not padding, (height, width)."""
    counts = []
    for n, size, stride, (before, after) in zip(image.shape[2:], sizes, strides, around, strict=True):
        first = np.arange(0, n + before + after - size + 1, stride) - before
        counts.append(np.minimum(first + size, n) - np.maximum(first, 0))
    return torch.as_tensor(np.outer(*counts), dtype=image.dtype, device=image.device)
