"""Losses, by what they compare: classes, distributions, numbers, margins."""

from nnctl.losses import crossentropy, ctc, margins, numbers, probabilities  # noqa: F401 (they register)
from nnctl.losses.base import Loss, LossName, losses

__all__ = ["Loss", "LossName", "losses"]
