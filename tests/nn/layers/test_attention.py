"""Attention: which steps a step sees."""

import numpy as np
import pytest
from harness import inference

LAYERS = {
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "Attention": {"use_scale": True},
    "AdditiveAttention": {},
}


@pytest.mark.parametrize("kind", LAYERS)
def test_with_a_causal_mask_later_steps_are_not_seen(kind):
    x = np.random.default_rng(0).normal(size=(2, 6, 4))
    entry = {kind: LAYERS[kind] | {"use_causal_mask": True}}

    def output(x):
        return inference(entry, [x, x], shifted=False)

    np.testing.assert_allclose(output(x)[:, :3], output(x[:, :3]), rtol=1e-12)


@pytest.mark.parametrize("kind", LAYERS)
def test_without_positions_the_order_of_the_source_steps_does_not_matter(kind):
    rng = np.random.default_rng(0)
    query, value = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 6, 4))
    entry = {kind: LAYERS[kind]}
    here, there = (inference(entry, [query, v], shifted=False) for v in (value, value[:, ::-1].copy()))
    np.testing.assert_allclose(here, there, rtol=1e-12)


@pytest.mark.parametrize("kind", LAYERS)
def test_equal_keys_have_equal_weights_even_for_large_scores(kind):
    query = np.full((1, 2, 4), 1e4, np.float32)
    key, value = np.full((1, 3, 4), 1e4, np.float32), np.eye(3, 4, dtype=np.float32)[None]
    entry = {kind: LAYERS[kind]}
    y = inference(entry, [query, value, key], shifted=False, dtype=np.float32)
    assert np.isfinite(y).all()
    if kind != "MultiHeadAttention":
        np.testing.assert_allclose(y, np.broadcast_to(value.mean(axis=1, keepdims=True), y.shape), rtol=1e-6)
