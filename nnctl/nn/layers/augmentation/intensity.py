"""Images with more or less contrast and brightness."""

import numpy as np

from nnctl.nn.layers.augmentation.base import Augmentation, DownAndUp, Range, Values, between
from nnctl.nn.layers.base import layers


@layers.register("RandomContrast")
class RandomContrast(Augmentation):
    """Scales each image's values about their mean, channel by channel: y = (x - mean) f + mean, f random between
    1 - factor and 1 + factor (1 - low and 1 + high for a factor [low, high]). The result is clipped to value_range."""

    factor: DownAndUp
    value_range: Values = (0.0, 255.0)

    draws = 1

    def change(self, x, draws, call):
        low, high = self.factor
        factor = between(draws[:, 0], (1 - low, 1 + high)).astype(x.dtype)[..., None]
        mean = x.mean(axis=(1, 2), keepdims=True)
        y = np.subtract(x, mean, out=call.empty(x.shape))
        y *= factor
        y += mean
        kept = (y >= self.value_range[0]) & (y <= self.value_range[1])
        np.clip(y, *self.value_range, out=y)
        return y, (factor, kept)

    def change_back(self, saved, dy, call):
        factor, kept = saved
        dy = np.where(kept, dy, 0)
        return dy * factor + (1 - factor) * dy.mean(axis=(1, 2), keepdims=True)


@layers.register("RandomBrightness")
class RandomBrightness(Augmentation):
    """Makes each image brighter or darker: y = x + f (high - low), f random in the range of factor, low and high the
    bounds of value_range. The result is clipped to value_range, which for values from 0 to 1 must be [0, 1]."""

    factor: Range
    value_range: Values = (0.0, 255.0)

    draws = 1

    def change(self, x, draws, call):
        low, high = self.value_range
        y = np.add(x, (between(draws[:, 0], self.factor) * (high - low)).astype(x.dtype)[..., None],
                   out=call.empty(x.shape))  # fmt: skip
        kept = (y >= low) & (y <= high)
        np.clip(y, low, high, out=y)
        return y, kept

    def change_back(self, kept, dy, call):
        return np.where(kept, dy, 0)
