"""Images with more or less contrast and brightness."""

from nnctl.nn.layers.augmentation.intensity import RandomBrightness, RandomContrast
from nnctl.torch_engine.lowering.layers.augmentation.shared import drawn, factor_of
from nnctl.torch_engine.lowering.layers.shared import real
from nnctl.torch_engine.lowering.table import lowers


@lowers(RandomContrast)
def random_contrast(layer, w, x, call):
    if not call.training:
        return x
    x, (low, high) = real(x, call), layer.factor
    factor = factor_of(drawn(layer, x, call)[:, 0], (1 - low, 1 + high), x)
    mean = x.mean(dim=(1, 2), keepdim=True)
    return ((x - mean) * factor + mean).clamp(*layer.value_range)


@lowers(RandomBrightness)
def random_brightness(layer, w, x, call):
    if not call.training:
        return x
    x, (low, high) = real(x, call), layer.value_range
    factor = [bound * (high - low) for bound in layer.factor]
    return (x + factor_of(drawn(layer, x, call)[:, 0], factor, x)).clamp(low, high)
