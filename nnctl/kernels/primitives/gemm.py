"""Matrix products inside compiled loops, made of tiles (kernels/primitives/gemm_microkernel.py): no Python, so threads
never wait for each other's interpreter lock. The NumPy reference is numpy.matmul."""

import numpy as np

from nnctl.kernels.primitives.gemm_microkernel import LANES, MOST_ROWS, WIDTH, tile
from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import line, nothing, pointer

# Steps of a sum at once: so many rows of a tile's part of b stay in the first-level cache while all rows of a pass.
DEPTH = 192
ROWS = 384  # of c at once: a's part for one sum then stays in the second-level cache
PACKED_ROWS = 48  # from so many rows on, packing pays
_ROWS = tuple(MOST_ROWS.get(vectors, 0) for vectors in range(max(MOST_ROWS) + 1))


@kernel
def tile_rows(columns):
    """The most rows of a tile with so many columns."""
    return _ROWS[(columns + LANES - 1) // LANES]


@kernel
def pack(b, packed):
    """b (depth, columns) in panels of WIDTH columns (the last may have fewer), one after the other, rows together."""
    depth, columns = b.shape
    for left in range(0, columns, WIDTH):
        wide = min(WIDTH, columns - left)
        for p in range(depth):
            from_ = line(b, p * (b.strides[0] // 4) + left, wide)
            to = line(packed, left * depth + p * wide, wide)
            for j in range(wide):
                to[j] = from_[j]


@kernel
def product(a, a_row, a_step, b, c, keep):
    """c = A b, or with keep c += A b; A[i, p] lies i a_row + p a_step numbers behind a's first. b (depth, columns) and
    c (rows, columns): rows contiguous."""
    dressed_product(a, a_row, a_step, b, c, keep, np.empty(0, np.float32), False)


@kernel
def dressed_product(a, a_row, a_step, b, c, keep, bias, relu):
    """The product, + bias (columns) where that is not empty, and of that max(0, ...) where there is relu, too."""
    depth, rows, b_row = b.shape[0], c.shape[0], b.strides[0] // 4
    if depth == 0 and not keep:
        c[:] = 0
    # rows of b that lie a power of two apart share the same few places of the first-level cache: such a part of b is
    # copied together first, where enough rows of c make use of it
    packs = b_row % 128 == 0 and rows >= PACKED_ROWS
    packed = np.empty(DEPTH * WIDTH if packs else 0, np.float32)
    for top in range(0, rows, ROWS):
        _product_of_rows(a, top, a_row, a_step, b, c, keep, bias, relu, packs, packed)


@kernel
def _product_of_rows(a, first, a_row, a_step, b, c, keep, bias, relu, packs, packed):
    """The same for ROWS rows from `first` on."""
    depth, rows, columns = b.shape[0], min(c.shape[0], first + ROWS), c.shape[1]
    b_row, c_row = b.strides[0] // 4, c.strides[0] // 4
    for left in range(0, columns, WIDTH):
        wide = min(WIDTH, columns - left)
        high = tile_rows(wide)
        for start in range(0, depth, DEPTH):
            deep = min(DEPTH, depth - start)
            part, part_row = pointer(b, start * b_row + left), b_row
            if packs:
                pack(b[start : start + deep, left : left + wide], packed)
                part, part_row = pointer(packed, 0), wide
            last = start + deep == depth
            ends = pointer(bias, left) if last and bias.size else nothing()
            for top in range(first, rows, high):
                tile(pointer(a, top * a_row + start * a_step), a_row, 0, a_step, part, 0, part_row,
                     pointer(c, top * c_row + left), c_row, 1, deep, wide, min(high, rows - top), keep or start > 0,
                     ends, relu)  # fmt: skip


@kernel
def packed_of(b):
    """b for `product_packed`, which pays where several products have the same b."""
    packed = np.empty(b.size, np.float32)
    pack(b, packed)
    return packed


@kernel
def product_packed(a, a_row, a_step, packed, c, keep):
    """As `product`, of a b that `pack` has laid out."""
    rows, columns = c.shape
    depth, c_row = packed.size // columns, c.strides[0] // 4
    for left in range(0, columns, WIDTH):
        wide = min(WIDTH, columns - left)
        high = tile_rows(wide)
        for start in range(0, depth, DEPTH):
            deep = min(DEPTH, depth - start)
            part = pointer(packed, left * depth + start * wide)
            for top in range(0, rows, high):
                tile(pointer(a, top * a_row + start * a_step), a_row, 0, a_step, part, 0, wide,
                     pointer(c, top * c_row + left), c_row, 1, deep, wide, min(high, rows - top), keep or start > 0,
                     nothing(), 0)  # fmt: skip


@kernel
def times(a, b, c, keep):
    """c = a b, or with keep c += a b, for float32 matrices whose rows are contiguous; c must overlap neither."""
    product(a, a.strides[0] // 4, 1, b, c, keep)


@kernel
def times_left(a, b, c, keep):
    """c = a^T b, or with keep c += a^T b."""
    product(a, 1, a.strides[0] // 4, b, c, keep)
