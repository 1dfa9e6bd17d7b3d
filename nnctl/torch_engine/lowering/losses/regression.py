"""Losses for regression: the distance between numbers."""

import math

import torch
from torch.nn import functional as F

from nnctl.nn.losses.base import EPSILON
from nnctl.nn.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from nnctl.torch_engine.lowering.losses.shared import aligned
from nnctl.torch_engine.lowering.table import LOSSES

row = LOSSES.row


@row(MeanSquaredError)
def mse(loss, y, p):
    return (p - aligned(y, p)).square().mean(dim=-1)


@row(MeanAbsoluteError)
def mae(loss, y, p):
    return (p - aligned(y, p)).abs().mean(dim=-1)


@row(MeanAbsolutePercentageError)
def mape(loss, y, p):
    y = aligned(y, p)
    return 100 * ((p - y).abs() / y.abs().clamp(min=EPSILON)).mean(dim=-1)


@row(MeanSquaredLogarithmicError)
def msle(loss, y, p):
    return (_log1p(p) - _log1p(aligned(y, p))).square().mean(dim=-1)


def _log1p(x):
    return torch.log1p(torch.where(x > EPSILON, x, EPSILON))


@row(Huber)
def huber(loss, y, p):
    return F.huber_loss(p, aligned(y, p), reduction="none", delta=loss.delta).mean(dim=-1)


@row(LogCosh)
def log_cosh(loss, y, p):
    size = (p - aligned(y, p)).abs()
    return (size + torch.log1p(torch.exp(-2 * size)) - math.log(2)).mean(dim=-1)


@row(CosineSimilarity)
def cosine_similarity(loss, y, p):
    return -(_unit(aligned(y, p)) * _unit(p)).sum(dim=-1)


def _unit(x):
    # the square is bounded, not its root, whose gradient at 0 would be infinite
    return x / x.square().sum(dim=-1, keepdim=True).clamp(min=EPSILON**2).sqrt()
