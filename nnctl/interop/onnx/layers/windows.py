"""Convolutions and pooling. ONNX has the channels before the positions, nnctl after them (see Builder.first)."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.interop.onnx.builder import Array, Builder, Tensor, Weights
from nnctl.nn.layers import window_geometry


def _padding(x: Tensor, sizes: Any, strides: Any, padding: str, dilations: Any) -> dict[str, Any]:
    """The attributes of a node that say how many zeros are around the positions."""
    axes = list(zip(x.shape[:-1], sizes, strides, dilations, strict=True))
    if padding == "same" and any(n is None and stride > 1 for n, _, stride, _ in axes):
        return {"auto_pad": "SAME_UPPER"}  # the number of zeros depends on the length, and follows the same rule
    # with a stride of 1 it does not depend on the length
    around = [window_geometry.margins(n or size * dilation, size, stride, padding, dilation)
              for n, size, stride, dilation in axes]  # fmt: skip
    return {"pads": [before for before, _ in around] + [after for _, after in around]}


def _window(x: Tensor, layer: Any) -> dict[str, Any]:
    """The attributes of a convolution's window."""
    sizes, strides, padding, dilations = window_geometry.of(layer)
    return {"kernel_shape": list(sizes), "strides": list(strides), "dilations": list(dilations),
            **_padding(x, sizes, strides, padding, dilations)}  # fmt: skip


def _outputs_first(kernel: Array) -> Array:
    """A kernel (*sizes, inputs, outputs) as (outputs, inputs, *sizes)."""
    rank = kernel.ndim - 2
    return kernel.transpose(rank + 1, rank, *range(rank))


def _bias(layer: Any, w: Weights) -> list[str]:
    return [w.stored("bias")] if layer.use_bias else []


def convolution(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    kernel = w.stored("kernel", _outputs_first(w["kernel"]))
    y = b.add("Conv", b.first(x), kernel, *_bias(layer, w), group=layer.groups, **_window(x, layer))
    return b.last(y, x.rank)


def _by_channel(kernel: Array) -> Array:
    """A kernel (*sizes, channels, multiplier) as (channels * multiplier, 1, *sizes): a group for each channel."""
    return _outputs_first(kernel.reshape(*kernel.shape[:-2], 1, -1))


def depthwise(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    kernel = w.stored("kernel", _by_channel(w["kernel"]))
    y = b.add("Conv", b.first(x), kernel, *_bias(layer, w), group=x.shape[-1], **_window(x, layer))
    return b.last(y, x.rank)


def separable(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    kernel = w.stored("depthwise_kernel", _by_channel(w["depthwise_kernel"]))
    inner = b.add("Conv", b.first(x), kernel, group=x.shape[-1], **_window(x, layer))
    mix = w.stored("pointwise_kernel", _outputs_first(w["pointwise_kernel"]))
    return b.last(b.add("Conv", inner, mix, *_bias(layer, w)), x.rank)


def transposed(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    sizes, strides, dilations = map(window_geometry.each, (layer.kernel_size, layer.strides, layer.dilation_rate))
    begins, ends, more = [], [], []
    one_position = layer._axes((1,) * len(sizes))  # what is cropped is the same for any number of positions
    for size, dilation, (length, crop) in zip(sizes, dilations, one_position, strict=True):
        end = window_geometry.reach(size, dilation) - crop - length
        begins.append(crop)
        ends.append(max(0, end))
        more.append(max(0, -end))
    rank = len(sizes)
    kernel = w.stored("kernel", w["kernel"].transpose(rank + 1, rank, *range(rank)))  # (inputs, filters, *sizes)
    y = b.add("ConvTranspose", b.first(x), kernel, *_bias(layer, w), kernel_shape=list(sizes), strides=list(strides),
              dilations=list(dilations), pads=[*begins, *ends], output_padding=more)  # fmt: skip
    return b.last(y, x.rank)


def _pool(b: Builder, layer: Any, x: Tensor, op: str, **attributes: Any) -> str:
    sizes, strides = layer.window()
    pads = _padding(x, sizes, strides, layer.padding, (1,) * len(sizes))
    y = b.add(op, b.first(x), kernel_shape=list(sizes), strides=list(strides), **pads, **attributes)
    return b.last(y, x.rank)


def max_pooling(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    return _pool(b, layer, x, "MaxPool")


def average_pooling(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    return _pool(b, layer, x, "AveragePool", count_include_pad=0)


def _positions(x: Tensor, first: bool) -> list[int]:
    return list(range(2, x.rank)) if first else list(range(1, x.rank - 1))


def _over_positions(b: Builder, layer: Any, x: Tensor, op: str) -> str:
    """A value of each channel from all positions."""
    first = x.name in b.channels_first and not layer.keepdims
    given = b.channels_first[x.name] if first else x.name
    return b.add(op, given, axes=_positions(x, first), keepdims=int(layer.keepdims))


def global_max_pooling(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    return _over_positions(b, layer, x, "ReduceMax")


def global_average_pooling(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    if x.mask is None:
        return _over_positions(b, layer, x, "ReduceMean")
    real = b.features_of_mask(x.mask)  # padded steps are left out; a row of nothing but padding gives 0
    total = b.add("ReduceSum", b.add("Mul", x, real), [1], keepdims=int(layer.keepdims))
    count = b.add("ReduceSum", real, [1], keepdims=int(layer.keepdims))
    return b.add("Div", total, b.add("Max", count, 1.0))


def _pairs(value: Any) -> Any:
    """(before, after) of each axis."""
    return (value,) if isinstance(value[0], int) else value


def zero_padding(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    pairs = _pairs(layer.padding)
    return b.add("Pad", x, [0, *(before for before, _ in pairs), 0, 0, *(after for _, after in pairs), 0])


def cropping(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    pairs = _pairs(layer.cropping)
    end = np.iinfo(np.int64).max
    return b.add("Slice", x, [before for before, _ in pairs], [-after if after else end for _, after in pairs],
                 list(range(1, 1 + len(pairs))))  # fmt: skip


def up_sampling(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    scales = np.array([1, 1, *window_geometry.each(layer.size)], np.float32)
    if getattr(layer, "interpolation", "nearest") == "nearest":
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    return b.last(b.add("Resize", b.first(x), None, scales, **how), x.rank)


LAYERS = {
    "AveragePooling1D": average_pooling,
    "AveragePooling2D": average_pooling,
    "Conv1D": convolution,
    "Conv1DTranspose": transposed,
    "Conv2D": convolution,
    "Conv2DTranspose": transposed,
    "Cropping1D": cropping,
    "Cropping2D": cropping,
    "DepthwiseConv1D": depthwise,
    "DepthwiseConv2D": depthwise,
    "GlobalAveragePooling1D": global_average_pooling,
    "GlobalAveragePooling2D": global_average_pooling,
    "GlobalMaxPooling1D": global_max_pooling,
    "GlobalMaxPooling2D": global_max_pooling,
    "MaxPooling1D": max_pooling,
    "MaxPooling2D": max_pooling,
    "SeparableConv1D": separable,
    "SeparableConv2D": separable,
    "UpSampling1D": up_sampling,
    "UpSampling2D": up_sampling,
    "ZeroPadding1D": zero_padding,
    "ZeroPadding2D": zero_padding,
}
