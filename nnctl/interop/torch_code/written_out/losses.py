"""Losses of each row."""

import math

import torch
import torch.nn.functional as F


def crossentropy(p, y, smoothing=0.0):
    """-sum y log p of probabilities p, which are divided by their sum first."""
    total = p.sum(dim=-1, keepdim=True)
    p = (p / torch.where(total == 0, 1, total)).clamp(1e-7, 1 - 1e-7)
    y = (1 - smoothing) * y + smoothing / p.shape[-1]
    return -(y * p.log()).sum(dim=-1)


def focal_crossentropy(p, y, gamma, alpha=None):
    """Binary crossentropy in which rows that are right already count little."""
    q = p.clamp(1e-7, 1 - 1e-7)
    bce = F.binary_cross_entropy(q, y, reduction="none")
    return focal_mean(bce, p, y, gamma, alpha)


def focal_crossentropy_of_logits(z, y, gamma, alpha=None):
    """Binary crossentropy in which rows that are right already count little."""
    bce = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    return focal_mean(bce, torch.sigmoid(z), y, gamma, alpha)


def focal_mean(bce, p, y, gamma, alpha):
    """The mean of a binary crossentropy times how wrong the prediction is."""
    wrong = y * (1 - p) + (1 - y) * p
    balance = 1 if alpha is None else y * alpha + (1 - y) * (1 - alpha)
    return (balance * wrong**gamma * bce).mean(dim=-1)


def percentage_error(p, y):
    """100 |p - y| / |y|."""
    return (100 * (p - y).abs() / y.abs().clamp(min=1e-7)).mean(dim=-1)


def logarithmic_error(p, y):
    """(log(1 + p) - log(1 + y))^2."""
    error = p.clamp(min=1e-7).log1p() - y.clamp(min=1e-7).log1p()
    return error.square().mean(dim=-1)


def log_cosh(p, y):
    """log cosh(p - y)."""
    size = (p - y).abs()
    return (size + torch.log1p(torch.exp(-2 * size)) - math.log(2)).mean(dim=-1)


def kl_divergence(p, y):
    """sum y log(y / p)."""
    p, y = p.clamp(1e-7, 1), y.clamp(1e-7, 1)
    return (y * (y / p).log()).sum(dim=-1)


def hinge(p, y):
    """max(1 - y p, 0), with labels 0 and 1 as -1 and 1."""
    return (1 - torch.where(y == 0, -1, y) * p).clamp(min=0).mean(dim=-1)


def squared_hinge(p, y):
    """max(1 - y p, 0)^2, with labels 0 and 1 as -1 and 1."""
    short = (1 - torch.where(y == 0, -1, y) * p).clamp(min=0)
    return short.square().mean(dim=-1)


def categorical_hinge(p, y):
    """How much the right class falls short of leading by 1; y is one-hot."""
    best_wrong, right = ((1 - y) * p).amax(dim=-1), (y * p).sum(dim=-1)
    return (best_wrong - right + 1).clamp(min=0)


def ctc(scores, labels, steps=None):
    """-log of the probability of labels, which are filled up with 0, the blank.

    steps: how many steps of each row are real.
    """
    if steps is None:
        steps = torch.full((len(scores),), scores.shape[1])
    log_p = F.log_softmax(scores, dim=-1).transpose(0, 1)
    count = (labels > 0).sum(dim=1)
    return F.ctc_loss(log_p, labels, steps, count, reduction="none")
