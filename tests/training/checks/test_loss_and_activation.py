"""The output of the last layer is checked against what the loss expects, by facts of the classes and not by names."""

import math

import numpy as np
import pytest

from nnctl import config
from nnctl.data.dataset import Target
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.errors import ConfigError, InputError
from nnctl.nn.activations import activations
from nnctl.nn.losses import OF_SEQUENCES, losses
from nnctl.nn.losses.base import ElementwiseLoss
from nnctl.training.checks.outputs import check_heads
from nnctl.training.prediction import probabilities

CLASSES = ("a", "b", "c")
TARGETS = {
    "number": Target("number", ("y",), (3,)),
    "binary": Target("binary", ("y",), (3,)),
    "integer": Target("integer", ("y",), (), CLASSES),
    "onehot": Target("onehot", ("y",), (3,), CLASSES),
}


def checked(loss, activation="linear", after="", units=3, target=None):
    """The notes on a Dense layer with that activation under that loss."""
    made = config.loads(
        f"dataset: iris\nlayers: [{{Dense: {{units: {units}, activation: {activation}}}}}{after}]\n"
        f"loss: {loss}\nmetrics: []"
    )
    graph = Graph.build(made.nodes, {made.nodes[0].sources[0]: (4,)}, made.outputs)
    [output] = made.outputs
    return check_heads(made, graph, {output: target or TARGETS[made.losses[output].labels]})


@pytest.mark.parametrize("loss, activation, fix", [
    ("poisson", "linear", "activation: exponential"),
    ("poisson", "tanh", "activation: exponential"),
    ("poisson", "elu", "activation: exponential"),
    ("poisson", "leaky_relu", "activation: exponential"),
    ("poisson", "gelu", "activation: exponential"),
    ("poisson", "log_softmax", "activation: exponential"),
    ("msle", "linear", "softplus"),
    ("msle", "selu", "softplus"),
    ("kl_divergence", "linear", "activation: softmax"),
    ("kl_divergence", "exponential", "activation: softmax"),
    ("kl_divergence", "relu", "activation: softmax"),
    ("binary_crossentropy", "linear", "activation: sigmoid in it, or loss: {binary_crossentropy: {from_logits: true}}"),
    ("binary_crossentropy", "relu", "activation: sigmoid"),
    ("binary_crossentropy", "tanh", "activation: sigmoid"),
    ("binary_crossentropy", "softplus", "activation: sigmoid"),
    ("categorical_crossentropy", "linear", "activation: softmax"),
    ("categorical_crossentropy", "tanh", "activation: softmax"),
    ("sparse_categorical_crossentropy", "log_softmax", "activation: softmax"),
    ("sparse_categorical_crossentropy", "silu", "activation: softmax"),
    ("{binary_crossentropy: {from_logits: true}}", "sigmoid", "leave out from_logits"),
    ("{categorical_crossentropy: {from_logits: true}}", "softmax", "leave out from_logits"),
])  # fmt: skip
def test_what_the_loss_cannot_take_is_refused_with_the_fix(loss, activation, fix):
    with pytest.raises(ConfigError) as caught:
        checked(loss, activation)
    [problem] = caught.value.problems
    assert activation in problem.message or "from_logits" in problem.message
    assert ("has from_logits: true, but" in problem.message) == ("from_logits" in loss)
    assert fix in problem.hint


@pytest.mark.parametrize("loss, activation", [
    ("poisson", "exponential"), ("poisson", "softplus"), ("poisson", "relu"), ("msle", "softplus"), ("msle", "relu"),
    ("mse", "linear"), ("mse", "relu"), ("mae", "exponential"), ("huber", "softplus"), ("hinge", "linear"),
    ("hinge", "tanh"), ("categorical_hinge", "softmax"), ("kl_divergence", "softmax"),
    ("binary_crossentropy", "sigmoid"), ("binary_crossentropy", "hard_sigmoid"),
    ("categorical_crossentropy", "softmax"), ("sparse_categorical_crossentropy", "softmax"),
    ("{binary_crossentropy: {from_logits: true}}", "linear"),
])  # fmt: skip
def test_what_belongs_together_has_no_note(loss, activation):
    assert checked(loss, activation) == []


@pytest.mark.parametrize("loss, activation, note", [
    ("sparse_categorical_crossentropy", "sigmoid", "divides its 3 values by their sum, as Keras does"),
    ("sparse_categorical_crossentropy", "relu", "divides its 3 values by their sum, as Keras does"),
    ("categorical_crossentropy", "sigmoid", "divides its 3 values by their sum, as Keras does"),
    ("categorical_crossentropy", "softplus", "divides its 3 values by their sum, as Keras does"),
    ("categorical_crossentropy", "exponential", "divides its 3 values by their sum, as Keras does"),
    ("kl_divergence", "sigmoid", "do not sum to 1"),
    ("binary_crossentropy", "softmax", "3 exclusive classes as 3 yes-or-no questions"),
    ("mse", "sigmoid", "only predict within its range"),
    ("mse", "relu6", "only predict within its range"),
    ("mae", "softsign", "only predict within its range"),
    ("poisson", "sigmoid", "only predict within its range"),
    ("hinge", "sigmoid", "never below 0"),
    ("squared_hinge", "relu", "never below 0"),
])  # fmt: skip
def test_what_is_hardly_meant_is_a_note(loss, activation, note):
    [said] = checked(loss, activation)
    assert note in said


@pytest.mark.parametrize("after, refused", [
    (", {Reshape: {target_shape: [3, 1]}}, Flatten", False),
    (", {Permute: {dims: [1]}}", False),
    (", {Dropout: {rate: 0.5}}", False),
    (", {Add: {from: [dense, dense]}}", False),
    (", {Multiply: {from: [dense, dense]}}", False),
    (", {Concatenate: {from: [dense, dense]}}", False),
    (", {Subtract: {from: [dense, dense]}}", True),
    (", BatchNormalization", True),
    (", {Dense: {units: 3}}", True),
    (", {Activation: {activation: tanh}}", True),
    (", LeakyReLU", True),
    (", {ReLU: {negative_slope: 0.1}}", True),
    (", ReLU", False),
])  # fmt: skip
def test_layers_that_keep_the_range_are_looked_through(after, refused):
    target = Target("number", ("y",), (6,)) if "Concatenate" in after else None
    if refused:
        with pytest.raises(ConfigError, match="poisson takes the logarithm"):
            checked("poisson", "exponential", after, target=target)
    else:
        assert checked("poisson", "exponential", after, target=target) == []


def test_the_fix_for_a_layer_without_an_activation_is_a_layer():
    with pytest.raises(ConfigError) as caught:
        checked("poisson", "linear", ", {Reshape: {target_shape: [3]}}")
    assert "- Activation: {activation: exponential}" in caught.value.problems[0].hint


@pytest.fixture
def registered(monkeypatch):
    """Registers a new loss with these facts, for one test."""
    monkeypatch.setattr(losses, "_members", dict(losses._members))
    monkeypatch.setattr(losses, "_names", dict(losses._names))
    return lambda **facts: losses.register("focal")(type("FocalLoss", (ElementwiseLoss,), facts))


@pytest.mark.parametrize("facts, activation, problem, hint", [
    ({"labels": "binary", "predicts": "probabilities"}, "linear",
     "focal expects probabilities, but the last layer 'dense' ends in linear", "set activation: sigmoid in it"),
    ({"labels": "onehot", "predicts": "probabilities"}, "relu",
     "focal expects probabilities, but the last layer 'dense' ends in relu", "set activation: softmax in it"),
    ({"labels": "integer", "predicts": "logits"}, "softmax",
     "focal expects logits, but the last layer 'dense' ends in softmax",
     "leave out the activation: it would be applied twice"),
    ({"labels": "number", "predicts": "positive"}, "tanh",
     "focal takes the logarithm of predictions, but the last layer 'dense' ends in tanh, which can be negative",
     "set activation: exponential in it; softplus is positive too"),
    ({"labels": "binary", "predicts": "probabilities"}, "sigmoid", None, None),
    ({"labels": "binary", "predicts": "logits"}, "linear", None, None),
    ({"labels": "binary", "predicts": "margins"}, "linear", None, None),
    ({"labels": "number", "predicts": "numbers"}, "linear", None, None),
])  # fmt: skip
def test_a_new_loss_is_checked_by_what_its_class_states(registered, facts, activation, problem, hint):
    registered(**facts)
    if problem is None:
        assert checked("focal", activation) == []
        return
    with pytest.raises(ConfigError) as caught:
        checked("focal", activation)
    assert [(each.message, each.hint) for each in caught.value.problems] == [(problem, hint)]


LABELS = "'integer', 'onehot', 'binary', 'number', 'sequence'"
PREDICTS = "'probabilities', 'logits', 'margins', 'scores', 'positive', 'numbers'"


@pytest.mark.parametrize("facts, said, hint", [
    ({}, "no `labels`", f"state what its targets are: labels = one of {LABELS}"),
    ({"predicts": "probabilities"}, "no `labels`", f"state what its targets are: labels = one of {LABELS}"),
    ({"labels": "binary"}, "no `predicts`", f"state what its predictions must be: predicts = one of {PREDICTS}"),
    ({"labels": "binary", "predicts": "probability"}, "predicts = 'probability'",
     f"state what its predictions must be: predicts = one of {PREDICTS}"),
])  # fmt: skip
def test_a_loss_that_does_not_state_what_it_compares_is_refused(registered, facts, said, hint):
    with pytest.raises(InputError) as caught:
        registered(**facts)
    [problem] = caught.value.problems
    assert problem.message == f"the loss 'focal' cannot be registered: its class FocalLoss has {said}"
    assert problem.hint == hint
    assert "focal" not in losses


@pytest.mark.parametrize("loss, expected, usual", [
    ("mse", "numbers", "linear"), ("poisson", "positive", "exponential"), ("hinge", "margins", "linear"),
    ("ctc", "scores", "softmax"), ("kl_divergence", "probabilities", "softmax"),
    ("binary_crossentropy", "probabilities", "sigmoid"),
    ({"binary_crossentropy": {"from_logits": True}}, "logits", "linear"),
])  # fmt: skip
def test_what_losses_expect(loss, expected, usual):
    built = losses.build(loss)
    assert (built.expects(), built.usual_activation()) == (expected, usual)


def test_the_losses_of_sequences_are_listed():
    assert {name for name, cls in losses.items() if cls.labels == "sequence"} == set(OF_SEQUENCES)


@pytest.mark.parametrize("name", list(activations))
def test_bounds_of_activations_hold_and_are_tight(name):
    function = activations.build(name)
    x = np.concatenate([np.linspace(-60, 60, 4001), [-1e4, 80.0]])
    if not function.elementwise:
        x = np.stack([x, np.zeros_like(x)], axis=1)
    y = function.value(x)
    low, high = function.bounds
    assert low - 1e-3 <= y.min() and y.max() <= high + 1e-12
    assert math.isinf(low) or y.min() - low < 2e-2
    assert math.isinf(high) or high - y.max() < 2e-2
    assert not function.sums_to_one or np.allclose(y.sum(axis=-1), 1)


@pytest.mark.parametrize("given, bounds", [
    ({"relu": {"max_value": 1.0}}, (0, 1)), ({"relu": {"negative_slope": 0.1}}, (-math.inf, math.inf)),
    ({"leaky_relu": {"negative_slope": 0.0}}, (0, math.inf)), ({"elu": {"alpha": 0.5}}, (-0.5, math.inf)),
])  # fmt: skip
def test_bounds_follow_the_arguments(given, bounds):
    assert activations.build(given).bounds == bounds


def keras_crossentropy(y, p):
    """Keras' formula: q = p / sum p, clipped to [1e-7, 1 - 1e-7]."""
    q = np.clip(p / p.sum(axis=-1, keepdims=True), 1e-7, 1 - 1e-7)
    return -np.mean(np.sum(y * np.log(q), axis=-1))


@pytest.mark.parametrize("activation", ["sigmoid", "softplus", "exponential", "relu", "hard_sigmoid"])
@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_values_that_do_not_sum_to_1_have_keras_loss_and_a_right_gradient(loss, activation):
    made = config.loads(
        f"dataset: iris\nlayers: [{{Dense: {{units: 3, activation: {activation}}}}}]\nloss: {loss}\nmetrics: []"
    )
    graph = Graph.build(made.nodes, {made.nodes[0].sources[0]: (4,)}, made.outputs)
    program = Program(graph, dtype="float64", seed=1)
    executor = Executor(program, made.losses)
    rng = np.random.default_rng(0)
    x = np.abs(rng.normal(size=(6, 4)))
    program.parameters[...] = np.abs(rng.normal(size=program.parameters.shape)) * 0.5  # relu's kink is far
    classes = np.array([0, 1, 2, 2, 1, 0])
    y = classes.astype(np.int32) if loss.startswith("sparse") else np.eye(3)[classes]
    batch = Batch({graph.inputs[0]: x}, {made.outputs[0]: y})
    result = executor.train_step(batch, 0)
    assert result.loss == pytest.approx(
        keras_crossentropy(np.eye(3)[classes], result.outputs[made.outputs[0]]), rel=1e-12
    )
    gradients, h = executor.gradients.copy(), 1e-6
    for i in range(len(program.parameters)):
        there = []
        for step in (h, -h):
            program.parameters[i] += step
            there.append(executor.evaluate(batch).loss)
            program.parameters[i] -= step
        assert gradients[i] == pytest.approx((there[0] - there[1]) / (2 * h), abs=1e-8)


def test_a_row_of_zeros_has_a_finite_loss_and_gradient():
    loss = losses.build("categorical_crossentropy")
    each, saved = loss.forward(np.eye(3)[:2], np.array([[0.0, 0.0, 0.0], [0.0, 2.0, 2.0]]))
    np.testing.assert_allclose(each, [-math.log(1e-7), math.log(2)], rtol=1e-6)
    assert np.isfinite(loss.backward(saved, np.ones(2))).all()


def test_probabilities_shown_sum_to_1():
    loss = losses.build("sparse_categorical_crossentropy")
    p = np.array([[0.5, 0.5, 1.0], [0.0, 0.0, 0.0], [0.25, 0.25, 0.5]])
    np.testing.assert_allclose(probabilities(p, loss), [[0.25, 0.25, 0.5], [1 / 3] * 3, [0.25, 0.25, 0.5]])
