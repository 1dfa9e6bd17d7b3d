"""What the compiled convolution with its relu and pooling takes, in groups (see convolution.py). Importing this needs
no Numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Array = np.ndarray
Pair = tuple[int, int]


class Geometry(NamedTuple):
    """Strides, zeros above and to the left of the image, and dilations, of two axes each."""

    strides: Pair
    before: Pair
    dilations: Pair


class Pooling(NamedTuple):
    """A max-pooling; sizes (1, 1) stand for none, and then the arrays are not read.

    `which`, as the output, holds the number of each block's largest place. places is a buffer: forward (sizes[0], wide,
    filters) for the places of one row of blocks, backward (1, high, wide, filters) for the gradient of one image before
    the pooling.
    """

    sizes: Pair
    which: Array
    places: Array


class Gradients(NamedTuple):
    """Where backward writes the gradients of the kernel (empty: none, and none of the bias), the bias and the input
    (empty: none). adds: whether the input's is added to what is there; only for strides of 1 and no pooling."""

    kernel: Array
    bias: Array
    x: Array
    adds: int
