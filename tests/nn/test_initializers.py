"""Initializers: the bounds and the spread that Keras' formulas give."""

import math

import numpy as np
import pytest
from contract import check_rows
from pydantic import ValidationError

from nnctl.errors import ShapeError
from nnctl.nn.initializers import initializers

SHAPE = (300, 200)
IN, OUT = SHAPE
# name: (configuration, expected standard deviation, bound on the absolute value or None)
SPREAD = {
    "zeros": ("zeros", 0.0, 0.0),
    "ones": ("ones", 0.0, 1.0),
    "constant": ({"constant": {"value": -2.0}}, 0.0, 2.0),
    "random_normal": ("random_normal", 0.05, None),
    "random_uniform": ("random_uniform", 0.1 / math.sqrt(12), 0.05),
    "truncated_normal": ("truncated_normal", 0.05 * 0.8796, 0.1),
    "variance_scaling": ("variance_scaling", math.sqrt(1 / IN), None),
    "glorot_uniform": ("glorot_uniform", math.sqrt(2 / (IN + OUT)), math.sqrt(6 / (IN + OUT))),
    "glorot_normal": ("glorot_normal", math.sqrt(2 / (IN + OUT)), 2 * math.sqrt(2 / (IN + OUT)) / 0.8796),
    "he_uniform": ("he_uniform", math.sqrt(2 / IN), math.sqrt(6 / IN)),
    "he_normal": ("he_normal", math.sqrt(2 / IN), 2 * math.sqrt(2 / IN) / 0.8796),
    "lecun_uniform": ("lecun_uniform", math.sqrt(1 / IN), math.sqrt(3 / IN)),
    "lecun_normal": ("lecun_normal", math.sqrt(1 / IN), 2 * math.sqrt(1 / IN) / 0.8796),
    "orthogonal": ("orthogonal", 1 / math.sqrt(IN), None),
    "identity": ("identity", math.sqrt(200 / 60000 * (1 - 200 / 60000)), 1.0),
}


def test_every_initializer_has_a_row():
    check_rows(initializers, SPREAD, "SPREAD in tests/nn/test_initializers.py")


@pytest.mark.parametrize("name", SPREAD)
def test_spread_and_bounds(name):
    config, deviation, bound = SPREAD[name]
    w = initializers.build(config).sample(SHAPE, np.random.default_rng(0))
    assert w.shape == SHAPE
    assert w.std() == pytest.approx(deviation, rel=0.02, abs=1e-12)
    if bound is not None:
        assert np.abs(w).max() <= bound * (1 + 1e-12)


def test_the_same_stream_gives_the_same_weights():
    a, b = (initializers.build("he_normal").sample((4, 5), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_orthogonal_is(shape):
    w = initializers.build({"orthogonal": {"gain": 2.0}}).sample(shape, np.random.default_rng(0))
    square = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(square, 4 * np.eye(min(shape)), atol=1e-12)


def test_a_convolution_counts_its_kernel():
    w = initializers.build("glorot_uniform").sample((3, 3, 8, 16), np.random.default_rng(0))
    assert np.abs(w).max() == pytest.approx(math.sqrt(6 / (9 * 8 + 9 * 16)), rel=0.01)


def test_given_fans_replace_those_of_the_shape():
    """The gates of an LSTM share one matrix, so its fans do not follow from its shape."""
    w = initializers.build("glorot_uniform").sample((40, 50), np.random.default_rng(0), fans=(10, 20))
    assert np.abs(w).max() == pytest.approx(math.sqrt(6 / 30), rel=0.01)


@pytest.mark.parametrize("name", ["orthogonal", "identity"])
def test_a_bias_cannot_start_as_a_matrix(name):
    with pytest.raises(ShapeError, match=r"shape \(5,\)"):
        initializers.build(name).sample((5,), np.random.default_rng(0))


@pytest.mark.parametrize(
    "bad",
    [
        {"random_normal": {"stddev": 0}},
        {"random_uniform": {"minval": 1.0, "maxval": -1.0}},
        {"variance_scaling": {"mode": "fan"}},
        {"lecun_normal": {"scale": 5.0}},  # would no longer be LeCun's
    ],
)
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValidationError):
        initializers.build(bad)
