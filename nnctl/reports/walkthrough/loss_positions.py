"""The positions that a loss is the mean over: a row, or each time step that is not padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl.nn.losses.base import EPSILON, aligned
from nnctl.reports.walkthrough.trace import TracedLoss

Array = np.ndarray
TINY = 1e-37  # below, float32 loses digits, and then the number


@dataclass(frozen=True)
class Position:
    """What a loss compares at one position; the arrays are one-dimensional.

    y: the target, of a class one-hot, and after label smoothing. p: the predicted numbers or probabilities.
    log_p, log_rest: the logarithms of p and of 1 - p, also where float32 has rounded p to 0 or 1. loss: the engine's.
    """

    y: Array
    p: Array
    log_p: Array
    log_rest: Array
    loss: float


def positions(traced: TracedLoss) -> list[Position]:
    """The positions of a row that are not padding."""
    loss: Any = traced.objective.loss
    z = traced.z[0].reshape(-1, traced.z.shape[-1]).astype(np.float64)
    p, probabilities = predictions(traced), loss.fuses in ("softmax", "sigmoid")
    log_p, log_rest = _logarithms(traced, loss, z, p) if probabilities else (np.full(p.shape, np.nan),) * 2
    real = traced.real.reshape(-1)
    arrays = zip(targets(traced)[real], p[real], log_p[real], log_rest[real], traced.each, strict=True)
    return [Position(y, q, log_q, log_other, float(each)) for y, q, log_q, log_other, each in arrays]


def predictions(traced: TracedLoss) -> Array:
    """(positions, units): the predicted numbers; with from_logits, the probabilities that the loss makes of them."""
    loss: Any = traced.objective.loss
    p: Array = traced.p[0].reshape(-1, traced.p.shape[-1])
    if getattr(loss, "from_logits", False):
        return np.exp(_log_probabilities(p.astype(np.float64), loss.fuses)[0])
    return p


def targets(traced: TracedLoss) -> Array:
    """(positions, units): the targets as the loss counts them: classes one-hot, label smoothing applied."""
    loss: Any = traced.objective.loss
    units = traced.p.shape[-1]
    if loss.labels == "integer":
        y = np.eye(units, dtype=traced.p.dtype)[np.asarray(traced.y).reshape(-1).astype(int)]
    else:
        y = aligned(np.asarray(traced.y), traced.p).reshape(-1, units)
    if smoothing := getattr(loss, "label_smoothing", 0):
        y = y * (1 - smoothing) + smoothing / (2 if loss.labels == "binary" else units)
    return y


def _logarithms(traced: TracedLoss, loss: Any, z: Array, p: Array) -> tuple[Array, Array]:
    """log p and log (1 - p), in float64."""
    with np.errstate(divide="ignore"):
        if traced.objective.fused or getattr(loss, "from_logits", False):
            log_p, log_rest = _log_probabilities(z, loss.fuses)
            return np.where(p > TINY, np.log(p.astype(np.float64)), log_p), log_rest
        q = p.astype(np.float64)
        if loss.normalizes and (total := q.sum(axis=-1, keepdims=True)).all():
            q = q / total
        q = np.clip(q, EPSILON, 1 - EPSILON)
        return np.log(q), np.log1p(-q)


def _log_probabilities(z: Array, function: str) -> tuple[Array, Array]:
    """The logarithms of softmax(z) or sigmoid(z), and of 1 minus them."""
    if function == "sigmoid":
        return -np.logaddexp(0, -z), -np.logaddexp(0, z)
    log_p = z - np.logaddexp.reduce(z, axis=-1, keepdims=True)
    with np.errstate(divide="ignore"):
        return log_p, np.log1p(-np.exp(log_p))
