"""A traced row has the numbers of the engine: predictions, loss, gradients, and a step of the optimizer."""

import dataclasses

import numpy as np
import pytest

from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.reports.walkthrough.numbers import number
from nnctl.reports.walkthrough.trace import trace
from nnctl.reports.walkthrough.update import update_of
from tests.reports.walkthrough.walked import HEAD, model_of, row_of

# name -> layers, shape of a row
MODELS = {
    "dense": (["Dense: {units: 5, activation: relu}", HEAD], (4,)),
    "conv": (
        ["Conv2D: {filters: 2, kernel_size: 3, padding: same, activation: tanh}", "MaxPooling2D", "Flatten", HEAD],
        (4, 4, 1),
    ),
    "lstm": (["LSTM: {units: 3}", HEAD], (5, 2)),
    "gru": (["GRU: {units: 3, return_sequences: true}", "GlobalAveragePooling1D", HEAD], (5, 2)),
    "states": (
        ["LSTM: {units: 3, return_state: true, name: a}", "LSTM: {units: 3, from: input, initial_state: a}", HEAD],
        (5, 2),
    ),
    "regularized": (["Dense: {units: 5, activation: gelu, kernel_regularizer: {l2: 0.1}}", HEAD], (4,)),
    "residual": (["Dense: {units: 4, name: a}", "Dense: {units: 4, name: b}", "Add: {from: [a, b]}", HEAD], (4,)),
}
# Layers that compute something else in training: their gradients have no counterpart in a training step.
QUIET = {
    "dropout": (["Dense: {units: 5, activation: elu}", "Dropout: {rate: 0.5}", HEAD], (4,)),
    "batch normalization": (["Dense: {units: 5}", "BatchNormalization", "Activation: {activation: relu}", HEAD], (4,)),
}


def digits(array):
    return [number(value) for value in np.ravel(array)]


@pytest.mark.parametrize("name", MODELS | QUIET)
def test_predictions_and_loss_are_those_of_evaluation(name):
    layers, shape = (MODELS | QUIET)[name]
    model = model_of(*layers, shape=shape)
    row = row_of(model, length=3 if name in ("lstm", "gru") else None)
    traced, result = trace(model, row), model.executor.evaluate(row)
    [output] = model.graph.outputs
    assert digits(traced.outputs[output]) == digits(result.outputs[output])
    assert digits([traced.total, traced.losses[0].value]) == digits([result.loss, result.losses[output]])


@pytest.mark.parametrize("name", MODELS)
def test_gradients_and_the_step_are_those_of_training(name):
    layers, shape = MODELS[name]
    model = model_of(*layers, shape=shape)
    row = row_of(model)
    traced = trace(model, row)
    model.executor.train_step(row, 0)
    assert np.abs(traced.flat_gradients).max() > 1e-3
    np.testing.assert_allclose(traced.flat_gradients, model.executor.gradients, rtol=2e-5, atol=1e-8)
    weights = model.program.parameters.copy()
    update = update_of(model, traced)
    OptimizerStep(model.spec.optimizer, weights, model.program.spans).step(model.executor.gradients.copy(), 0)
    assert digits(update.after) == digits(weights)
    assert np.abs(update.after - update.before).max() == pytest.approx(0.02, rel=1e-3)


@pytest.mark.parametrize("name", QUIET)
def test_gradients_without_randomness_are_those_of_the_prediction(name):
    """They agree with central differences of the loss in evaluation."""
    layers, shape = QUIET[name]
    model = model_of(*layers, shape=shape)
    row = row_of(model)
    traced = trace(model, row)
    for at in np.argsort(-np.abs(traced.flat_gradients))[:5]:
        before = model.program.parameters[at]
        losses = []
        for change in (1e-2, -1e-2):
            model.program.parameters[at] = before + change
            losses.append(model.executor.evaluate(row).loss)
        model.program.parameters[at] = before
        assert (losses[0] - losses[1]) / 2e-2 == pytest.approx(traced.flat_gradients[at], rel=2e-2)


def test_padding_is_left_out():
    model = model_of(*MODELS["lstm"][0], shape=(5, 2))
    short, long = trace(model, row_of(model, length=2)), trace(model, row_of(model))
    assert short.input_masks["input"].tolist() == [[True, True, False, False, False]]
    assert short.total != long.total


def test_a_row_without_a_target_knows_its_padding():
    """CTC decodes the real time steps alone, as predict does."""
    model = model_of("Dense: {units: 4, activation: softmax}", shape=(5, 3), loss="ctc")
    row = dataclasses.replace(row_of(model, length=2), targets={})
    traced = trace(model, row)
    assert traced.output_masks["dense"].tolist() == [[True, True, False, False, False]] and not traced.losses
