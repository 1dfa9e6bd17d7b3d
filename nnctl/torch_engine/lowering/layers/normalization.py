"""BatchNormalization and LayerNormalization."""

from math import prod

import torch
from torch import Tensor
from torch.nn import functional as F

from nnctl.nn.layers.normalization import EPSILON, BatchNormalization, LayerNormalization
from nnctl.torch_engine.lowering.layers.shared import real, scale_and_shift
from nnctl.torch_engine.lowering.table import lowers


@lowers(LayerNormalization)
def layer_normalization(layer, w, x, call):
    return F.layer_norm(real(x, call), x.shape[-1:], *scale_and_shift(w), layer.epsilon)


@lowers(BatchNormalization)
def batch_normalization(layer, w, x, call):
    x = real(x, call)
    if not (call.training and layer.trainable):
        # copies, because another use of the layer may move the averages before the gradients are computed
        moving = [w[name].clone() if call.training else w[name] for name in ("moving_mean", "moving_variance")]
        return _normalized(layer, w, x, *moving)
    mask = call.masks[0] if call.masks else None
    positions = x[..., 0].numel()
    if mask is not None or call.is_distributed or positions < 2:
        return _by_sums(layer, w, x, mask, call)
    image = _as_image(x)
    y, mean, inverse = torch.native_batch_norm(image, *scale_and_shift(w), None, None, True, 0.0, layer.epsilon)
    # not moved by PyTorch: Keras' moving variance is the mean of the biased variances, PyTorch's of the unbiased ones
    _move(layer, w, mean, inverse.detach() ** -2 - layer.epsilon)
    return _as_given(y, x)


def _normalized(layer, w, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """With these moments."""
    y = torch.batch_norm(_as_image(x), *scale_and_shift(w), mean, variance, False, 0.0, layer.epsilon,
                         torch.backends.cudnn.enabled)  # fmt: skip
    return _as_given(y, x)


def _as_image(x: Tensor) -> Tensor:
    """The channels of an image (rows, height, width, channels) are its second axis in PyTorch; whatever is no image
    becomes a matrix."""
    return x.permute(0, 3, 1, 2) if x.ndim == 4 else x.reshape(-1, x.shape[-1])


def _as_given(y: Tensor, x: Tensor) -> Tensor:
    return y.permute(0, 2, 3, 1) if x.ndim == 4 else y.reshape(x.shape)


def _by_sums(layer, w, x: Tensor, mask: Tensor | None, call) -> Tensor:
    """By sums over all ranks, in which padded steps do not count."""
    dtype = w["moving_mean"].dtype
    values, axes = x.to(dtype), tuple(range(x.ndim - 1))
    if mask is None:
        weight, count = None, values.new_full((), prod(x.shape[:-1]))
    else:
        weight = mask.to(dtype).reshape(*mask.shape, *(1,) * (x.ndim - mask.ndim))
        count = weight.sum() * prod(x.shape[mask.ndim : -1])
    total = (values if weight is None else values * weight).sum(dim=axes)
    # counted by the ranks, of which several may have the same rows, and not by call.batch_rows
    total, count = call.reduce(torch.cat((total, count[None]))).split((len(total), 1))
    count = count if mask is None else count + EPSILON
    mean = total / count
    # the second moment about the mean, not E[x^2] - mean^2, which loses digits when mean >> deviation; a change of the
    # mean does not change it, but for EPSILON, which the NumPy engine leaves out of the gradient, too
    square = (values - mean.detach()).square()
    variance = call.reduce((square if weight is None else square * weight).sum(dim=axes)) / count
    y = (values - mean) * torch.rsqrt(variance + layer.epsilon)
    _move(layer, w, mean, variance)
    y = y * w["gamma"] if layer.scale else y
    return (y + w["beta"] if layer.center else y).to(x.dtype)


@torch.no_grad()
def _move(layer, w, mean: Tensor, variance: Tensor) -> None:
    """Moves the averages towards the batch's moments."""
    for name, batch in (("moving_mean", mean), ("moving_variance", variance)):
        w[name].mul_(layer.momentum).add_(batch, alpha=1 - layer.momentum)
