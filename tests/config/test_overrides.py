"""What a key path of `--set` leads to where an argument is called as another component is."""

import pytest

from nnctl import config
from nnctl.errors import ConfigError

TEXT = """
dataset: japanese_vowels
layers:
  - LSTM: {units: 4}
  - Dense: {units: 9, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {sgd: {learning_rate: 0.1}}
"""


def resolved(*overrides):
    return config.loads(TEXT, overrides=overrides).resolved


def layer(number, *overrides):
    [(kind, arguments)] = resolved(*overrides)["layers"][number].items()
    return kind, arguments


@pytest.mark.parametrize(
    ("override", "number", "kind", "argument", "value"),
    [
        ("layers.dense.activation=tanh", 1, "Dense", "activation", "tanh"),
        ("layers.1.activation=tanh", 1, "Dense", "activation", "tanh"),
        ("layers.1.Dense.activation=tanh", 1, "Dense", "activation", "tanh"),
        ("layers.1.activation.leaky_relu.negative_slope=0.1", 1, "Dense", "activation",
         {"leaky_relu": {"negative_slope": 0.1}}),
        ("layers.lstm.dropout=0.2", 0, "LSTM", "dropout", 0.2),
        ("layers[0].dropout=0.2", 0, "LSTM", "dropout", 0.2),
        ("layers.1.activation.activation=tanh", 1, "Activation", "activation", "tanh"),
        ("layers.1.Dropout.rate=0.5", 1, "Dropout", "rate", 0.5),
    ],
)  # fmt: skip
def test_of_a_layer(override, number, kind, argument, value):
    found, arguments = layer(number, override)
    assert found == kind and arguments[argument] == value


def test_a_kind_that_several_layers_have_needs_an_index():
    text = TEXT.replace("LSTM: {units: 4}", "Flatten: {}").replace("Dense:", "Dense: {units: 4}\n  - Dense:")
    with pytest.raises(ConfigError) as caught:
        config.loads(text, overrides=["layers.Dense.units=3"])
    assert caught.value.problems[0].hint == "give the index: layers.1"  # without brackets, which zsh would expand


@pytest.mark.parametrize(
    ("override", "kind", "rate", "momentum"),
    [
        ("optimizer.momentum=0.9", "sgd", 0.1, 0.9),
        ("optimizer.sgd.momentum=0.9", "sgd", 0.1, 0.9),
        ("optimizer.momentum.momentum=0.8", "momentum", 0.01, 0.8),
        ("optimizer.momentum.learning_rate=0.5", "momentum", 0.5, 0.9),
    ],
)
def test_of_an_optimizer(override, kind, rate, momentum):
    [(found, arguments)] = resolved(override)["optimizer"].items()
    assert (found, arguments["learning_rate"], arguments["momentum"]) == (kind, rate, momentum)
