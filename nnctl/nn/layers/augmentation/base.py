"""What the augmentations share: random numbers for each image, in training only.

x (rows, height, width, channels). What happens to an image is a function of the seed, the step and its row.
"""

from typing import Annotated, ClassVar

import numpy as np

from nnctl.components.fast_checks import AfterValidator, BeforeValidator, Field
from nnctl.components.registry import listed
from nnctl.errors import ShapeError
from nnctl.nn.layers.base import Layer, show


def _range(value):
    """A range from a number: 0.2 means from -0.2 to 0.2."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (-abs(float(value)), abs(float(value)))
    numbers = isinstance(value, list | tuple) and all(type(each) in (int, float) for each in value)
    return tuple(map(float, value)) if numbers else listed(value)


def _sorted(value):
    return tuple(sorted(value))


def _twice(value):
    """Two numbers from one: 0.2 means 0.2 down and 0.2 up."""
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else listed(value)


Fraction = Annotated[float, Field(ge=0, le=1)]
SignedFraction = Annotated[float, Field(ge=-1, le=1)]
Range = Annotated[
    tuple[SignedFraction, SignedFraction],
    BeforeValidator(_range, json_schema_input_type=SignedFraction | tuple[SignedFraction, SignedFraction]),
    AfterValidator(_sorted),
]
DownAndUp = Annotated[
    tuple[Fraction, Fraction],
    BeforeValidator(_twice, json_schema_input_type=Fraction | tuple[Fraction, Fraction]),
]
Values = Annotated[tuple[float, float], BeforeValidator(listed), AfterValidator(_sorted)]


class Augmentation(Layer):
    """Base of the augmentations: each row gets `draws` random numbers, uniform in [0, 1)."""

    draws: ClassVar[int]

    def output_shape(self, shape):
        if len(shape) != 3:
            raise ShapeError(f"{self.kind} takes images of height, width and channels, got {show(shape)}",
                             hint="put a Reshape before it: target_shape: [28, 28, 1]")  # fmt: skip
        return shape

    def forward(self, w, x, call):
        if not call.training:
            return x, None
        draws = call.random_bits(self.draws, len(x)).astype(np.float64) / 65536
        return self.change(x, draws, call)

    def backward(self, w, grads, saved, dy, call):
        return dy if saved is None else self.change_back(saved, dy, call)

    def change(self, x, draws, call):
        """The changed images, and what change_back needs; draws (rows, self.draws)."""
        raise NotImplementedError

    def change_back(self, saved, dy, call):
        """dx; the random draws have no gradient."""
        raise NotImplementedError


def between(draws, bounds):
    """Uniform random numbers between the bounds, (rows, 1, 1)."""
    low, high = bounds
    return (low + (high - low) * draws)[:, None, None]
