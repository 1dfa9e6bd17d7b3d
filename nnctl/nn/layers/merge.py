"""Layers that merge several tensors element by element."""

from functools import reduce
from typing import ClassVar

import numpy as np

from nnctl.errors import ShapeError
from nnctl.nn.layers.base import Layer, added, layers, show


class Merge(Layer):
    """Base of the elementwise merges: axes of size 1 are broadcast, as in NumPy."""

    merges = True

    def output_shape(self, shapes):
        try:
            return _broadcast(shapes)
        except ValueError:
            raise ShapeError(
                f"{self.kind} needs inputs of the same shape, got " + " and ".join(show(s) for s in shapes),
                hint="give the layers before it the same units, or use Concatenate",
            ) from None

    def output_mask(self, x, masks):
        return None if any(mask is None for mask in masks) else reduce(np.logical_or, masks)


def _broadcast(shapes):
    """NumPy's broadcasting of shapes that may hold None, which fits None and 1 only. Unlike in NumPy, all shapes must
    have the same number of axes, since the batch axis comes before them."""
    if len({len(shape) for shape in shapes}) > 1:
        raise ValueError("different number of axes")
    merged = []
    for sizes in zip(*shapes, strict=True):
        wide = {n for n in sizes if n != 1}
        if len(wide) > 1:
            raise ValueError("sizes differ")
        merged.append(wide.pop() if wide else 1)
    return tuple(merged)


def _unbroadcast(gradient, shape):
    """Sums a gradient over the axes that were broadcast."""
    axes = tuple(axis for axis, (have, was) in enumerate(zip(gradient.shape, shape, strict=True)) if have != was)
    return gradient.sum(axis=axes, keepdims=True) if axes else gradient


def _spread(xs, call):
    """Each input's mask with an axis for its features, (rows, steps, 1), or None."""
    return [None if mask is None else mask[..., None] for mask in call.masks or [None] * len(xs)]


def _result(xs, call):
    return call.empty(np.broadcast_shapes(*(x.shape for x in xs)))


class Sum(Merge):
    """Base of Add and Average."""

    def forward(self, w, xs, call):
        y = _result(xs, call)
        added(xs[0], xs[1], y, call)
        for x in xs[2:]:
            y += x
        return y, [x.shape for x in xs]

    def backward(self, w, grads, shapes, dy, call):
        return [_unbroadcast(dy, shape) for shape in shapes]


@layers.register("Add")
class Add(Sum):
    """Sum: y = x_1 + x_2 + ...; the shortcut of a residual block."""

    keeps_sign = True


@layers.register("Average")
class Average(Sum):
    """Mean: y = (x_1 + ... + x_n) / n."""

    keeps_range = True

    def forward(self, w, xs, call):
        y, shapes = super().forward(w, xs, call)
        y *= 1 / len(xs)
        return y, shapes

    def backward(self, w, grads, shapes, dy, call):
        dy *= 1 / len(shapes)
        return super().backward(w, grads, shapes, dy, call)


@layers.register("Multiply")
class Multiply(Merge):
    """Product, element by element: y = x_1 x_2 ..., as in a gate.

    A padded step counts as 1; a step that is padding in all inputs becomes 0.
    """

    keeps_sign = True

    def forward(self, w, xs, call):
        masks = _spread(xs, call)
        factors = [x if real is None else np.where(real, x, x.dtype.type(1)) for x, real in zip(xs, masks, strict=True)]
        y = _result(xs, call)
        np.multiply(factors[0], factors[1], out=y)
        for x in factors[2:]:
            y *= x
        some = None if any(real is None for real in masks) else reduce(np.logical_or, masks)
        if some is not None:
            y *= some
        return y, (factors, masks, some)

    def backward(self, w, grads, saved, dy, call):
        factors, masks, some = saved
        if some is not None:
            dy *= some
        dxs = []
        for i, x in enumerate(factors):
            others = dy.copy()  # the product of all but x: dividing y by x would fail where x is 0
            for other in (*factors[:i], *factors[i + 1 :]):
                others *= other
            if masks[i] is not None:
                others *= masks[i]
            dxs.append(_unbroadcast(others, x.shape))
        return dxs


@layers.register("Subtract")
class Subtract(Merge):
    """Difference: y = x_1 - x_2."""

    most = 2

    def forward(self, w, xs, call):
        first, second = xs
        return np.subtract(first, second, out=_result(xs, call)), [x.shape for x in xs]

    def backward(self, w, grads, shapes, dy, call):
        return [_unbroadcast(dy, shapes[0]), _unbroadcast(-dy, shapes[1])]


class Extreme(Merge):
    """Base of Maximum and Minimum, taken from left to right; two equal values share the gradient.

    A padded step does not count: where one input has padding, the output is the other's.
    """

    keeps_range = True

    choose: ClassVar[np.ufunc]

    def forward(self, w, xs, call):
        masks = _spread(xs, call)
        y, seen = xs[0], masks[0]
        taken = []
        for x, real in zip(xs[1:], masks[1:], strict=True):
            two = x if real is None else np.where(real, x, y)
            one = y if seen is None else np.where(seen, y, two)
            taken.append((one, two, seen, real, y.shape, x.shape))
            y = self.choose(one, two)
            seen = None if seen is None or real is None else seen | real
        return y, taken

    def backward(self, w, grads, taken, dy, call):
        dxs = []
        for one, two, seen, real, before, shape in reversed(taken):
            share = (two == self.choose(one, two)) / (1.0 + (one == two))
            d_two = (dy * share).astype(dy.dtype, copy=False)
            d_one = dy - d_two
            if seen is not None:
                d_two = d_two + np.where(seen, 0, d_one)
                d_one = d_one * seen
            if real is not None:
                d_one = d_one + np.where(real, 0, d_two)
                d_two = d_two * real
            dxs.append(_unbroadcast(d_two, shape))
            dy = _unbroadcast(d_one, before)
        return [dy, *reversed(dxs)]


@layers.register("Maximum")
class Maximum(Extreme):
    """The largest, element by element: y = max(x_1, x_2, ...)."""

    choose = np.maximum


@layers.register("Minimum")
class Minimum(Extreme):
    """The smallest, element by element: y = min(x_1, x_2, ...)."""

    choose = np.minimum
