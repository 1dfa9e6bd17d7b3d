"""Sums that are written out come to what the engine has computed."""

import numpy as np
import pytest

from nnctl.reports.walkthrough import backward
from nnctl.reports.walkthrough.forward.dense import first_neuron
from nnctl.reports.walkthrough.numbers import aligned, number, precise
from nnctl.reports.walkthrough.trace import trace
from tests.reports.walkthrough.walked import HEAD, model_of, row_of


@pytest.fixture(scope="module")
def steps():
    model = model_of("Dense: {units: 5, activation: tanh}", HEAD)
    return {step.step.name: step for step in trace(model, row_of(model)).steps}


@pytest.mark.parametrize("sum_of, layer", [
    (first_neuron, "dense"),
    (first_neuron, "dense_1"),
    (backward.kernel_gradient, "dense"),
    (backward.kernel_gradient, "dense_1"),
    (backward.input_gradient, "dense_1"),
])  # fmt: skip
def test_a_sum_comes_to_the_engines_result(steps, sum_of, layer):
    found = sum_of(steps[layer])
    assert found.result != 0 and found.total == pytest.approx(found.result, rel=1e-4, abs=1e-6)


def test_an_activations_slope(steps):
    step = steps["dense.tanh"]
    at = int(np.abs(step.dx[0]).argmax())
    slope = backward.slope_at(step.layer.function, step, at)
    assert slope == pytest.approx(1 - np.tanh(step.x[0].reshape(-1)[at]) ** 2, rel=1e-5)
    assert step.dy.reshape(-1)[at] * slope == pytest.approx(step.dx[0].reshape(-1)[at], rel=1e-5)


@pytest.mark.parametrize("value, text", [
    (0, "0"), (np.float32(0), "0"), (7, "7"), (1.0, "1.000"), (0.031249, "0.03125"), (-12.3456, "-12.35"),
    (9.9996, "10.00"),
    (123456.7, "123457"), (0.0000123456, "1.235e-05"), (12345678.0, "1.235e+07"), (float("nan"), "nan"),
])  # fmt: skip
def test_four_digits(value, text):
    assert number(value) == text


def test_decimal_points_stand_below_one_another():
    assert aligned([-1.5, 0, 12.25, 1e-7]) == ["-1.500    ", " 0        ", "12.25     ", " 1.000e-07"]
    assert precise(np.float32(0.99895626)) == "0.9989563"
