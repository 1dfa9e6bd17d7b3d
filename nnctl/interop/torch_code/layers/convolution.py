"""Convolutions. PyTorch takes the channels before the positions: weights (filters, channels, *window)."""

from __future__ import annotations

import numpy as np

from nnctl.errors import InputError
from nnctl.interop.torch_code.layers.reshape import one_or_each, pads
from nnctl.interop.torch_code.python_text import call as code
from nnctl.nn.layers import window_geometry


def convolution(call):
    layer, kernel = call.layer, call.weights["kernel"]
    x, padding = padded(call, *window_geometry.of(layer))
    module = call.module(
        code(f"nn.Conv{kernel.ndim - 2}d", call.shape[-1], layer.filters, **window(layer, padding),
             groups=layer.groups if layer.groups > 1 else None, bias=None if layer.use_bias else False),
        {"weight": features_first(kernel), "bias": call.weights.get("bias")},
    )  # fmt: skip
    return call.result(f"{module}({x})", first=True)


def depthwise(call):
    layer = call.layer
    x, padding = padded(call, *window_geometry.of(layer))
    module = call.module(
        each_channel(call, call.weights["kernel"], padding, bias=None if layer.use_bias else False),
        {"weight": of_each_channel(call.weights["kernel"]), "bias": call.weights.get("bias")},
    )
    return call.result(f"{module}({x})", first=True)


def separable(call):
    layer, kernel, mix = call.layer, call.weights["depthwise_kernel"], call.weights["pointwise_kernel"]
    x, padding = padded(call, *window_geometry.of(layer))
    each = each_channel(call, kernel, padding, bias=False)
    mixed = code(f"nn.Conv{kernel.ndim - 2}d", mix.shape[-2], layer.filters, kernel_size=1,
                 bias=None if layer.use_bias else False)  # fmt: skip
    module = call.module(
        f"nn.Sequential({each}, {mixed})",
        {"0.weight": of_each_channel(kernel), "1.weight": features_first(mix), "1.bias": call.weights.get("bias")},
    )
    return call.result(f"{module}({x})", first=True)


def transposed(call):
    layer, kernel = call.layer, call.weights["kernel"]
    sizes, strides, dilations = map(window_geometry.each, (layer.kernel_size, layer.strides, layer.dilation_rate))
    cut, more = [], []
    for n, out, (_, crop), size, stride, dilation in zip(
        call.shape, call.output, layer._axes(call.shape[:-1]), sizes, strides, dilations, strict=False
    ):
        whole = (n - 1) * stride + window_geometry.reach(size, dilation)
        cut.append(crop)
        more.append(out + 2 * crop - whole)
    fits = all(0 <= extra < max(*sides) for extra, *sides in zip(more, strides, dilations, strict=True))
    if not fits:  # PyTorch cuts off as much at the end as at the beginning, or less: so it cuts off nothing
        more = [max(0, extra - crop) for extra, crop in zip(more, cut, strict=True)]
    module = call.module(
        code(f"nn.ConvTranspose{len(sizes)}d", call.shape[-1], layer.filters,
             **numbers(kernel_size=sizes, stride=strides, padding=cut if fits else [0], output_padding=more,
                       dilation=dilations), bias=None if layer.use_bias else False),
        {"weight": np.moveaxis(kernel, (-1, -2), (0, 1)), "bias": call.weights.get("bias")},
    )  # fmt: skip
    y = f"{module}({call.x(first=True)})"
    if fits:
        return call.result(y, first=True)
    inside = ", ".join(f"{crop}:{crop + out}" for crop, out in zip(cut, call.output, strict=False))
    return call.result(f"{y}[:, :, {inside}]", first=True)


def padded(call, sizes, strides, padding, dilations, *, value=None):
    """(the input, with zeros around it where PyTorch's own padding is not the same; the argument `padding`)."""
    x = call.x(first=True)
    if padding == "valid":
        return x, 0
    if padding == "same" and max(strides) == 1 and value is None:
        return x, '"same"'
    around = margins(call, sizes, strides, padding, dilations)
    if all(before == after for before, after in around):
        return x, tuple(before for before, _ in around)
    return code("F.pad", x, pads(around, first=True), value=value), 0


def margins(call, sizes, strides, padding, dilations):
    """(before, after) of each axis."""
    positions = call.shape[:-1]
    if padding == "causal":
        positions = [0 for _ in positions]
    if None in positions:
        raise InputError(f"layer {call.name!r} ({call.layer.kind}) needs to know the length of its input to pad it",
                         hint="train with a fixed `shape`")  # fmt: skip
    return [window_geometry.margins(n, size, stride, padding, dilation)
            for n, size, stride, dilation in zip(positions, sizes, strides, dilations, strict=True)]  # fmt: skip


def window(layer, padding):
    """The arguments of a convolution's window that are not PyTorch's defaults."""
    sizes, strides, _, dilations = window_geometry.of(layer)
    named = numbers(kernel_size=sizes, stride=strides, dilation=dilations)
    named["padding"] = one_or_each(padding) or None
    return named


def numbers(**named):
    """Numbers for each axis as one number where they are all the same; None for PyTorch's defaults."""
    usual = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1}
    short = {name: one_or_each(tuple(value)) for name, value in named.items()}
    return {name: None if name in usual and value == usual[name] else value for name, value in short.items()}


def each_channel(call, kernel, padding, **more):
    """The code of a convolution of each channel by itself."""
    channels, times = kernel.shape[-2:]
    return code(f"nn.Conv{kernel.ndim - 2}d", channels, channels * times, **window(call.layer, padding),
                groups=channels, **more)  # fmt: skip


def features_first(kernel):
    """(*window, channels, filters) as (filters, channels, *window)."""
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def of_each_channel(kernel):
    """(*window, channels, multiplier) as (channels * multiplier, 1, *window)."""
    return features_first(kernel.reshape(*kernel.shape[:-2], 1, -1))


LAYERS = {
    "Conv1D": convolution,
    "Conv2D": convolution,
    "Conv1DTranspose": transposed,
    "Conv2DTranspose": transposed,
    "DepthwiseConv1D": depthwise,
    "DepthwiseConv2D": depthwise,
    "SeparableConv1D": separable,
    "SeparableConv2D": separable,
}
