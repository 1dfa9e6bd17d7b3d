"""Hinge losses. Their gradient is 0 exactly at the margin, which relu's is, too."""

import torch
from torch import Tensor
from torch.nn import functional as F

from nnctl.nn.losses.hinge import CategoricalHinge, Hinge, SquaredHinge
from nnctl.torch_engine.lowering.losses.shared import aligned
from nnctl.torch_engine.lowering.table import LOSSES


@LOSSES.row(Hinge)
def hinge(loss, y, p):
    return _short(y, p).mean(dim=-1)


@LOSSES.row(SquaredHinge)
def squared_hinge(loss, y, p):
    return _short(y, p).square().mean(dim=-1)


@LOSSES.row(CategoricalHinge)
def categorical_hinge(loss, y, p):
    y = aligned(y, p)
    wrong = (1 - y) * p
    best = wrong.gather(-1, wrong.argmax(dim=-1, keepdim=True)).squeeze(-1)  # of equal ones, the first
    return F.relu(best - (y * p).sum(dim=-1) + 1)


def _short(y: Tensor, p: Tensor) -> Tensor:
    """How much is missing to the margin, of labels 0 and 1 taken as -1 and 1."""
    y = aligned(y, p)
    return F.relu(1 - torch.where(y == 0, -1, y) * p)
