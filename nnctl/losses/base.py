"""What a loss is: one figure per sample, and the gradient of the prediction right under it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from nnctl.registry import Declared, Family, one_of

Array = np.ndarray
Saved = Any

losses = Family("loss")


class Loss(Declared):
    """Base of all losses.

    labels: what targets it wants, and so how a class column is encoded:
      "integer" (rows,) class numbers; "onehot" (rows, classes); "binary" (rows, units) of 0 and 1;
      "number" (rows, units) real.
    fuses: kind of the activation ("softmax", "sigmoid") whose input it can take directly, or None.
    """

    labels: ClassVar[Literal["integer", "onehot", "binary", "number"]] = "number"
    fuses: ClassVar[str | None] = None

    def can_fuse(self) -> bool:
        """Whether `forward_logits` may replace the activation before it."""
        return self.fuses is not None and not getattr(self, "from_logits", False)

    def forward(self, y: Array, p: Array) -> tuple[Array, Saved]:
        """Loss of each sample: (rows,), or (rows, steps) for sequences, from target y and prediction p."""
        raise NotImplementedError

    def backward(self, saved: Saved, dl: Array) -> Array:
        """dL/dp, of p's shape and dtype, from dL/d(loss of each sample)."""
        raise NotImplementedError

    def forward_logits(self, y: Array, z: Array, p: Array) -> tuple[Array, Saved]:
        """As forward(y, f(z)) for the activation f it fuses, exact however large z is; writes f(z) into p.
        z may be overwritten."""
        raise NotImplementedError

    def backward_logits(self, saved: Saved, dl: Array) -> Array:
        """dL/dz."""
        raise NotImplementedError


LossName = one_of(losses)
