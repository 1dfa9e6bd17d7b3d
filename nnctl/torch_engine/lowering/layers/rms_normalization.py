"""Normalization of the length: each sample is scaled, and its mean is kept."""

from torch.nn import functional as F

from nnctl.nn.layers.rms_normalization import SMALLEST, RMSNormalization, UnitNormalization
from nnctl.torch_engine.lowering.layers.shared import real
from nnctl.torch_engine.lowering.table import lowers


@lowers(RMSNormalization)
def rms_normalization(layer, w, x, call):
    x = real(x, call)
    return F.rms_norm(x, x.shape[-1:], w["scale"].to(x.dtype), layer.epsilon)


@lowers(UnitNormalization)
def unit_normalization(layer, w, x, call):
    x = real(x, call)
    return x * x.square().sum(dim=-1, keepdim=True).clamp(min=SMALLEST).rsqrt()
