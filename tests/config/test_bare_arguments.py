"""Shorthand as in Keras: a value in place of the arguments of a component, where only one argument can be meant."""

import pytest

from nnctl import config
from nnctl.errors import InputError
from nnctl.nn.activations import activations
from nnctl.nn.initializers import initializers
from nnctl.nn.losses.base import losses
from nnctl.nn.metrics import metrics
from nnctl.nn.optimizers import optimizers
from nnctl.nn.regularizers import regularizers

CONFIG = "dataset: iris\nlayers: [{{Dense: {{units: 3, activation: softmax, {0}}}}}]\n"
CONFIG += "loss: sparse_categorical_crossentropy\n"


def layer_with(argument):
    return config.loads(CONFIG.format(argument)).nodes[0].layer


@pytest.mark.parametrize("given, meant", [
    ("{l2: 0.01}", {"l2": {"l2": 0.01}}),
    ("{l2: 0.5}", {"l2": {"l2": 0.5}}),
    ("{L2: 1}", {"l2": {"l2": 1.0}}),
    ("{l2: 0}", {"l2": {"l2": 0.0}}),
    ("{l1: 0.25}", {"l1": {"l1": 0.25}}),
    ("{l1: 0.1, l2: 0.2}", {"l1_l2": {"l1": 0.1, "l2": 0.2}}),
    ("{l2: 0.2, l1: 0.1}", {"l1_l2": {"l1": 0.1, "l2": 0.2}}),
    ("{l1_l2: [0.1, 0.2]}", {"l1_l2": {"l1": 0.1, "l2": 0.2}}),
    ("{l1_l2: {l1: 0.1, l2: 0.2}}", {"l1_l2": {"l1": 0.1, "l2": 0.2}}),
    ("l2", "l2"),
    ("{l2: null}", "l2"),
])  # fmt: skip
@pytest.mark.parametrize("where", ["kernel_regularizer", "bias_regularizer"])
def test_regularizers(given, meant, where):
    assert getattr(layer_with(f"{where}: {given}"), where) == regularizers.build(meant)


@pytest.mark.parametrize("layer", [
    "{LSTM: {units: 2, recurrent_regularizer: {l2: 0.3}, return_sequences: true}}",
    "{Conv1D: {filters: 2, kernel_size: 1, kernel_regularizer: {l2: 0.3}}}",
    "{Bidirectional: {layer: {GRU: {units: 2, kernel_regularizer: {l2: 0.3}, return_sequences: true}}}}",
    "{TimeDistributed: {layer: {Dense: {units: 2, kernel_regularizer: {l2: 0.3}}}}}",
    "{BatchNormalization: {gamma_regularizer: {l2: 0.3}}}",
    "{MultiHeadAttention: {num_heads: 1, key_dim: 2, kernel_regularizer: {l2: 0.3}}}",
])  # fmt: skip
def test_every_layer_takes_it(layer):
    made = config.loads(f"dataset: iris\nlayers: [{layer}]\nloss: mse\n")
    assert "L2(l2=0.3)" in repr(made.nodes[0].layer)


@pytest.mark.parametrize("family, given, meant", [
    (initializers, {"constant": 0.1}, {"constant": {"value": 0.1}}),
    (initializers, {"orthogonal": 2}, {"orthogonal": {"gain": 2.0}}),
    (losses, {"huber": 0.5}, {"huber": {"delta": 0.5}}),
    (optimizers, {"adam": 0.01}, {"adam": {"learning_rate": 0.01}}),
    (optimizers, {"sgd": 1}, {"sgd": {"learning_rate": 1.0}}),
    (activations, {"leaky_relu": 0.1}, {"leaky_relu": {"negative_slope": 0.1}}),
    (activations, {"elu": 0.5}, {"elu": {"alpha": 0.5}}),
    (metrics, {"top_k_categorical_accuracy": 2}, {"top_k_categorical_accuracy": {"k": 2}}),
])  # fmt: skip
def test_other_components(family, given, meant):
    assert family.build(given) == family.build(meant)


def test_a_config_may_use_them_everywhere():
    made = config.loads(
        "dataset: iris\n"
        "layers: [{Dense: {units: 2, bias_initializer: {constant: 0.1}, activation: {leaky_relu: 0.1}}}]\n"
        "loss: {huber: 0.5}\noptimizer: {adam: 0.01}\n"
    )
    assert made.optimizer == optimizers.build({"adam": {"learning_rate": 0.01}})
    [loss] = made.losses.values()
    assert loss == losses.build({"huber": {"delta": 0.5}})
    assert config.loads(config.dump(made.resolved, made.origins)).optimizer == made.optimizer


@pytest.mark.parametrize("given, says", [
    ("{l2: -1}", "must be at least 0, got -1"),
    ("{l2: much}", "expected a number, got 'much'"),
    ("{l2: true}", "expected a number, got true"),
    ("{l2: [0.1, 0.2]}", "got [0.1, 0.2]"),
    ("{l1_l2: 0.01}", "expected the arguments l1 and l2, got 0.01"),
    ("{l1: 0.1, l2: -0.2}", "must be at least 0, got -0.2"),
    ("0.01", "expected a regularizer"),
    ("{l3: 0.01}", "unknown regularizer 'l3'"),
])  # fmt: skip
def test_what_is_not_meant_is_refused(given, says):
    with pytest.raises(InputError) as caught:
        layer_with(f"kernel_regularizer: {given}")
    assert says in caught.value.problems[0].message


@pytest.mark.parametrize("override, meant", [
    ("optimizer.adam.beta_1=0.5", {"adam": {"learning_rate": 0.01, "beta_1": 0.5}}),
    ("optimizer.beta_1=0.5", {"adam": {"learning_rate": 0.01, "beta_1": 0.5}}),
    ("optimizer.learning_rate=0.5", {"adam": {"learning_rate": 0.5}}),
    ("optimizer.adam=0.5", {"adam": {"learning_rate": 0.5}}),
    ("optimizer.sgd.momentum=0.5", {"sgd": {"momentum": 0.5}}),
])  # fmt: skip
def test_an_override_keeps_what_it_does_not_name(override, meant):
    text = CONFIG.format("use_bias: true") + "optimizer: {adam: 0.01}\n"
    assert config.loads(text, overrides=[override]).optimizer == optimizers.build(meant)


@pytest.mark.parametrize("given, origins", [
    ("{l2: 0.3}", {"l2.l2": "line 4"}),
    ("{L2: 0.3}", {"l2.l2": "line 4"}),
    ("{l2: {l2: 0.3}}", {"l2.l2": "line 4"}),
    ("{l2: null}", {"l2.l2": "default"}),
    ("l2", {"l2.l2": "default"}),
    ("{l1: 0.1,\n       l2: 0.2}", {"l1_l2.l1": "line 4", "l1_l2.l2": "line 5"}),
    ("{l1_l2: [0.1,\n       0.2]}", {"l1_l2.l1": "line 4", "l1_l2.l2": "line 5"}),
    ("{l1_l2: {l1: 0.1}}", {"l1_l2.l1": "line 4", "l1_l2.l2": "default"}),
])  # fmt: skip
def test_the_arguments_are_none_of_the_defaults(given, origins):
    built = config.loads(
        f"dataset: iris\nlayers:\n  - Dense: {{units: 3,\n     kernel_regularizer: {given}}}\nloss: mse\n"
    )
    path = "layers[0].Dense.kernel_regularizer."
    assert {key: built.origins[path + key] for key in origins} == origins


def test_a_learning_rate_alone_is_none_of_the_defaults():
    text = CONFIG.format("") + "optimizer: {adam: 0.02}\n"
    assert config.loads(text).origins["optimizer.adam.learning_rate"] == "line 4"
    assert config.loads(text, overrides=["optimizer.sgd=0.1"]).origins["optimizer.sgd.learning_rate"] == "--set"
