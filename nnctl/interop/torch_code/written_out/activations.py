"""Activations."""

import torch


def general_relu(x, negative_slope, max_value, threshold):
    """x above the threshold, at most max_value; below it negative_slope (x - threshold)."""
    y = torch.where(x <= threshold, 0, x).clamp(max=max_value)
    return y + negative_slope * (x - threshold).clamp(max=0)
