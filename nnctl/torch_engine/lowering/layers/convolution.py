"""Convolutions, on views of the tensors as PyTorch orders their axes."""

from torch import Tensor
from torch.nn import functional as F

from nnctl.nn.layers import window_geometry
from nnctl.nn.layers.convolution import Conv1D, Conv2D
from nnctl.torch_engine.lowering.layers.shared import from_image, on_two_axes, real, to_image
from nnctl.torch_engine.lowering.table import lowers


@lowers(Conv1D, Conv2D)
def convolution(layer, w, x, call):
    return convolve(layer, real(x, call), w["kernel"], w.get("bias"), layer.groups)


def convolve(layer, x: Tensor, kernel: Tensor, bias: Tensor | None, groups: int) -> Tensor:
    """The convolution of x (rows, *positions, inputs) with kernel (*sizes, inputs / groups, filters)."""
    sizes, strides, padding, dilations = window_geometry.of(layer)
    kernel = (kernel if len(sizes) == 2 else kernel.unsqueeze(0)).permute(3, 2, 0, 1)
    image, zeros = padded(to_image(x), sizes, strides, padding, dilations)
    y = F.conv2d(image, kernel, bias, on_two_axes(strides, 1), zeros, on_two_axes(dilations, 1), groups)
    return from_image(y, x.ndim)


def padded(image: Tensor, sizes, strides, padding: str, dilations, value: float = 0.0):
    """The image (rows, channels, height, width) with its padding, and the padding on both sides of each axis that is
    left to the operation: all of it, where it is the same on both sides."""
    around = margins(image, sizes, strides, padding, dilations)
    if all(before == after for before, after in around):
        return image, tuple(before for before, _ in around)
    (top, bottom), (left, right) = around
    return F.pad(image, (left, right, top, bottom), value=value), (0, 0)


def margins(image: Tensor, sizes, strides, padding: str, dilations) -> list[tuple[int, int]]:
    """How many positions are added before and after each axis of an image (rows, channels, height, width)."""
    axes = zip(image.shape[4 - len(sizes) :], sizes, strides, dilations, strict=True)
    around = [window_geometry.margins(n, size, stride, padding, dilation) for n, size, stride, dilation in axes]
    return [(0, 0)] * (2 - len(sizes)) + around
