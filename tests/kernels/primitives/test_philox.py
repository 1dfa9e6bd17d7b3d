"""The compiled random bits are NumPy's, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl import kernels

pytestmark = pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
WORD = st.integers(0, 2**64 - 1) | st.sampled_from([2**64 - 1, 2**64 - 2])


@settings(max_examples=50, deadline=None)
@given(st.lists(WORD, min_size=4, max_size=4), st.integers(0, 2**128 - 1), st.integers(0, 9))
def test_bits_are_those_of_numpy(counter, key, blocks):
    bits = np.empty(4 * blocks, np.uint64)
    kernels.Kernels().philox.philox(np.array([*counter, key % 2**64, key >> 64], np.uint64), bits)
    wanted = np.random.Philox(key=key, counter=np.array(counter, np.uint64)).random_raw(4 * blocks)
    np.testing.assert_array_equal(bits, wanted)
