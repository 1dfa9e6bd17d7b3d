"""Which weights were used, in words."""

from __future__ import annotations

from nnctl.training.best_or_last import Kept
from nnctl.translation import _


def weights_used(kept: Kept) -> str:
    """Such as "weights of epoch 12, the best by val_loss"."""
    if kept.epoch == 0 and not kept.iteration:
        return _("initial weights")
    if kept.weights == "best":
        text = _("weights of epoch {epoch}, the best by {metric}") if kept.monitor else (
            _("weights of epoch {epoch}, the best"))  # fmt: skip
    elif kept.iteration:
        text = _("weights of epoch {epoch}, iteration {iteration}, the last")
    else:
        text = _("weights of epoch {epoch}, the last")
    return text.format(epoch=kept.epoch, iteration=kept.iteration, metric=kept.monitor)
