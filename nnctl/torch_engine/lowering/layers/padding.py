"""Layers that add, cut off or repeat positions of sequences and images."""

from torch.nn import functional as F

from nnctl.nn.layers.padding import (
    Cropping1D,
    Cropping2D,
    Rescaling,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from nnctl.torch_engine.lowering.layers.shared import from_image, real, to_image
from nnctl.torch_engine.lowering.table import lowers


@lowers(ZeroPadding1D)
def zero_padding_1d(layer, w, x, call):
    return F.pad(x, (0, 0, *layer.padding))


@lowers(ZeroPadding2D)
def zero_padding_2d(layer, w, x, call):
    high, wide = layer.padding
    return F.pad(x, (0, 0, *wide, *high))


@lowers(Cropping1D)
def cropping_1d(layer, w, x, call):
    before, after = layer.cropping
    return x[:, before : x.shape[1] - after]


@lowers(Cropping2D)
def cropping_2d(layer, w, x, call):
    (top, bottom), (left, right) = layer.cropping
    return x[:, top : x.shape[1] - bottom, left : x.shape[2] - right]


@lowers(UpSampling1D)
def up_sampling_1d(layer, w, x, call):
    return x[:, :, None].expand(-1, -1, layer.size, -1).flatten(1, 2)


@lowers(UpSampling2D)
def up_sampling_2d(layer, w, x, call):
    high, wide = layer.size
    if layer.interpolation == "nearest":
        return x[:, :, None, :, None].expand(-1, -1, high, -1, wide, -1).flatten(3, 4).flatten(1, 2)
    size = x.shape[1] * high, x.shape[2] * wide
    return from_image(F.interpolate(to_image(x), size, mode="bilinear", align_corners=False), 4)


@lowers(Rescaling)
def rescaling(layer, w, x, call):
    y = real(x, call) * layer.scale
    return y + layer.offset if layer.offset else y
