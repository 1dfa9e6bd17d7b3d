"""Layers that make one tensor of several."""

import numpy as np

from nnctl.errors import ShapeError
from nnctl.layers.base import Layer, layers, show


class Merge(Layer):
    """Base of the elementwise merges: axes of size 1 are stretched, as NumPy broadcasts."""

    merges = True

    def output_shape(self, shapes):
        try:
            return _broadcast(shapes)
        except ValueError:
            raise ShapeError(
                f"{self.kind} needs inputs of one shape, got " + " and ".join(show(s) for s in shapes),
                hint="give the layers before it the same units, or use Concatenate",
            ) from None


def _broadcast(shapes):
    """NumPy's rule on shapes that may hold None, which goes with None and 1 only. Unlike NumPy, all
    must have the same number of axes, since the batch axis stands before them."""
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
    """Sums a gradient over the axes that broadcasting stretched."""
    axes = tuple(axis for axis, (have, was) in enumerate(zip(gradient.shape, shape, strict=True)) if have != was)
    return gradient.sum(axis=axes, keepdims=True) if axes else gradient


def _result(xs, call):
    return call.empty(np.broadcast_shapes(*(x.shape for x in xs)))


@layers.register("Add")
class Add(Merge):
    """Sum: y = x_1 + x_2 + ...; the shortcut of a residual block."""

    def forward(self, w, xs, call):
        y = _result(xs, call)
        np.add(xs[0], xs[1], out=y)
        for x in xs[2:]:
            y += x
        return y, [x.shape for x in xs]

    def backward(self, w, grads, shapes, dy, call):
        return [_unbroadcast(dy, shape) for shape in shapes]


@layers.register("Average")
class Average(Merge):
    """Mean: y = (x_1 + ... + x_n) / n."""

    def forward(self, w, xs, call):
        y, shapes = Add.forward(self, w, xs, call)
        y *= 1 / len(xs)
        return y, shapes

    def backward(self, w, grads, shapes, dy, call):
        dy *= 1 / len(shapes)
        return Add.backward(self, w, grads, shapes, dy, call)


@layers.register("Multiply")
class Multiply(Merge):
    """Product, element by element: y = x_1 x_2 ...; a gate."""

    def forward(self, w, xs, call):
        y = _result(xs, call)
        np.multiply(xs[0], xs[1], out=y)
        for x in xs[2:]:
            y *= x
        return y, xs

    def backward(self, w, grads, xs, dy, call):
        dxs = []
        for i, x in enumerate(xs):
            others = dy.copy()  # the product of all but x: dividing y by x would fail where x is 0
            for other in (*xs[:i], *xs[i + 1 :]):
                others *= other
            dxs.append(_unbroadcast(others, x.shape))
        return dxs


@layers.register("Concatenate")
class Concatenate(Layer):
    """Puts its inputs side by side along `axis` (default the last)."""

    axis: int = -1

    merges = True

    def output_shape(self, shapes):
        rank = len(shapes[0])
        # axis counts the batch axis, as in Keras: 1 is the first axis of a sample
        axis = self.axis if self.axis < 0 else self.axis - 1
        if not -rank <= axis < rank:
            raise ShapeError(
                f"axis {self.axis} does not exist in {show(shapes[0])}", hint=f"use 1 to {rank}, or -1 for the last"
            )
        axis %= rank
        rest = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
        if len({len(shape) for shape in shapes}) > 1 or len(rest) > 1:
            raise ShapeError(
                "Concatenate needs inputs that differ in the joined axis only, got "
                + " and ".join(show(shape) for shape in shapes),
                hint="put Flatten or Reshape before it, or choose another axis",
            )
        sizes = [shape[axis] for shape in shapes]
        joined = None if None in sizes else sum(sizes)
        return (*shapes[0][:axis], joined, *shapes[0][axis + 1 :])

    def forward(self, w, xs, call):
        shape = list(xs[0].shape)
        shape[self.axis] = sum(x.shape[self.axis] for x in xs)
        y = call.empty(tuple(shape))
        np.concatenate(xs, axis=self.axis, out=y)
        return y, [x.shape[self.axis] for x in xs]

    def backward(self, w, grads, sizes, dy, call):
        return np.split(dy, np.cumsum(sizes[:-1]), axis=self.axis)
