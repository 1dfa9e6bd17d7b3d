"""Layers that merge several tensors element by element. Where values are equal, PyTorch shares the gradient, too."""

from collections.abc import Callable
from functools import reduce

import torch

from nnctl.nn.layers.merge import Add, Average, Maximum, Minimum, Multiply, Subtract
from nnctl.torch_engine.lowering.table import lowers


@lowers(Add)
def add(layer, w, xs, call):
    return reduce(torch.add, xs)


@lowers(Average)
def average(layer, w, xs, call):
    return reduce(torch.add, xs) * (1 / len(xs))


@lowers(Subtract)
def subtract(layer, w, xs, call):
    return xs[0] - xs[1]


@lowers(Multiply)
def multiply(layer, w, xs, call):
    masks = _spread(xs, call)
    y = reduce(torch.mul, (x if real is None else torch.where(real, x, 1) for x, real in zip(xs, masks, strict=True)))
    if any(real is None for real in masks):
        return y
    return y * reduce(torch.logical_or, masks)


@lowers(Maximum)
def maximum(layer, w, xs, call):
    return _extreme(torch.maximum, xs, call)


@lowers(Minimum)
def minimum(layer, w, xs, call):
    return _extreme(torch.minimum, xs, call)


def _extreme(choose: Callable, xs, call):
    """From left to right; where one input has padding, the output is the other's."""
    masks = _spread(xs, call)
    y, seen = xs[0], masks[0]
    for x, real in zip(xs[1:], masks[1:], strict=True):
        two = x if real is None else torch.where(real, x, y)
        one = y if seen is None else torch.where(seen, y, two)
        y = choose(one, two)
        seen = None if seen is None or real is None else seen | real
    return y


def _spread(xs, call):
    """Each input's mask with an axis for its features, (rows, steps, 1), or None."""
    return [None if mask is None else mask[..., None] for mask in call.masks or [None] * len(xs)]
