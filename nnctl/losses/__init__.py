"""Losses, by what they compare: probabilities, or numbers."""

from nnctl.losses import numbers, probabilities
from nnctl.losses.base import Loss, LossName, losses

__all__ = ["Loss", "LossName", "losses", "numbers", "probabilities"]
