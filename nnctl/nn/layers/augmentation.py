"""Augmentation: in training each image is seen a little different every time; outside of it nothing happens.

x (rows, height, width, channels). What is done to an image follows from the seed, the step and its row.
"""

from typing import Annotated, ClassVar, Literal

import numpy as np

from nnctl.components.fast_checks import AfterValidator, BeforeValidator, Field
from nnctl.components.registry import listed
from nnctl.errors import ShapeError
from nnctl.nn.layers.base import MOVED, Layer, layers, show


def _range(value):
    """0.2 means from -0.2 to 0.2."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (-abs(float(value)), abs(float(value)))
    numbers = isinstance(value, list | tuple) and all(type(each) in (int, float) for each in value)
    return tuple(map(float, value)) if numbers else listed(value)


def _sorted(value):
    return tuple(sorted(value))


def _twice(value):
    """0.2 means 0.2 down and 0.2 up."""
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else listed(value)


Share = Annotated[float, Field(ge=0, le=1)]
Split = Annotated[float, Field(ge=-1, le=1)]
Range = Annotated[
    tuple[Split, Split],
    BeforeValidator(_range, json_schema_input_type=Split | tuple[Split, Split]),
    AfterValidator(_sorted),
]
Sides = Annotated[tuple[Share, Share], BeforeValidator(_twice, json_schema_input_type=Share | tuple[Share, Share])]
Values = Annotated[tuple[float, float], BeforeValidator(listed), AfterValidator(_sorted)]


class Augmentation(Layer):
    """Base of the augmentations: `figures` random numbers a row, uniform in [0, 1)."""

    figures: ClassVar[int]

    def output_shape(self, shape):
        if len(shape) != 3:
            raise ShapeError(f"{self.kind} takes images of height, width and channels, got {show(shape)}",
                             hint="put a Reshape before it: target_shape: [28, 28, 1]")  # fmt: skip
        return shape

    def forward(self, w, x, call):
        if not call.training:
            return x, None
        draws = call.random_bits(self.figures, len(x)).astype(np.float64) / 65536
        return self.change(x, draws, call)

    def backward(self, w, grads, saved, dy, call):
        return dy if saved is None else self.change_back(saved, dy, call)

    def change(self, x, draws, call):
        """The changed images and what change_back needs; draws (rows, figures)."""
        raise NotImplementedError

    def change_back(self, saved, dy, call):
        """dx; the random draws have no gradient."""
        raise NotImplementedError


@layers.register("RandomFlip")
class RandomFlip(Augmentation):
    """Mirrors each image with probability 1/2: left to right, upside down, or each of the two."""

    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical"

    figures = 2

    def change(self, x, draws, call):
        turns = [draws[:, 0] < 0.5, draws[:, 1] < 0.5]  # of height, of width
        if self.mode == "horizontal":
            turns[0][:] = False
        elif self.mode == "vertical":
            turns[1][:] = False
        return self._flip(x, turns, call), turns

    def change_back(self, turns, dy, call):
        return self._flip(dy, turns, call)

    def _flip(self, x, turns, call):
        y = call.empty(x.shape)
        for high in (False, True):
            for wide in (False, True):
                rows = np.flatnonzero((turns[0] == high) & (turns[1] == wide))
                y[rows] = x[rows][:, :: -1 if high else 1, :: -1 if wide else 1]
        return y


PLACED = 300  # what to look for a pixel's place takes, in multiply-adds
FILL_MODES = ("constant", "nearest", "reflect", "wrap")  # in the order of the kernel's numbers


class Resampling(Augmentation):
    """Base of what moves pixels: each new pixel looks at a place between old ones.

    interpolation: the four pixels around the place, by nearness (bilinear), or the nearest. fill_mode: what lies
    outside: mirrored (reflect), the edge (nearest), the other side (wrap), or fill_value (constant).
    """

    fill_mode: Literal["constant", "nearest", "reflect", "wrap"] = "reflect"
    interpolation: Literal["nearest", "bilinear"] = "bilinear"
    fill_value: float = 0.0

    def places(self, draws, height, width):
        """Where each new pixel looks: two arrays of old rows and columns, (rows, height, width), or of size 1 along an
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
        """(which old pixel of the shard, how much of it) for each of the pixels a place lies between, each
        (rows, height * width)."""
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
        """[(whole number, share)] of the one or two pixels around places on one axis."""
        if self.interpolation == "nearest":
            return [(np.floor(places + 0.5).astype(int), np.ones(places.shape))]
        first = np.floor(places)
        second = places - first
        first = first.astype(int)
        return [(first, 1 - second), (first + 1, second)]

    def _filled(self, places, n):
        """Places outside of 0 to n - 1 as the fill mode reads them."""
        if self.fill_mode == "wrap":
            return places % n
        if self.fill_mode == "reflect":  # d c b a | a b c d | d c b a
            places = places % (2 * n)
            return np.minimum(places, 2 * n - 1 - places)
        return np.clip(places, 0, n - 1)


def _between(draws, bounds):
    """Uniform figures between the bounds, (rows, 1, 1)."""
    low, high = bounds
    return (low + (high - low) * draws)[:, None, None]


def _grid(height, width):
    """Row and column of every pixel, (1, height, 1) and (1, 1, width)."""
    return np.arange(height)[None, :, None], np.arange(width)[None, None, :]


@layers.register("RandomTranslation")
class RandomTranslation(Resampling):
    """Shifts each image by a random part of its height and width; 0.2 means from -0.2 to 0.2, positive is down and
    to the right."""

    height_factor: Range
    width_factor: Range

    figures = 2

    def places(self, draws, height, width):
        down, across = _grid(height, width)
        down = down - _between(draws[:, 0], self.height_factor) * height
        across = across - _between(draws[:, 1], self.width_factor) * width
        return down, across


@layers.register("RandomRotation")
class RandomRotation(Resampling):
    """Turns each image about its middle by a random part of a full turn: 0.1 is up to 36 degrees either way."""

    factor: Range

    figures = 1

    def places(self, draws, height, width):
        angle = 2 * np.pi * _between(draws[:, 0], self.factor)
        down, across = _grid(height, width)
        down, across = down - (height - 1) / 2, across - (width - 1) / 2
        return (
            np.sin(angle) * across + np.cos(angle) * down + (height - 1) / 2,
            np.cos(angle) * across - np.sin(angle) * down + (width - 1) / 2,
        )


@layers.register("RandomZoom")
class RandomZoom(Resampling):
    """Zooms each image about its middle: -0.2 shows 0.8 of the height, 0.2 shows 1.2 of it (the image shrinks).

    width_factor: None keeps the proportions.
    """

    height_factor: Range
    width_factor: Range | None = None

    figures = 2

    def places(self, draws, height, width):
        tall = 1 + _between(draws[:, 0], self.height_factor)
        wide = tall if self.width_factor is None else 1 + _between(draws[:, 1], self.width_factor)
        down, across = _grid(height, width)
        down = (down - (height - 1) / 2) * tall + (height - 1) / 2
        across = (across - (width - 1) / 2) * wide + (width - 1) / 2
        return down, across


@layers.register("RandomContrast")
class RandomContrast(Augmentation):
    """Stretches each image's values about their mean, channel by channel: y = (x - mean) f + mean, f between
    1 - factor and 1 + factor (1 - low and 1 + high for a factor [low, high]); cut off at value_range."""

    factor: Sides
    value_range: Values = (0.0, 255.0)

    figures = 1

    def change(self, x, draws, call):
        low, high = self.factor
        factor = _between(draws[:, 0], (1 - low, 1 + high)).astype(x.dtype)[..., None]
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
    """Makes each image brighter or darker: y = x + f (high - low) of value_range, f random between the factors;
    cut off at value_range, which for values of 0 to 1 must be [0, 1]."""

    factor: Range
    value_range: Values = (0.0, 255.0)

    figures = 1

    def change(self, x, draws, call):
        low, high = self.value_range
        y = np.add(x, (_between(draws[:, 0], self.factor) * (high - low)).astype(x.dtype)[..., None],
                   out=call.empty(x.shape))  # fmt: skip
        kept = (y >= low) & (y <= high)
        np.clip(y, low, high, out=y)
        return y, kept

    def change_back(self, kept, dy, call):
        return np.where(kept, dy, 0)
