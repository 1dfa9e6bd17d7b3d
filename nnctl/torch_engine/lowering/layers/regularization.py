"""Layers that add noise in training, with the random numbers of the NumPy engine."""

from math import prod

import numpy as np
import torch
from torch import Tensor

from nnctl.nn.layers.regularization import (
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    limit_of,
)
from nnctl.torch_engine.lowering.table import lowers

LOWEST = -1.6732632423543772 * 1.0507009873554805  # -alpha scale of selu


@torch.compiler.disable
def kept(call, rate: float, shape, like: Tensor, stream: int = 0) -> Tensor:
    """1 where a number is kept, and 0 with probability rate where it is dropped; of that shape, the rows first."""
    bits = call.random_bits(prod(shape[1:]), shape[0], stream)
    one = torch.from_numpy(np.greater_equal(bits.numpy(), limit_of(rate)))
    return one.reshape(shape).to(like.device).to(like.dtype)


def random_mask(call, rate: float, shape, like: Tensor, stream: int = 0) -> Tensor:
    """0 with probability rate, else 1 / (1 - rate), which keeps the mean."""
    return kept(call, rate, shape, like, stream) * (1 / (1 - rate))


@lowers(Dropout)
def dropout(layer, w, x, call):
    if not call.training or layer.rate == 0:
        return x
    return x * random_mask(call, layer.rate, x.shape, x)


@lowers(SpatialDropout1D, SpatialDropout2D)
def spatial_dropout(layer, w, x, call):
    if not call.training or layer.rate == 0:
        return x
    return x * random_mask(call, layer.rate, (len(x), *(1,) * layer.rank, x.shape[-1]), x)


@torch.compiler.disable
def random_normal(call, like: Tensor) -> Tensor:
    """Standard normal numbers of that shape, drawn row by row (Box and Muller 1958)."""
    shape, size = like.shape, prod(like.shape[1:])
    bits = call.random_bits(4 * size, shape[0]).numpy().reshape(shape[0], 2, 2, size).astype(np.float64)
    radius, angle = np.moveaxis((bits[:, 0] * 65536 + bits[:, 1] + 0.5) / 2**32, 1, 0)  # uniform, never 0
    normal = np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)
    return torch.from_numpy(normal.reshape(shape)).to(like.dtype).to(like.device)


@lowers(GaussianNoise)
def gaussian_noise(layer, w, x, call):
    if not call.training or layer.stddev == 0:
        return x
    return x + random_normal(call, x) * layer.stddev


@lowers(GaussianDropout)
def gaussian_dropout(layer, w, x, call):
    if not call.training or layer.rate == 0:
        return x
    return x * (1 + random_normal(call, x) * (layer.rate / (1 - layer.rate)) ** 0.5)


@lowers(AlphaDropout)
def alpha_dropout(layer, w, x, call):
    if not call.training or layer.rate == 0:
        return x
    stretch = ((1 - layer.rate) * (1 + layer.rate * LOWEST**2)) ** -0.5
    y = (x - LOWEST) * kept(call, layer.rate, x.shape, x)
    return (y + LOWEST * (1 - layer.rate)) * stretch  # x or the lowest value, and the shift that keeps the mean
