from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.nn.losses.base import ElementwiseLoss, losses


@losses.register("quantile")
class Quantile(ElementwiseLoss):
    """Quantile loss: mean max(q (y - p), (q - 1) (y - p)); the q-quantile of y is its best constant.

    q: which quantile is predicted. Not in Keras.
    """

    labels = "number"
    predicts = "numbers"

    q: Annotated[float, Field(gt=0, lt=1)] = 0.5

    def each(self, y, p):
        return np.maximum(self.q * (y - p), (self.q - 1) * (y - p))

    def gradient(self, y, p):
        return np.where(y > p, -self.q, 1 - self.q).astype(p.dtype)
