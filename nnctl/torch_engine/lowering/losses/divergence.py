"""Losses that compare distributions, besides the crossentropies."""

from nnctl.nn.losses.base import EPSILON
from nnctl.nn.losses.divergence import KLDivergence, Poisson
from nnctl.torch_engine.lowering.losses.shared import aligned
from nnctl.torch_engine.lowering.table import LOSSES


@LOSSES.row(KLDivergence)
def kl_divergence(loss, y, p):
    y = aligned(y, p).clamp(EPSILON, 1)
    return (y * (y / p.clamp(EPSILON, 1)).log()).sum(dim=-1)


@LOSSES.row(Poisson)
def poisson(loss, y, p):
    return (p - aligned(y, p) * (p + EPSILON).log()).mean(dim=-1)
