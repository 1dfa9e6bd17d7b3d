"""Whether a step's gradients are finite, seen before they are made: from the largest numbers they are made of."""

import numpy as np

from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import row_of

# No gradient overflows where the largest numbers it is made of, multiplied, stay below this.
_SAFE = np.float32(1e37)


@kernel
def largest_of(x):
    """The bits of the largest |x| of a matrix or part of one, whose rows lie side by side."""
    largest = np.int32(0)
    for r in range(x.shape[0]):
        largest = max(largest, _largest_bits(row_of(x, r)))
    return largest


@kernel
def _largest_bits(x):
    """The bits of the largest |x|. As whole numbers they have the order of the sizes, NaN above infinity above the
    rest, and whole numbers are compared many at a time."""
    bits = x.view(np.int32)
    largest = np.int32(0)
    for i in range(bits.size):
        largest = max(largest, np.int32(bits[i] & 0x7FFFFFFF))
    return largest


@kernel
def safe(largest, layers, rows):
    """Whether no weight's gradient can be other than finite: it is at most rows * max |x| * max |dy|.

    largest (workers, 2 layers and more): what each worker has seen of the largest x and dy of each layer, as bits.
    """
    bits = np.empty(2, np.int32)
    for layer in range(layers):
        for k in range(2):
            bits[k] = 0
            for worker in range(largest.shape[0]):
                bits[k] = max(bits[k], largest[worker, 2 * layer + k])
        size = bits.view(np.float32)
        if not (size[0] < _SAFE and size[1] < _SAFE and np.float64(size[0]) * size[1] * rows < _SAFE):
            return False
    return True
