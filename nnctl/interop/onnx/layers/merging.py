"""Layers that take several tensors. Where one of them has padding, the others decide there (nnctl.nn.layers.merge)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from nnctl.interop.onnx.builder import Builder, Tensor, Weights

Merge = Callable[[Builder, Any, Weights, Sequence[Tensor]], str]


def add(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> str:
    return _elementwise(b, xs, lambda names: _all(b, "Add", names))


def average(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> str:
    return _elementwise(b, xs, lambda names: b.add("Mul", _all(b, "Add", names), 1 / len(xs)))


def subtract(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> str:
    return _elementwise(b, xs, lambda names: b.add("Sub", *names))


def _elementwise(b: Builder, xs: Sequence[Tensor], function: Callable[[Sequence[str]], str]) -> str:
    """A function of the values alone, computed with the channels first if all inputs are there in this order."""
    if all(x.name in b.channels_first for x in xs):
        return b.last(function([b.channels_first[x.name] for x in xs]), xs[0].rank)
    return function([x.name for x in xs])


def _all(b: Builder, op: str, names: Sequence[str]) -> str:
    return reduce(lambda one, other: b.add(op, one, other), names)


def multiply(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> str:
    """A padded step counts as 1; one that is padding in all inputs becomes 0."""
    if all(x.mask is None for x in xs):
        return _elementwise(b, xs, lambda names: _all(b, "Mul", names))
    masks = [_features(b, x) for x in xs]
    factors = [x.name if mask is None else b.add("Where", mask, x, 1.0) for x, mask in zip(xs, masks, strict=True)]
    y = _all(b, "Mul", factors)
    known = [mask for mask in masks if mask is not None]
    if len(known) < len(masks):
        return y
    return b.add("Mul", y, b.cast(_all(b, "Or", known), "FLOAT"))


def _extreme(op: str) -> Merge:
    """The larger or the smaller of two, from left to right; a padded step does not count."""

    def lowering(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> str:
        y, seen = xs[0].name, _features(b, xs[0])
        for x in xs[1:]:
            real = _features(b, x)
            two = x.name if real is None else b.add("Where", real, x, y)
            one = y if seen is None else b.add("Where", seen, y, two)
            y = b.add(op, one, two)
            seen = None if seen is None or real is None else b.add("Or", seen, real)
        return y

    return lowering


def _features(b: Builder, x: Tensor) -> str | None:
    """The mask with an axis for the features."""
    return None if x.mask is None else b.add("Unsqueeze", x.mask, [-1])


def concatenate(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> str:
    if layer.axis in (-1, xs[0].rank - 1):
        first = all(x.name in b.channels_first for x in xs)
        return _elementwise(b, xs, lambda names: b.add("Concat", *names, axis=1 if first else -1))
    return b.add("Concat", *xs, axis=layer.axis)


def dot(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> str:
    flat = []
    for x, axis in zip(xs, layer._axes([x.rank for x in xs]), strict=True):
        order = [*(at for at in range(x.rank) if at != axis), axis]
        moved = b.reshape(b.transpose(x.name, order), [0, -1, _size(x, axis)])  # (batch, others, k)
        if layer.normalize:
            square = b.add("ReduceSum", b.add("Mul", moved, moved), [-1], keepdims=1)
            moved = b.add("Div", moved, b.add("Sqrt", b.add("Max", square, 1e-12)))
        flat.append(moved)
    y = b.add("MatMul", flat[0], b.transpose(flat[1], [0, 2, 1]))
    return b.reshape(y, [-1, *layer.output_shape([x.shape for x in xs])])


def _size(x: Tensor, axis: int) -> int:
    return x.shape[axis - 1] or 0  # 0: the size is kept, where it varies and the axis is in its place


LAYERS = {
    "Add": add,
    "Average": average,
    "Concatenate": concatenate,
    "Dot": dot,
    "Maximum": _extreme("Max"),
    "Minimum": _extreme("Min"),
    "Multiply": multiply,
    "Subtract": subtract,
}
