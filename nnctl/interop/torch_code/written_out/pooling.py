"""Pooling."""

import torch
import torch.nn.functional as F


def average_pool(x, size, stride, padding):
    """The mean of each window, of which the padding is no part."""
    function = F.avg_pool2d if x.ndim == 4 else F.avg_pool1d
    real = function(F.pad(torch.ones_like(x[:1]), padding), size, stride)
    return function(F.pad(x, padding), size, stride) / real


def mean_of_real_steps(x, mask):
    """The mean over the steps where the mask is True; 0 where no step is."""
    real = mask[..., None].to(x.dtype)
    return (x * real).sum(dim=1) / real.sum(dim=1).clamp(min=1)
