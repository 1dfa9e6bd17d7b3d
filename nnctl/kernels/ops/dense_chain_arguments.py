"""What the compiled chain of Dense layers takes, in groups (see dense_chain.py). Importing this needs no Numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Array = np.ndarray


class Samples(NamedTuple):
    """The data set's rows and the order in which the steps use them.

    x (any, widths[0]) of any type is divided by `divisor` unless that is 0. `order` (rows) holds the samples of all
    steps, and `stored` (rows) where in x they are. targets (samples, outputs), labels (samples) and weights (samples)
    may be empty.
    """

    x: Array
    stored: Array
    divisor: np.float32
    order: Array
    targets: Array
    labels: Array
    weights: Array


class Schedule(NamedTuple):
    """How many steps are made, of how many samples each, and the number of the first one in the whole run."""

    batch: int
    steps: int
    first: int


class Loss(NamedTuple):
    """The compiled loss's number, and its weight in the total loss."""

    number: int
    weight: np.float32


class Layers(NamedTuple):
    """The layers' shapes and settings; widths[0] is the input's, each other array has an entry for every layer.

    A layer's weights start at `kernels` and `biases` (-1: none) of the flat parameters, and its output at `places` *
    rows of the buffers. limits, scales and draws (layers, 6) are those of the Dropout of its input, as drop_part takes
    them; the limit is -1 where there is none.
    """

    widths: Array
    kernels: Array
    biases: Array
    places: Array
    activations: Array
    limits: Array
    scales: Array
    draws: Array


class Update(NamedTuple):
    """The weights and what happens to them.

    address: of a fused optimizer's update, with `numbers` (steps, scalars) and `slots` (k, parameters); or 0: then the
    gradient of the only step is left in `gradients`.
    """

    parameters: Array
    gradients: Array
    slots: Array
    address: int
    numbers: Array


class Buffers(NamedTuple):
    """What the kernel writes to, for one batch.

    xs holds the gathered input. outs, out_gradients and transposed hold each layer's output, its gradient, and the
    transpose of that. dropped and masks are as large as outs, or empty. partial_sums (threads, rows * the largest
    width) may share memory with `transposed`. scratch (threads, any), largest (threads, any) and arrived (threads, 8),
    how often each thread has met the others, are the threads' own. predictions (rows of all steps, outputs) and sums
    (steps, threads), of the losses, are the results.
    """

    xs: Array
    outs: Array
    dropped: Array
    masks: Array
    out_gradients: Array
    transposed: Array
    partial_sums: Array
    scratch: Array
    predictions: Array
    sums: Array
    largest: Array
    arrived: Array
