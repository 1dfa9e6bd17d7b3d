"""The activations inside a recurrent step, applied in place to the columns they belong to."""

from collections.abc import Sequence

import numpy as np

from nnctl.nn.activations import Activation, Sigmoid, Tanh, activations


class Gates:
    """inner: columns that go through `activation`. outer: those that go through `recurrent_activation`.

    The default activations, tanh and sigmoid, are computed as one tanh over the whole block of columns:
    sigmoid(x) = (1 + tanh(x / 2)) / 2, and one call on a block costs less than several calls on slices of it.
    """

    def __init__(self, activation: Activation | None, recurrent: Activation | None, inner: slice,
                 outer: Sequence[slice]):  # fmt: skip
        linear = activations.build("linear")
        self.activation, self.recurrent = activation or linear, recurrent or linear
        self.inner, self.outer = inner, outer
        if not self.recurrent.elementwise:  # softmax is over the units of one gate, not of two side by side
            units = inner.stop - inner.start
            self.outer = [slice(i, i + units) for block in outer for i in range(block.start, block.stop, units)]
        # these two are computed in place here, which their classes do not do
        self._tanh, self._sigmoid = type(self.activation) is Tanh, type(self.recurrent) is Sigmoid
        self.usual = self._tanh and self._sigmoid
        self.needs_input = self.activation.needs_input or self.recurrent.needs_input

    def apply(self, z) -> None:
        """Applies the activations to every column of z (rows, columns)."""
        if not self.usual:
            self.apply_inner(z)
            self.apply_outer(z)
            return
        for columns in self.outer:
            z[:, columns] *= 0.5
        np.tanh(z, out=z)
        for columns in self.outer:
            _to_sigmoid(z[:, columns])

    def apply_inner(self, z) -> None:
        self.inner_value(z[:, self.inner], out=z[:, self.inner])

    def apply_outer(self, z) -> None:
        for columns in self.outer:
            part = z[:, columns]
            if self._sigmoid:
                part *= 0.5
                np.tanh(part, out=part)
                _to_sigmoid(part)
            else:
                part[...] = self.recurrent.value(part)

    def gradient(self, before, z, dz) -> None:
        """Changes dz from the gradient of the activated columns z into that of the columns `before`."""
        self.inner_columns_gradient(before, z, dz)
        self.outer_columns_gradient(before, z, dz)

    def inner_columns_gradient(self, before, z, dz) -> None:
        columns = self.inner
        x = None if before is None else before[:, columns]
        dz[:, columns] = self.inner_gradient(x, z[:, columns], dz[:, columns])

    def outer_columns_gradient(self, before, z, dz) -> None:
        for columns in self.outer:
            if self._sigmoid:  # s' = s (1 - s)
                s = z[:, columns]
                dz[:, columns] *= s - s * s
            else:
                x = before[:, columns] if self.recurrent.needs_input else None
                dz[:, columns] = self.recurrent.gradient(x, z[:, columns], dz[:, columns])

    def inner_value(self, x, out) -> None:
        """activation(x), written to out."""
        if self._tanh:
            np.tanh(x, out=out)
        else:
            out[...] = self.activation.value(x)

    def inner_gradient(self, x, y, dy):
        """The gradient of x from that of y = activation(x)."""
        if self._tanh:
            return dy * (1 - y * y)
        return self.activation.gradient(x if self.activation.needs_input else None, y, dy)


def _to_sigmoid(half_tanh) -> None:
    """tanh(x / 2) to sigmoid(x), in place."""
    half_tanh *= 0.5
    half_tanh += 0.5
