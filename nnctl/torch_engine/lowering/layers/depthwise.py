"""Convolutions of each channel by itself, alone or followed by a mixing of the channels."""

from torch import Tensor
from torch.nn import functional as F

from nnctl.nn.layers.depthwise import DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D
from nnctl.torch_engine.lowering.layers.convolution import convolve
from nnctl.torch_engine.lowering.layers.shared import real
from nnctl.torch_engine.lowering.table import lowers


@lowers(DepthwiseConv1D, DepthwiseConv2D)
def depthwise(layer, w, x, call):
    x = real(x, call)
    return convolve(layer, x, _of_groups(w["kernel"]), w.get("bias"), x.shape[-1])


@lowers(SeparableConv1D, SeparableConv2D)
def separable(layer, w, x, call):
    x = real(x, call)
    inner = convolve(layer, x, _of_groups(w["depthwise_kernel"]), None, x.shape[-1])
    return F.linear(inner, w["pointwise_kernel"].reshape(-1, layer.filters).t(), w.get("bias"))


def _of_groups(kernel: Tensor) -> Tensor:
    """(*sizes, inputs, multiplier) as the kernel of a convolution with a group for each input, (*sizes, 1, filters)."""
    return kernel.flatten(-2).unsqueeze(-2)
