"""Embedding: token ids of any dtype, unknown ids, and the sum of the gradients of each token."""

import numpy as np
import pytest
from harness import inference, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnctl.errors import DataError
from nnctl.nn.layers.embedding import add_rows

ENTRY = {"Embedding": {"input_dim": 5, "output_dim": 3}}
TOKENS = np.array([[0, 4, 1], [2, 2, 0]])


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.float32, np.float64])
def test_token_ids_of_any_dtype_are_the_same_tokens(dtype):
    np.testing.assert_array_equal(
        inference(ENTRY, [TOKENS.astype(dtype)], shifted=False), inference(ENTRY, [TOKENS], shifted=False)
    )


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (5, "5 is not one of the token ids 0 to 4"),
        (-1, "-1 is not one"),
        (1.5, "1.5 is not one"),
        (np.nan, "nan is not one"),
        (2**40, "1099511627776 is not one"),
    ],
)
def test_an_unknown_token_id_is_refused(token, message):
    x = np.array([[0.0, 1.0], [token, 2.0]])
    with pytest.raises(DataError, match=message):
        inference(ENTRY, [x], shifted=False)


def test_the_gradient_of_a_token_is_the_sum_over_its_places():
    r = np.random.default_rng(0).normal(size=(2, 3, 3))
    expected = np.zeros((5, 3))
    np.add.at(expected, TOKENS, r)
    np.testing.assert_allclose(run(ENTRY, [TOKENS], r=r).dw["embeddings"], expected, rtol=1e-12)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine
@given(st.lists(st.integers(0, 6), max_size=40), st.integers(1, 4))
def test_add_rows_is_numpys_add_at(places, width):
    places = np.array(places, np.intp)
    rows = np.random.default_rng(0).normal(size=(len(places), width))
    out, expected = np.full((7, width), 9.0), np.zeros((7, width))
    add_rows(places, rows, out)
    np.add.at(expected, places, rows)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
