"""Compiled max-pooling over adjacent blocks, a row of blocks at a time: the largest of each, perhaps with the bias and
relu of the convolution before it, and the gradient (kernels/primitives/pool_vectors.py).

places (rows of a block, wide, filters), gradients likewise; y, dy, which (blocks, filters): which place of its block is
the largest, the first of equal ones, NaN before all.
"""

from nnctl.kernels.primitives import pool_vectors
from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import nothing, pointer


@kernel
def largest(places, pool, y, which):
    """y = the largest of each block."""
    blocks, filters = y.shape
    down = places.shape[1] * filters
    for j in range(blocks):
        pool_vectors.largest(pointer(places, j * pool[1] * filters), nothing(), pointer(y, j * filters),
                       pointer(which, j * filters), down, filters, pool[0], pool[1])  # fmt: skip


@kernel
def largest_ended(places, pool, bias, y, which):
    """y = max(0, the largest of each block + bias)."""
    blocks, filters = y.shape
    down = places.shape[1] * filters
    for j in range(blocks):
        pool_vectors.largest_ended(pointer(places, j * pool[1] * filters), pointer(bias, 0), pointer(y, j * filters),
                             pointer(which, j * filters), down, filters, pool[0], pool[1])  # fmt: skip


@kernel
def to_the_largest(dy, which, gradients, pool):
    """Each block's gradient to its largest place, 0 to the others."""
    blocks, filters = dy.shape
    down = gradients.shape[1] * filters
    for j in range(blocks):
        pool_vectors.to_the_largest(pointer(dy, j * filters), pointer(which, j * filters),
                              pointer(gradients, j * pool[1] * filters), down, filters, pool[0], pool[1])  # fmt: skip
