"""Activations: Keras' numbers, and gradients by central differences."""

import numpy as np
import pytest
from golden import read

from nnctl.activations import activations

GOLDEN = read("activations")
cases = pytest.mark.parametrize("case", GOLDEN.cases)


def test_every_activation_has_a_golden_case():
    assert {activations.build(config).kind for config in GOLDEN.cases.values()} == set(activations)


@pytest.mark.parametrize("name", activations)
def test_gradients_agree_with_central_differences(name):
    function = activations.build(name)
    rng = np.random.default_rng(0)
    x = rng.normal(0, 2, (5, 6))
    x += 0.01 * np.sign(x)  # away from the kink at 0
    dy = rng.normal(size=x.shape)
    y = function.value(x)
    dx = function.gradient(x if function.needs_input else None, y, dy.copy())
    eps = 1e-6
    for index in np.ndindex(x.shape):
        sides = []
        for sign in (1, -1):
            moved = x.copy()
            moved[index] += sign * eps
            sides.append((function.value(moved) * dy).sum())
        assert dx[index] == pytest.approx((sides[0] - sides[1]) / (2 * eps), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", activations)
def test_large_numbers_give_no_warning_and_no_nan(name):
    function = activations.build(name)
    x = np.array([[-80.0, -30.0, 0.0, 30.0, 80.0]], np.float32)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y = function.value(x)
        dx = function.gradient(x if function.needs_input else None, y, np.ones_like(x))
    assert np.isfinite(y).all() and np.isfinite(dx).all()
    assert y.dtype == dx.dtype == np.float32


@pytest.mark.parametrize("name", activations)
def test_monotone_is_said_truly(name):
    function = activations.build(name)
    if function.monotone:
        y = function.value(np.linspace(-8, 8, 1001))
        assert (np.diff(y) >= 0).all()


@cases
def test_values_and_gradients_agree_with_keras(case):
    function = activations.build(GOLDEN.cases[case])
    x, r = GOLDEN["x"], GOLDEN["r"]
    y = function.value(x)
    np.testing.assert_allclose(y, GOLDEN[f"{case}/y"], rtol=1e-5, atol=1e-6)
    dx = function.gradient(x if function.needs_input else None, y, r.copy())
    np.testing.assert_allclose(dx, GOLDEN[f"{case}/dx"], rtol=1e-5, atol=1e-6)
