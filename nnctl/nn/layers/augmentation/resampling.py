"""What the layers that move pixels share: each new pixel looks at a place between old ones."""

from typing import Literal

import numpy as np

from nnctl.nn.layers.augmentation.base import Augmentation
from nnctl.nn.layers.base import MOVED

PLACED = 300  # the cost of finding a pixel's place, in multiply-adds
FILL_MODES = ("constant", "nearest", "reflect", "wrap")  # in the order of the kernel's numbers


class Resampling(Augmentation):
    """Base of the layers that move pixels: each new pixel reads a place between old ones.

    interpolation: a weighted mean of the four pixels around the place (bilinear), or the nearest one. fill_mode: what
    lies outside the image: its mirror image (reflect), its edge (nearest), its other side (wrap) or fill_value
    (constant).
    """

    fill_mode: Literal["constant", "nearest", "reflect", "wrap"] = "reflect"
    interpolation: Literal["nearest", "bilinear"] = "bilinear"
    fill_value: float = 0.0

    def places(self, draws, height, width):
        """What each new pixel reads: two arrays of old rows and columns, (rows, height, width), or of size 1 along an
        axis on which they are all the same."""
        raise NotImplementedError

    def change(self, x, draws, call):
        rows, height, width, channels = x.shape
        down, across = places = self.places(draws, height, width)
        if call.kernels and x.flags.c_contiguous:
            y = call.empty(x.shape)
            how = FILL_MODES.index(self.fill_mode), self.interpolation == "bilinear", self.fill_value
            parts = call.parts(rows, height * width * (PLACED + MOVED * channels))
            given = [tuple(array[part] for array in (x, *places, y)) for part in parts]
            call.deal(lambda part: call.kernels.resampling.resample(*given[part], *how), len(parts))
            return y, places
        parts = self._parts(down, across, height, width)
        pixels = x.reshape(-1, channels)
        y, seen = call.empty((rows, height * width, channels)), call.empty((rows, height * width, channels))
        y.fill(0)
        inside = np.zeros((rows, height * width))
        for where, share in parts:
            np.take(pixels, where, axis=0, out=seen, mode="clip")  # the mode that takes `out` without a copy
            seen *= share.astype(x.dtype)[..., None]
            y += seen
            inside += share
        if self.fill_mode == "constant" and self.fill_value:
            y += ((1 - inside) * self.fill_value).astype(x.dtype)[..., None]
        return y.reshape(x.shape), places

    def change_back(self, places, dy, call):
        rows, height, width, channels = dy.shape
        down, across = places
        parts = self._parts(down, across, height, width)
        flat = dy.reshape(rows, height * width, channels)
        dx = call.empty((dy[..., 0].size, channels))
        dx.fill(0)
        for where, share in parts:
            np.add.at(dx, where, flat * share.astype(dy.dtype)[..., None])
        return dx.reshape(dy.shape)

    def _parts(self, down, across, height, width):
        """(the old pixel, its weight) for each of the pixels around a place; both (rows, height * width)."""
        down, across = np.broadcast_arrays(down, across)
        parts = []
        rows = len(down)
        first = height * width * np.arange(rows)[:, None]  # of an image's pixels
        for row, row_share in self._neighbours(down):
            for column, column_share in self._neighbours(across):
                share = row_share * column_share
                if self.fill_mode == "constant":
                    share = share * ((row >= 0) & (row < height) & (column >= 0) & (column < width))
                where = self._filled(row, height) * width + self._filled(column, width)
                parts.append((first + where.reshape(rows, -1), share.reshape(rows, -1)))
        return parts

    def _neighbours(self, places):
        """[(whole number, weight)] of the one or two pixels around places on one axis."""
        if self.interpolation == "nearest":
            return [(np.floor(places + 0.5).astype(int), np.ones(places.shape))]
        first = np.floor(places)
        second = places - first
        first = first.astype(int)
        return [(first, 1 - second), (first + 1, second)]

    def _filled(self, places, n):
        """The pixels that stand for places outside of 0 to n - 1, by the fill mode."""
        if self.fill_mode == "wrap":
            return places % n
        if self.fill_mode == "reflect":  # d c b a | a b c d | d c b a
            places = places % (2 * n)
            return np.minimum(places, 2 * n - 1 - places)
        return np.clip(places, 0, n - 1)
