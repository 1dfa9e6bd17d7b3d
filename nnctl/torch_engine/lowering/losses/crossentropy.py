"""Crossentropies, from probabilities and from the inputs of softmax or sigmoid."""

import torch
from torch import Tensor
from torch.nn import functional as F

from nnctl.nn.losses.base import EPSILON
from nnctl.nn.losses.crossentropy import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from nnctl.torch_engine.lowering.losses.shared import aligned
from nnctl.torch_engine.lowering.table import LOSSES, LOSSES_OF_LOGITS, MEANS_OF_LOGITS


@LOSSES.row(BinaryCrossentropy)
def binary(loss, y, p):
    if loss.from_logits:
        return binary_of_logits(loss, y, p)
    return _binary(_smoothed(loss, aligned(y, p), 2), p).mean(dim=-1)


@LOSSES_OF_LOGITS.row(BinaryCrossentropy)
def binary_of_logits(loss, y, z):
    y = _smoothed(loss, aligned(y, z), 2)
    return F.binary_cross_entropy_with_logits(z, y, reduction="none").mean(dim=-1)


def _binary(y, p):
    p = p.clamp(EPSILON, 1 - EPSILON)
    return -(y * p.log() + (1 - y) * (1 - p).log())


def _smoothed(loss, y, classes):
    s = loss.label_smoothing
    return y * (1 - s) + s / classes if s else y


@LOSSES.row(BinaryFocalCrossentropy)
def focal(loss, y, p):
    if loss.from_logits:
        return focal_of_logits(loss, y, p)
    y = _smoothed(loss, aligned(y, p), 2)
    return (_factor(loss, y, p) * _binary(y, p)).mean(dim=-1)


@LOSSES_OF_LOGITS.row(BinaryFocalCrossentropy)
def focal_of_logits(loss, y, z):
    y = _smoothed(loss, aligned(y, z), 2)
    each = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    return (_factor(loss, y, torch.sigmoid(z)) * each).mean(dim=-1)


def _factor(loss, y, p) -> Tensor:
    """wrong^gamma, wrong being the probability given to what is not true. In its gradient, wrong is at least EPSILON:
    0 has no power below 0."""
    wrong = y * (1 - p) + (1 - y) * p
    fixed = wrong.detach()
    gradient = loss.gamma * fixed.clamp(min=EPSILON) ** (loss.gamma - 1)
    factor = fixed**loss.gamma + gradient * (wrong - fixed)
    return factor * (y * loss.alpha + (1 - y) * (1 - loss.alpha)) if loss.apply_class_balancing else factor


@LOSSES.row(CategoricalCrossentropy)
def categorical(loss, y, p):
    if loss.from_logits:
        return categorical_of_logits(loss, y, p)
    return -(_smoothed(loss, aligned(y, p), p.shape[-1]) * _log_of_share(p)).sum(dim=-1)


@LOSSES_OF_LOGITS.row(CategoricalCrossentropy)
def categorical_of_logits(loss, y, z):
    return -(_smoothed(loss, aligned(y, z), z.shape[-1]) * F.log_softmax(z, dim=-1)).sum(dim=-1)


@LOSSES.row(SparseCategoricalCrossentropy)
def sparse(loss, y, p):
    if loss.from_logits:
        return sparse_of_logits(loss, y, p)
    log, s = _log_of_share(p), loss.label_smoothing
    values = (s - 1) * log.gather(-1, y.reshape(*p.shape[:-1], 1).long()).squeeze(-1)
    return values - s * log.mean(dim=-1) if s else values


@LOSSES_OF_LOGITS.row(SparseCategoricalCrossentropy)
def sparse_of_logits(loss, y, z):
    return _sparse(loss, y, z, "none").reshape(z.shape[:-1])


def _sparse(loss, y, z, reduction):
    rows = z if z.ndim == 2 else z.reshape(-1, z.shape[-1])
    return F.cross_entropy(rows, y.reshape(-1).long(), reduction=reduction, label_smoothing=loss.label_smoothing)


def _sparse_mean(loss, y, z):
    return _sparse(loss, y, z, "mean")


MEANS_OF_LOGITS[SparseCategoricalCrossentropy] = _sparse_mean


def _log_of_share(p):
    """log of p / sum p, clipped; where all p are 0, as relu may give, the shares are 0 too."""
    total = p.sum(dim=-1, keepdim=True)
    return (p / torch.where(total == 0, 1, total)).clamp(EPSILON, 1 - EPSILON).log()
