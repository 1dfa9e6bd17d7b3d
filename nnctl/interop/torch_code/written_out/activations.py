"""Activations."""

import torch


def general_relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """x from threshold to max_value, negative_slope (x - threshold) below."""
    y = torch.where(x <= threshold, 0, x)
    if max_value is not None:
        y = y.clamp(max=max_value)
    return y + negative_slope * (x - threshold).clamp(max=0)
