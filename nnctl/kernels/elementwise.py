"""What is done number by number, compiled: NumPy gives Python's lock away and takes it back for each such call, which
costs more than the sum of a small layer where threads meet. NumPy's twins: layers/activation.py, layers/merge.py,
layers/regularization.py.

All arrays: one axis, side by side.
"""

import numpy as np

from nnctl.kernels.compiling import kernel


@kernel
def relu(x, y):
    """y = max(x, 0), NaN where there is NaN; y may be x."""
    for i in range(x.size):
        y[i] = 0 if x[i] < 0 else x[i]


@kernel
def relu_back(y, dy):
    """dy becomes the gradient of x."""
    for i in range(y.size):
        dy[i] = 0 if y[i] <= 0 else dy[i]


@kernel
def add(a, b, y):
    """y = a + b; y may be a."""
    for i in range(y.size):
        y[i] = a[i] + b[i]


@kernel
def drop(x, bits, limit, scale, mask, y):
    """mask = scale where the random bits are at least the limit, else 0; y = x mask."""
    limit, scale = np.int32(limit), np.float32(scale)
    for i in range(x.size):
        mask[i] = scale if bits[i] >= limit else np.float32(0)
        y[i] = x[i] * mask[i]


@kernel
def times(a, y):
    """y becomes y a."""
    for i in range(y.size):
        y[i] = y[i] * a[i]
