"""Tiles, and the products made of them, give numpy.matmul's numbers, whatever the sizes and wherever the rows lie."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl import kernels

pytestmark = pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
SIZES = st.one_of(st.integers(1, 40), st.sampled_from([63, 64, 65, 127, 128, 129, 160, 400]))


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5 * max(1.0, np.abs(wanted).max(initial=0)))


def part_of(rng, rows, columns, beside):
    """A matrix whose rows lie `beside` numbers further apart than they are long."""
    return rng.normal(size=(rows, columns + beside)).astype(np.float32)[:, :columns]


@given(SIZES, SIZES, SIZES, st.booleans())
@settings(max_examples=60, deadline=None)
def test_products(rows, depth, columns, keep):
    agree(rows, depth, columns, 0, keep)


@pytest.mark.slow  # these are compiled once more
@given(*[SIZES.filter(lambda n: n > 1)] * 3, st.integers(1, 3), st.booleans())
@settings(max_examples=60, deadline=None)
def test_products_of_rows_that_lie_apart(rows, depth, columns, beside, keep):
    agree(rows, depth, columns, beside, keep)


def agree(rows, depth, columns, beside, keep):
    products = kernels.Kernels().gemm
    rng = np.random.default_rng(0)
    a, b = part_of(rng, rows, depth, beside), part_of(rng, depth, columns, beside)
    c = part_of(rng, rows, columns, beside)
    start = c.copy() if keep else 0
    around = c.base.copy()
    products.times(a, b, c, keep)
    close(c, start + a.astype(np.float64) @ b)
    np.testing.assert_array_equal(c.base[:, columns:], around[:, columns:])  # nothing is written beside the rows
    left = part_of(rng, depth, rows, beside)
    start = c.copy() if keep else 0
    products.times_left(left, b, c, keep)
    close(c, start + left.T.astype(np.float64) @ b)
    packed = products.packed_of(np.ascontiguousarray(b))
    products.product_packed(a, a.strides[0] // 4, 1, packed, c, False)
    close(c, a.astype(np.float64) @ b)


@pytest.mark.parametrize("relu", [False, True])
def test_bias_and_relu_come_with_it(relu):
    products = kernels.Kernels().gemm
    rng = np.random.default_rng(0)
    a, b, bias = (rng.normal(size=size).astype(np.float32) for size in [(30, 200), (200, 70), 70])
    a[3, 5] = np.nan
    c = np.empty((30, 70), np.float32)
    products.dressed_product(a, 200, 1, b, c, False, bias, relu)
    wanted = a.astype(np.float64) @ b + bias
    close(c, np.maximum(wanted, 0) if relu else wanted)
    assert np.isnan(c[3]).all()


@given(SIZES, SIZES, st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_matrices_turned_round(rows, columns, beside):
    a = part_of(np.random.default_rng(0), rows, columns, beside)
    b = np.zeros((columns, rows + beside), np.float32)
    kernels.Kernels().transpose.transpose(a, b[:, :rows])
    np.testing.assert_array_equal(b[:, :rows], a.T)
    assert not b[:, rows:].any()


def test_every_number_of_rows_and_of_vectors_has_its_tile():
    from nnctl.kernels.primitives import gemm_microkernel

    products = kernels.Kernels().gemm
    rng = np.random.default_rng(0)
    for vectors, most in gemm_microkernel.MOST_ROWS.items():
        for rows in range(1, most + 1):
            for columns in (vectors * gemm_microkernel.LANES, vectors * gemm_microkernel.LANES - 1):
                a, b = (rng.normal(size=size).astype(np.float32) for size in [(rows, 9), (9, columns)])
                c = np.full((rows, columns), 7, np.float32)
                products.times(a, b, c, False)
                close(c, a @ b)
                products.times_left(np.ascontiguousarray(a.T), b, c, False)
                close(c, a @ b)


OTHER_WIDTH = """
import sys
from nnctl.kernels.toolchain import llvm_functions
llvm_functions.lanes = lambda: {lanes}
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *{files!r}, "-k", "not other_cpus"]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_the_vectors_of_other_cpus(lanes, tmp_path):
    """Whatever this CPU's vectors are, the compiler makes do with others: those of AVX2, and of Arm."""
    files = [
        __file__,
        *(str(Path(__file__).parents[1] / "ops" / f"test_{name}.py") for name in ("convolution", "conv_pool_backward")),
    ]
    command = [sys.executable, "-c", OTHER_WIDTH.format(lanes=lanes, files=files)]
    done = subprocess.run(command, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
