"""Losses: the value of each row, with the values and gradients of the NumPy engine."""

from nnctl.torch_engine.lowering.losses.shared import loss_values, loss_values_of_logits, mean_loss_of_logits

__all__ = ["loss_values", "loss_values_of_logits", "mean_loss_of_logits"]
