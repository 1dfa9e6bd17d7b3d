"""What the losses share: targets and predictions of one shape, in float32 at least."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from nnctl.errors import ShapeError
from nnctl.torch_engine.lowering.table import LOSSES, LOSSES_OF_LOGITS, MEANS_OF_LOGITS


def loss_values(loss: Any, y: Tensor, p: Tensor, lengths: Tensor | None = None) -> Tensor:
    """The loss of each row, (rows,), or of each time step, (rows, steps), of targets y and predictions p.

    lengths: (rows,) time steps that are not padding, for losses of whole sequences; None where all are real.
    Raises InputError for a loss that the table does not have, ShapeError for targets that do not fit.
    """
    return LOSSES.of(loss)(loss, y, precise(p), **_more(loss, lengths))


def loss_values_of_logits(loss: Any, y: Tensor, z: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """(the loss of each row, predictions) where z are the inputs of the activation that the loss `fuses`.

    The values are exact for any z. The predictions, softmax(z) or sigmoid(z), have no gradient.
    """
    z = precise(z)
    return LOSSES_OF_LOGITS.of(loss)(loss, y, z, **_more(loss, lengths)), _predictions(loss, z)


def mean_loss_of_logits(loss: Any, y: Tensor, z: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """(the mean of all values, predictions), as `loss_values_of_logits` gives them."""
    values_of = LOSSES_OF_LOGITS.of(loss)  # imports the module that has the mean, too
    z = precise(z)
    if (mean_of := MEANS_OF_LOGITS.get(type(loss))) is not None:
        return mean_of(loss, y, z), _predictions(loss, z)
    return values_of(loss, y, z, **_more(loss, lengths)).mean(), _predictions(loss, z)


def _predictions(loss: Any, z: Tensor) -> Tensor:
    z = z.detach()
    return torch.sigmoid(z) if loss.fuses == "sigmoid" else F.softmax(z, dim=-1)


def precise(p: Tensor) -> Tensor:
    """p in float32 at least."""
    return p if p.dtype in (torch.float32, torch.float64) else p.float()


def aligned(y: Tensor, p: Tensor) -> Tensor:
    """y in p's shape and dtype: (rows,) and (rows, 1) are the same, nothing else is broadcast."""
    given = tuple(y.shape)
    if y.ndim == p.ndim - 1:
        y = y.unsqueeze(-1)
    elif y.ndim == p.ndim + 1 and y.shape[-1] == 1:
        y = y.squeeze(-1)
    if y.shape != p.shape:
        raise ShapeError(
            f"targets of shape {given} do not match predictions of shape {tuple(p.shape)}",
            hint="give the last layer one unit for each number of a target",
        )
    return y.to(p.dtype)


def _more(loss: Any, lengths: Tensor | None) -> dict[str, Any]:
    return {"lengths": lengths} if loss.wants_lengths else {}
