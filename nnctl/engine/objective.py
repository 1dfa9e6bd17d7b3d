"""Objectives: what is minimized, one loss for each output of the model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nnctl.engine.steps import Head
from nnctl.nn.layers.activation import Applies
from nnctl.nn.layers.base import Array
from nnctl.nn.losses import Loss


@dataclass(frozen=True)
class Objective:
    """One output's loss.

    Attributes:
        fused: the last activation and the loss are computed together: the loss reads the activation's input.
    """

    head: Head
    loss: Loss
    weight: float
    fused: bool

    @classmethod
    def of(cls, head: Head, loss: Loss, weight: float, fuse: bool = True) -> Objective:
        """The objective of an output, fused with its activation where `fuse` allows it and the two fit."""
        layer = head.activation.layer if head.activation else None
        fused = fuse and isinstance(layer, Applies) and loss.can_fuse() and layer.function.kind == loss.fuses
        return cls(head, loss, weight, fused)

    @property
    def slot(self) -> int:
        """The slot that the loss reads."""
        if self.fused:
            assert self.head.activation
            return self.head.activation.sources[0]
        return self.head.slot

    @property
    def may_overwrite(self) -> bool:
        """Whether a fused loss may write the predictions over the logits: the layer before does not need them."""
        return self.head.activation is not None and self.head.activation.overwrite

    @cached_property
    def compiled(self) -> int | None:
        """The number of the loss in compiled kernels, or None where it is not compiled. Compiled are some losses
        (Loss.kernel_number) with their default arguments, which are fused with their softmax or sigmoid if they have
        one."""
        loss = self.loss
        number: int | None = loss.own("kernel_number")
        usual = number is not None and self.weight and loss == type(loss)()
        return number if usual and (self.fused or loss.fuses is None) else None

    def compiled_arguments(self, y: Array, weights: Array | None, units: int, dtype: Any) -> tuple[Array, Array, Array]:
        """(targets, labels, weights) as the compiled loss takes them; those that it does not use are empty."""
        weights = np.empty(0, dtype) if weights is None else weights.astype(dtype, copy=False)
        if self.loss.labels == "integer":
            # the integer type that data sets have, so that the kernel is compiled only once
            labels = y.reshape(-1).astype(np.int32, copy=False)
            return np.empty((0, 0), dtype), labels, weights
        return np.ascontiguousarray(y.reshape(len(y), units), dtype), np.empty(0, np.int32), weights
