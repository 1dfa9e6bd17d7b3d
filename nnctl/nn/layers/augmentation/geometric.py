"""Images shifted, rotated and zoomed."""

import numpy as np

from nnctl.nn.layers.augmentation.base import Range, between
from nnctl.nn.layers.augmentation.resampling import Resampling
from nnctl.nn.layers.base import layers


@layers.register("RandomTranslation")
class RandomTranslation(Resampling):
    """Shifts each image by a random fraction of its height and width: 0.2 means from -0.2 to 0.2. Positive is down and
    to the right."""

    height_factor: Range
    width_factor: Range

    draws = 2

    def places(self, draws, height, width):
        down, across = _grid(height, width)
        down = down - between(draws[:, 0], self.height_factor) * height
        across = across - between(draws[:, 1], self.width_factor) * width
        return down, across


@layers.register("RandomRotation")
class RandomRotation(Resampling):
    """Rotates each image about its center by a random fraction of a full turn: 0.1 is up to 36 degrees either way."""

    factor: Range

    draws = 1

    def places(self, draws, height, width):
        angle = 2 * np.pi * between(draws[:, 0], self.factor)
        down, across = _grid(height, width)
        down, across = down - (height - 1) / 2, across - (width - 1) / 2
        return (
            np.sin(angle) * across + np.cos(angle) * down + (height - 1) / 2,
            np.cos(angle) * across - np.sin(angle) * down + (width - 1) / 2,
        )


@layers.register("RandomZoom")
class RandomZoom(Resampling):
    """Zooms each image about its center: -0.2 shows 0.8 of the height, 0.2 shows 1.2 of it (the image shrinks).

    Without width_factor the proportions are kept.
    """

    height_factor: Range
    width_factor: Range | None = None

    draws = 2

    def places(self, draws, height, width):
        tall = 1 + between(draws[:, 0], self.height_factor)
        wide = tall if self.width_factor is None else 1 + between(draws[:, 1], self.width_factor)
        down, across = _grid(height, width)
        down = (down - (height - 1) / 2) * tall + (height - 1) / 2
        across = (across - (width - 1) / 2) * wide + (width - 1) / 2
        return down, across


def _grid(height, width):
    """Row and column of every pixel, (1, height, 1) and (1, 1, width)."""
    return np.arange(height)[None, :, None], np.arange(width)[None, None, :]
