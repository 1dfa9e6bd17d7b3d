"""Activations: Keras' numbers, and gradients by central differences."""

import math

import numpy as np
import pytest
from contract import check_rows, golden
from golden import read

from nnctl.nn.activations import activations
from nnctl.nn.activations.gaussian import cumulative

GOLDEN = read("activations")
cases = pytest.mark.parametrize("case", GOLDEN.cases)
each = pytest.mark.parametrize("name", list(activations))


def test_every_activation_has_a_golden_case():
    covered = {activations.build(config).kind for config in GOLDEN.cases.values()}
    check_rows(activations, covered, golden("activations"))


@cases
def test_values_and_gradients_agree_with_keras(case):
    function = activations.build(GOLDEN.cases[case])
    x, r, wanted, gradient = GOLDEN["x"], GOLDEN["r"], GOLDEN[f"{case}/y"], GOLDEN[f"{case}/dx"]
    y = function.value(x)
    dx = function.gradient(x if function.needs_input else None, y, r)
    # far out, gradients fade into rounding; Keras computes tanh in float32
    atol = 1e-6 if wanted.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=atol)
    np.testing.assert_allclose(dx, gradient, rtol=1e-5, atol=atol)


@cases
def test_float32_agrees_with_keras(case):
    function = activations.build(GOLDEN.cases[case])
    near = np.abs(GOLDEN["x"]).max(axis=-1) < 80  # exp of more is beyond float32
    x, r = GOLDEN["x"][near].astype(np.float32), GOLDEN["r"][near].astype(np.float32)
    y = function.value(x)
    dx = function.gradient(x if function.needs_input else None, y, r)
    assert y.dtype == dx.dtype == np.float32
    np.testing.assert_allclose(y, GOLDEN[f"{case}/y"][near], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dx, GOLDEN[f"{case}/dx"][near], rtol=1e-5, atol=1e-6)


@each
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


@each
def test_large_numbers_give_no_warning_and_no_nan(name):
    function = activations.build(name)
    x = np.array([[-80.0, -30.0, 0.0, 30.0, 80.0]], np.float32)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y = function.value(x)
        dx = function.gradient(x if function.needs_input else None, y, np.ones_like(x))
    assert np.isfinite(y).all() and np.isfinite(dx).all()
    assert y.dtype == dx.dtype == np.float32


@each
def test_huge_numbers_give_no_warning_and_no_nan(name):
    """exp may be infinite there, but nothing is 0 times infinity."""
    function = activations.build(name)
    x = np.array([[-1e30, -1e4, 0.0, 1e4, 1e30]], np.float32)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y = function.value(x)
        dx = function.gradient(x if function.needs_input else None, y, np.ones_like(x))
    assert not np.isnan(y).any() and not np.isnan(dx).any()


@each
def test_nan_is_not_hidden(name):
    """NaN must reach the loss, where training stops on it."""
    assert np.isnan(activations.build(name).value(np.array([[np.nan, 1.0]]))[0, 0])


def test_a_relu_from_a_threshold_does_not_hide_nan():
    assert np.isnan(activations.build({"relu": {"threshold": 1.0}}).value(np.array([np.nan])))[0]


@pytest.mark.parametrize("dtype, rtol, atol", [(np.float64, 5e-14, 0), (np.float32, 5e-6, 1.5e-7)])
def test_the_normal_distribution_agrees_with_erfc(dtype, rtol, atol):
    x = np.linspace(-9, 9, 721).astype(dtype)
    wanted = [0.5 * math.erfc(-float(value) / math.sqrt(2)) for value in x]
    np.testing.assert_allclose(cumulative(x), wanted, rtol=rtol, atol=atol)


@each
def test_shift_invariance_and_identity_are_stated_truly(name):
    function = activations.build(name)
    x = np.array([[-4.0, 0.5, 2.0]])
    assert function.shift_invariant == np.allclose(function.value(x), function.value(x + 5))
    assert function.is_identity == np.array_equal(function.value(x), x)


@each
def test_monotone_is_stated_truly(name):
    function = activations.build(name)
    if function.monotone:
        y = function.value(np.linspace(-8, 8, 1001))
        assert (np.diff(y) >= 0).all()
