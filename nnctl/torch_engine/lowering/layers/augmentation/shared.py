"""The random numbers of the augmentations, from the NumPy engine's."""

import numpy as np
import torch
from torch import Tensor

from nnctl.nn.layers.augmentation.base import between


@torch.compiler.disable
def drawn(layer, x: Tensor, call) -> np.ndarray:
    """(rows, layer.draws) random numbers of each image, uniform in [0, 1)."""
    return call.random_bits(layer.draws, len(x)).numpy().astype(np.float64) / 65536


@torch.compiler.disable
def factor_of(draws: np.ndarray, bounds, x: Tensor) -> Tensor:
    """Random numbers between the bounds, (rows, 1, 1, 1), of x's dtype."""
    return torch.from_numpy(between(draws, bounds)[..., None]).to(x.dtype).to(x.device)
