"""What an activation is: y = f(x), and its gradient right under it.

An elementwise activation is written once and runs on blocks that fit the cache. `gradient` gets the output y, so that
the memory of the input can be reused; with `needs_input` it gets the input as well.
"""

from math import inf
from typing import ClassVar

import numpy as np

from nnctl.components.registry import Declared, Family, one_of

Array = np.ndarray

activations = Family("activation")


class Activation(Declared):
    """Base of all activations.

    needs_input: gradient needs x, not only y.
    elementwise: each output depends on one input; otherwise (softmax) on the whole last axis.
    monotone: x1 <= x2 implies f(x1) <= f(x2), so that max-pooling may come first.
    bounds: the smallest and the largest value of its output, which the checks compare with what the loss expects.
    sums_to_one: the last axis is a distribution.
    shift_invariant: a number added to all of the last axis changes nothing, so that over one unit it is constant.
    is_identity: y = x.
    kernel_number: its number in kernels/ops/dense.py, where the class has a compiled form there. Not inherited.
    """

    needs_input: ClassVar[bool] = False
    elementwise: ClassVar[bool] = True
    monotone: ClassVar[bool] = False
    sums_to_one: ClassVar[bool] = False
    shift_invariant: ClassVar[bool] = False
    is_identity: ClassVar[bool] = False
    kernel_number: ClassVar[int | None] = None

    @property
    def bounds(self) -> tuple[float, float]:
        return -inf, inf

    @property
    def is_plain_relu(self) -> bool:
        """Whether f(x) = max(x, 0), for which there is a compiled kernel."""
        return False

    def value(self, x: Array) -> Array:
        """f(x), a new array of x's shape and dtype."""
        raise NotImplementedError

    def gradient(self, x: Array | None, y: Array, dy: Array) -> Array:
        """dL/dx from dL/dy, a new array; x is None unless `needs_input`."""
        raise NotImplementedError


ActivationName = one_of(activations, optional=True)  # a field's type; null means linear
