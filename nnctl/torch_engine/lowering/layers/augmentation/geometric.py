"""Images shifted, rotated and zoomed: each new pixel reads a place between old ones."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from nnctl.nn.layers.augmentation.geometric import RandomRotation, RandomTranslation, RandomZoom
from nnctl.torch_engine.lowering.layers.augmentation.shared import drawn
from nnctl.torch_engine.lowering.layers.shared import from_image, real, to_image
from nnctl.torch_engine.lowering.table import lowers

# Of places outside the image. PyTorch has no "wrap", and a nearest pixel that differs where a place is halfway.
MODES = {"constant": "zeros", "nearest": "border", "reflect": "reflection"}


@lowers(RandomTranslation, RandomRotation, RandomZoom)
def resampling(layer, w, x, call):
    if not call.training or not len(x):
        return x
    x = real(x, call)
    draws = drawn(layer, x, call)
    if layer.interpolation == "nearest" or layer.fill_mode not in MODES:
        return _by_pixels(layer, x, draws)
    grid = _grid(layer, x, draws)
    mode = MODES[layer.fill_mode]
    y = F.grid_sample(to_image(x), grid, "bilinear", mode, align_corners=False)
    if layer.fill_mode == "constant" and layer.fill_value:
        inside = F.grid_sample(torch.ones_like(x[..., :1]).permute(0, 3, 1, 2), grid, "bilinear", mode,
                               align_corners=False)  # fmt: skip
        y = y + (1 - inside) * layer.fill_value
    return from_image(y, 4)


@torch.compiler.disable
def _grid(layer, x: Tensor, draws: np.ndarray) -> Tensor:
    """The places as PyTorch takes them: (rows, height, width, 2), column and row, the image from -1 to 1."""
    height, width = x.shape[1:3]
    down, across = layer.places(draws, height, width)
    places = [(2 * at + 1) / n - 1 for at, n in ((across, width), (down, height))]
    parts = [torch.from_numpy(at).to(x.dtype).to(x.device).expand(len(x), height, width) for at in places]
    return torch.stack(parts, dim=-1)


def _by_pixels(layer, x: Tensor, draws: np.ndarray) -> Tensor:
    """The sum over the pixels around each place, each with its share."""
    _, height, width, channels = x.shape
    pixels = x.reshape(-1, channels)
    y: Tensor | None = None
    inside = 0.0
    for where, share in layer._parts(*layer.places(draws, height, width), height, width):
        of_pixels = torch.from_numpy(share).to(x.dtype).to(x.device)[..., None]
        part = pixels[torch.from_numpy(where).to(x.device)] * of_pixels
        y, inside = part if y is None else y + part, inside + of_pixels
    assert y is not None
    if layer.fill_mode == "constant" and layer.fill_value:
        y = y + (1 - inside) * layer.fill_value
    return y.reshape(x.shape)
