"""Regularizers: the penalty of a weight, as a tensor."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from nnctl.nn import regularizers as nn
from nnctl.torch_engine.lowering.table import REGULARIZERS

row = REGULARIZERS.row


def penalty(regularizer: Any, w: Tensor) -> Tensor:
    """The number that is added to the loss. Raises InputError for a regularizer that the table does not have."""
    return REGULARIZERS.of(regularizer)(regularizer, w)


@row(nn.L1)
def l1(regularizer, w):
    return regularizer.l1 * w.abs().sum()


@row(nn.L2)
def l2(regularizer, w):
    return regularizer.l2 * w.square().sum()


@row(nn.L1L2)
def l1_l2(regularizer, w):
    one, two = regularizer.strengths()
    return one * w.abs().sum() + two * w.square().sum()
