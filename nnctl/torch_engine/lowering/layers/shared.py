"""What several layers need: images as PyTorch takes them, and numbers of the right kind."""

import torch
from torch import Tensor


def real(x: Tensor, call) -> Tensor:
    """x as floating-point numbers: integers, such as class numbers, become the model's dtype."""
    return x if x.is_floating_point() else x.to(call.dtype)


def scale_and_shift(w) -> tuple[Tensor | None, Tensor | None]:
    """The gamma and beta of a normalization, both or neither: with one of them alone, PyTorch's backward pass fails in
    some cases (2.13: beta alone in group_norm, and in layer_norm in bfloat16)."""
    gamma, beta = w.get("gamma"), w.get("beta")
    if beta is not None and gamma is None:
        return torch.ones_like(beta), beta
    if gamma is not None and beta is None:
        return gamma, torch.zeros_like(gamma)
    return gamma, beta


def to_image(x: Tensor) -> Tensor:
    """(rows, *positions, channels) as a view (rows, channels, height, width): PyTorch's channels_last memory format.
    A sequence is an image of one row."""
    return (x if x.ndim == 4 else x.unsqueeze(1)).permute(0, 3, 1, 2)


def from_image(y: Tensor, ndim: int) -> Tensor:
    """The view back, with ndim axes."""
    y = y.permute(0, 2, 3, 1)
    return y if ndim == 4 else y.squeeze(1)


def on_two_axes(numbers, flat: int) -> tuple[int, ...]:
    """A number for each axis of an image, from those of an image or of a sequence. flat: that of the other axis."""
    return (flat,) * (2 - len(numbers)) + tuple(numbers)
