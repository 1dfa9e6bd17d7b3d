from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.nn.initializers import Initializer, initializers
from nnctl.nn.regularizers import Regularizer, regularizers


@initializers.register("checkerboard")
class Checkerboard(Initializer):
    """Weights start at +size and -size in turn.

    size: their absolute value.
    """

    size: float = 0.1

    def sample(self, shape, rng, fans=None):
        return self.size * (-1.0) ** np.indices(shape).sum(axis=0)


@regularizers.register("rounded_l1")
class RoundedL1(Regularizer):
    """strength sum sqrt(w^2 + 1e-4): l1, but smooth at 0.

    strength: the factor of the penalty.
    """

    strength: Annotated[float, Field(ge=0)] = 0.01

    def penalty(self, w):
        return self.strength * float(np.sqrt(np.square(w) + 1e-4).sum())

    def gradient(self, w):
        return self.strength * w / np.sqrt(np.square(w) + 1e-4)
