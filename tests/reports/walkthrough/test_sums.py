"""Sums that are written out come to what the engine has computed."""

import numpy as np
import pytest

from nnctl.reports.walkthrough import backward
from nnctl.reports.walkthrough.forward import normalization, pooling, recurrent
from nnctl.reports.walkthrough.forward.convolution import window_of
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
    assert found.result != 0 and number(found.total) == number(found.result)


def only_step(*layers, shape, length=None):
    """The first step of a model of these layers, of one row."""
    model = model_of(*layers, shape=shape)
    return trace(model, row_of(model, length=length)).steps[0]


@pytest.mark.parametrize("arguments, shape", [
    ("filters: 3, kernel_size: 3", (5, 5, 2)),
    ("filters: 3, kernel_size: [2, 3], padding: same, strides: 2", (5, 6, 1)),
    ("filters: 4, kernel_size: 2, dilation_rate: 2, padding: same, groups: 2, use_bias: false", (5, 5, 4)),
])  # fmt: skip
def test_a_window_of_conv2d(arguments, shape):
    step = only_step(f"Conv2D: {{{arguments}}}", "Flatten", HEAD, shape=shape)
    window = window_of(step)
    assert window.result == np.abs(step.y[0, ..., 0]).max() * np.sign(window.result)
    assert number(window.total) == number(window.result)
    if "groups" not in arguments:
        gradient = backward.window_gradient(step)
        assert number(gradient.total) == number(gradient.result)


def test_a_window_of_conv1d():
    step = only_step("Conv1D: {filters: 3, kernel_size: 3, padding: causal}", "Flatten", HEAD, shape=(6, 2))
    window = window_of(step)
    assert window.total == pytest.approx(window.result, rel=1e-4)
    assert backward.window_gradient(step).total == pytest.approx(float(step.gradients["kernel"][0, 0, 0]), rel=1e-4)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("length", [None, 3])
@pytest.mark.parametrize("layer", ["LSTM: {units: 3}", "LSTM: {units: 3, go_backwards: true, return_sequences: true}"])
def test_a_time_step_of_lstm(layer, length):
    step = only_step(layer, *(["Flatten"] if "sequences" in layer else []), HEAD, shape=(5, 2), length=length)
    at = recurrent.time_step(step.layer, step.weights, step.saved)
    a = np.concatenate([at.x, at.h]) @ np.concatenate([step.weights["kernel"], step.weights["recurrent_kernel"]])
    a += step.weights["bias"]
    assert np.abs(at.h).min() > 0  # not the first step, where it is 0
    for i, name in enumerate("ifgo"):
        activation = np.tanh if name == "g" else sigmoid
        assert at.gates[name] == pytest.approx(activation(a[3 * i : 3 * i + 3]), rel=1e-4)
    assert number(sigmoid(at.first_gate().total)) == number(at.gates["i"][0])
    (*_, c), (*_, h) = at.states()
    assert c == pytest.approx(at.gates["f"][0] * at.before["c"][0] + at.gates["i"][0] * at.gates["g"][0], rel=1e-4)
    assert h == pytest.approx(at.gates["o"][0] * np.tanh(c), rel=1e-4)


@pytest.mark.parametrize("reset_after", ["true", "false"])
def test_a_time_step_of_gru(reset_after):
    step = only_step(f"GRU: {{units: 3, reset_after: {reset_after}}}", HEAD, shape=(5, 2))
    at = recurrent.time_step(step.layer, step.weights, step.saved)
    assert number(sigmoid(at.first_gate().total)) == number(at.gates["z"][0])
    [(*_, h)] = at.states()
    z, g = at.gates["z"][0], at.gates["g"][0]
    assert h == pytest.approx(z * at.before["h"][0] + (1 - z) * g, rel=1e-4) and h == at.after["h"][0]


def test_a_time_step_of_a_simple_rnn():
    step = only_step("SimpleRNN: {units: 3}", HEAD, shape=(5, 2))
    at = recurrent.time_step(step.layer, step.weights, step.saved)
    assert np.tanh(at.first_gate().total) == pytest.approx(at.gates["h"][0], rel=1e-4)


def test_the_first_value_of_a_normalization():
    for kind, shape in (("BatchNormalization", (4,)), ("LayerNormalization", (3, 4))):
        step = only_step(kind, "Flatten", HEAD, shape=shape)
        x, mean, variance = normalization.first_value(step)
        y = (x - mean) / np.sqrt(variance + step.layer.epsilon) * step.weights["gamma"][0] + step.weights["beta"][0]
        assert y == pytest.approx(step.y.reshape(-1)[0], rel=1e-4)


@pytest.mark.parametrize("layer, shape, function", [
    ("MaxPooling2D: {pool_size: 2, padding: same}", (5, 5, 2), np.max),
    ("MaxPooling2D: {pool_size: 3, strides: 1, padding: same}", (2, 2, 2), np.max),
    ("AveragePooling2D: {pool_size: [2, 3], strides: 1}", (5, 5, 2), np.mean),
    ("AveragePooling1D: {pool_size: 3, padding: same}", (7, 2), np.mean),
    ("GlobalAveragePooling1D", (7, 2), np.mean),
    ("GlobalMaxPooling2D", (4, 4, 2), np.max),
])  # fmt: skip
def test_a_window_of_a_pooling(layer, shape, function):
    step = only_step(layer, "Flatten", HEAD, shape=shape, length=4 if layer.startswith("GlobalAv") else None)
    values, place = pooling.pooled(step)
    assert function(values) == pytest.approx(step.y[(0, *place, 0)], rel=1e-5)


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
