"""Regularizers: penalties on a weight's size, added to the loss. Keras' names, formulas and defaults."""

from __future__ import annotations

import numpy as np

from nnctl.registry import Declared, Family, one_of

Array = np.ndarray

regularizers = Family("regularizer")


class Regularizer(Declared):
    """Base of all regularizers."""

    def penalty(self, w: Array) -> float:
        """What is added to the loss."""
        raise NotImplementedError

    def gradient(self, w: Array) -> Array:
        """d penalty / dw, of w's shape."""
        raise NotImplementedError


RegularizerName = one_of(regularizers, optional=True)
