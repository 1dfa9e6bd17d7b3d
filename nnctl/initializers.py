"""Initializers: how weights start. Keras' names, formulas and defaults."""

from __future__ import annotations

import numpy as np

from nnctl.registry import Declared, Family, one_of

Array = np.ndarray

initializers = Family("initializer")


class Initializer(Declared):
    """Base of all initializers."""

    def sample(self, shape: tuple[int, ...], rng: np.random.Generator,
               fans: tuple[int, int] | None = None) -> Array:  # fmt: skip
        """A float64 array of that shape; fans are (fan_in, fan_out) where the shape alone does not tell."""
        raise NotImplementedError


@initializers.register("zeros", "zero")
class Zeros(Initializer):
    """Every weight starts at 0."""

    def sample(self, shape, rng, fans=None):
        return np.zeros(shape)


InitializerName = one_of(initializers)
