"""What several layers need: images as PyTorch takes them, and numbers of the right kind."""

from torch import Tensor


def real(x: Tensor, call) -> Tensor:
    """x as floating-point numbers: integers, such as class numbers, become the model's dtype."""
    return x if x.is_floating_point() else x.to(call.dtype)


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
