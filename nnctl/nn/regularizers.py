"""Regularizers: penalties on a weight's size, added to the loss. Keras' names, formulas and defaults."""

from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.components.registry import Declared, Family, one_of

Array = np.ndarray
Strength = Annotated[float, Field(ge=0)]

regularizers = Family("regularizer")


class Regularizer(Declared):
    """Base of all regularizers."""

    def penalty(self, w: Array) -> float:
        """The number that is added to the loss."""
        raise NotImplementedError

    def gradient(self, w: Array) -> Array:
        """d penalty / dw, of w's shape."""
        raise NotImplementedError


@regularizers.register("l1")
class L1(Regularizer):
    """l1 sum|w|: drives the weights that matter little to 0."""

    l1: Strength = 0.01

    bare = ("l1",)

    def penalty(self, w):
        return self.l1 * float(np.abs(w).sum())

    def gradient(self, w):
        return self.l1 * np.sign(w)


@regularizers.register("l2")
class L2(Regularizer):
    """l2 sum w^2, without a factor of 1/2: keeps weights small."""

    l2: Strength = 0.01

    bare = ("l2",)

    def penalty(self, w):
        return self.l2 * float(np.square(w).sum())

    def gradient(self, w):
        return 2 * self.l2 * w


@regularizers.register("l1_l2")
class L1L2(Regularizer):
    """l1 sum|w| + l2 sum w^2: 0.01 each where neither is given (in Keras 0); where one is given, the other is 0."""

    l1: Strength | None = None
    l2: Strength | None = None

    bare = ("l1", "l2")

    def strengths(self) -> tuple[float, float]:
        """(l1, l2), with their defaults."""
        if self.l1 is None and self.l2 is None:
            return 0.01, 0.01
        return self.l1 or 0.0, self.l2 or 0.0

    def penalty(self, w):
        l1, l2 = self.strengths()
        return l1 * float(np.abs(w).sum()) + l2 * float(np.square(w).sum())

    def gradient(self, w):
        l1, l2 = self.strengths()
        return l1 * np.sign(w) + 2 * l2 * w


regularizers.together[frozenset(("l1", "l2"))] = L1L2.kind
RegularizerName = one_of(regularizers, optional=True)
