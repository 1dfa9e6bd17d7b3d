"""RandomFlip: images mirrored."""

from typing import Literal

import numpy as np

from nnctl.nn.layers.augmentation.base import Augmentation
from nnctl.nn.layers.base import layers


@layers.register("RandomFlip")
class RandomFlip(Augmentation):
    """Mirrors each image with probability 1/2: left to right, upside down, or each of the two."""

    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical"

    draws = 2

    def change(self, x, draws, call):
        flipped = [draws[:, 0] < 0.5, draws[:, 1] < 0.5]  # of height, of width
        if self.mode == "horizontal":
            flipped[0][:] = False
        elif self.mode == "vertical":
            flipped[1][:] = False
        return self._flip(x, flipped, call), flipped

    def change_back(self, flipped, dy, call):
        return self._flip(dy, flipped, call)

    def _flip(self, x, flipped, call):
        y = call.empty(x.shape)
        for high in (False, True):
            for wide in (False, True):
                rows = np.flatnonzero((flipped[0] == high) & (flipped[1] == wide))
                y[rows] = x[rows][:, :: -1 if high else 1, :: -1 if wide else 1]
        return y
