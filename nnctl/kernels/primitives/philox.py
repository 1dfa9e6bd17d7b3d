"""Random bits compiled: Philox-4x64-10, which NumPy takes 15 microseconds to begin, as many as a small layer takes.
The NumPy reference is numpy.random.Philox. Source: Salmon, Moraes, Dror and Shaw 2011.
"""

import numpy as np
from llvmlite import ir
from numba import types

from nnctl.kernels.toolchain.jit import intrinsic, kernel

_FACTORS = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_KEY_STEPS = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_ONE = np.uint64(1)


@intrinsic
def _high(context, a, b):
    """The upper 64 bits of a b."""

    def build(context, builder, signature, arguments):
        wide = ir.IntType(128)
        a, b = (builder.zext(number, wide) for number in arguments)
        return builder.trunc(builder.lshr(builder.mul(a, b), wide(64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), build


@kernel
def philox(state, bits):
    """bits (4 n), uint64, as a generator gives them that begins with that state: its counter (4) and key (2)."""
    c0, c1, c2, c3 = state[0], state[1], state[2], state[3]
    for block in range(bits.size // 4):
        c0 += _ONE
        if c0 == 0:
            c1 += _ONE
            if c1 == 0:
                c2 += _ONE
                if c2 == 0:
                    c3 += _ONE
        a, b, c, d = c0, c1, c2, c3
        k0, k1 = state[4], state[5]
        for _ in range(10):
            a, b, c, d = (_high(_FACTORS[1], c) ^ b ^ k0, _FACTORS[1] * c,
                          _high(_FACTORS[0], a) ^ d ^ k1, _FACTORS[0] * a)  # fmt: skip
            k0 += _KEY_STEPS[0]
            k1 += _KEY_STEPS[1]
        bits[4 * block], bits[4 * block + 1], bits[4 * block + 2], bits[4 * block + 3] = a, b, c, d
