"""Transposed convolutions."""

from torch.nn import functional as F

from nnctl.nn.layers import window_geometry
from nnctl.nn.layers.transposed import Conv1DTranspose, Conv2DTranspose
from nnctl.torch_engine.lowering.layers.shared import from_image, on_two_axes, real, to_image
from nnctl.torch_engine.lowering.table import lowers


@lowers(Conv1DTranspose, Conv2DTranspose)
def transposed(layer, w, x, call):
    sizes, strides, dilations = map(window_geometry.each, (layer.kernel_size, layer.strides, layer.dilation_rate))
    axes = layer._axes(tuple(x.shape[1:]))
    crops, more = [], []
    for n, size, stride, dilation, (length, crop) in zip(x.shape[1:-1], sizes, strides, dilations, axes, strict=True):
        whole = (n - 1) * stride + window_geometry.reach(size, dilation)
        crops.append(crop)
        # PyTorch crops as much from the end, and gives back what is asked for; what is left is cut off below
        more.append(max(0, length - (whole - 2 * crop)))
    kernel = (w["kernel"] if len(sizes) == 2 else w["kernel"].unsqueeze(0)).permute(3, 2, 0, 1)
    y = F.conv_transpose2d(
        to_image(real(x, call)), kernel, w.get("bias"), on_two_axes(strides, 1), on_two_axes(crops, 0),
        on_two_axes(more, 0), 1, on_two_axes(dilations, 1),
    )  # fmt: skip
    y = from_image(y, x.ndim)
    return y[(slice(None), *(slice(length) for length, _ in axes))]
