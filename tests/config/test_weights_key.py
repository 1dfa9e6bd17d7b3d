"""`weights:` and `Embedding: {weights: ...}` in a config: their forms, and messages for what they cannot be."""

import json

import pytest

from nnctl import config
from nnctl.config.types import InitialWeights
from nnctl.errors import ConfigError

TEXT = """
dataset: iris
layers:
  - Dense: {units: 4, name: body}
  - Dense: {units: 3, activation: softmax, name: head}
loss: sparse_categorical_crossentropy
"""


def loads(weights):
    return config.loads(TEXT + f"weights: {json.dumps(weights)}\n", "c.yaml")


@pytest.mark.parametrize(("given", "expected"), [
    ("runs/a", InitialWeights("runs/a")),
    ({"from": "a.safetensors"}, InitialWeights("a.safetensors")),
    ({"from": "runs/a", "layers": None}, InitialWeights("runs/a")),
    ({"from": "runs/a", "layers": "body"}, InitialWeights("runs/a", {"body": "body"})),
    ({"from": "runs/a", "layers": ["head", "body"]}, InitialWeights("runs/a", {"head": "head", "body": "body"})),
    ({"from": "runs/a", "layers": {"conv": "body"}}, InitialWeights("runs/a", {"conv": "body"})),
    (None, None),
])  # fmt: skip
def test_forms_and_what_the_resolved_config_says(given, expected):
    checked = loads(given)
    assert checked.weights == expected
    again = config.loads(config.dump(checked.resolved, checked.origins))
    assert again.weights == expected
    assert ("weights" in checked.resolved) == (expected is not None)  # older configs stay as they are


@pytest.mark.parametrize(("given", "message", "hint"), [
    (3, "expected a run or a file, got 3", "write weights: {from: runs/NAME"),
    ({"layers": ["body"]}, "`from` is missing", "write weights: {from: runs/NAME"),
    ({"from": ["a"]}, "expected a run or a file, got ['a']", "write weights: {from"),
    ({"from": "a", "layer": "body"}, "unknown key 'layer'", "did you mean layers?"),
    ({"from": "a", "layers": ["bod"]}, "unknown layer 'bod'", "did you mean body?"),
    ({"from": "a", "layers": {"body": "heads"}}, "unknown layer 'heads'", "did you mean head?"),
    ({"from": "a", "layers": [1]}, "expected the name of a layer, got 1", None),
    ({"from": "a", "layers": {"conv": ["body"]}}, "expected the name of a layer, got ['body']", None),
    ({"from": "a", "layers": []}, "expected names of layers, got []", "write a list of names"),
    ({"from": "a", "layers": {"x": "body", "y": "body"}}, "the layer 'body' is listed twice", "remove one of them"),
])  # fmt: skip
def test_what_is_wrong_is_said_at_its_line(given, message, hint):
    with pytest.raises(ConfigError) as caught:
        loads(given)
    [problem] = caught.value.problems
    assert message in problem.message and "c.yaml:7" in problem.where
    assert hint is None or hint in problem.hint


def test_from_can_be_set_on_the_command_line():
    assert config.loads(TEXT, "c.yaml", ["weights.from=runs/a", "weights.layers=[body]"]).weights == InitialWeights(
        "runs/a", {"body": "body"}
    )


def embedding(arguments, kind="Embedding"):
    layers = [{kind: arguments}, "GlobalAveragePooling1D", {"Dense": {"units": 2, "activation": "softmax"}}]
    given = {"dataset": "iris", "layers": layers, "loss": "sparse_categorical_crossentropy"}
    return config.loads(json.dumps(given), "c.yaml")


def test_word_vectors_are_no_argument_of_the_layer():
    plain = embedding({"input_dim": 5, "output_dim": 3})
    given = embedding({"input_dim": 5, "output_dim": 3, "weights": "glove.txt"})
    assert [node.word_vectors for node in given.nodes] == ["glove.txt", None, None]
    assert given.nodes[0].layer == plain.nodes[0].layer
    again = config.loads(config.dump(given.resolved, given.origins))
    assert again.nodes[0].word_vectors == "glove.txt"
    assert "weights" not in plain.resolved["layers"][0]["Embedding"]


@pytest.mark.parametrize(("arguments", "kind", "message"), [
    ({"input_dim": 5, "output_dim": 3, "weights": 3}, "Embedding", "expected a file of word vectors, got 3"),
    ({"units": 3, "weights": "glove.txt"}, "Dense", "Dense has no argument 'weights'"),
])  # fmt: skip
def test_word_vectors_that_cannot_be(arguments, kind, message):
    with pytest.raises(ConfigError, match="weights") as caught:
        embedding(arguments, kind)
    assert [problem.message for problem in caught.value.problems] == [message]


def valid(given):
    jsonschema = pytest.importorskip("jsonschema")
    return jsonschema.Draft202012Validator(config.schema()).is_valid(given)


@pytest.mark.parametrize(("weights", "expected"), [
    ("runs/a", True), (None, True), ({"from": "a"}, True), ({"from": "a", "layers": ["body"]}, True),
    ({"from": "a", "layers": {"conv": "body"}}, True), ({"from": "a", "layers": "body"}, True),
    (3, False), ({"layers": ["body"]}, False), ({"from": "a", "layer": "b"}, False),
    ({"from": "a", "layers": [1]}, False), ({"from": 1}, False),
])  # fmt: skip
def test_the_schema_takes_what_nnctl_takes(weights, expected):
    dense = {"Dense": {"units": 3}}
    assert valid({"dataset": "iris", "layers": [dense], "loss": "mse", "weights": weights}) is expected


@pytest.mark.parametrize(("layer", "expected"), [
    ({"Embedding": {"input_dim": 3, "output_dim": 2, "weights": "glove.txt"}}, True),
    ({"Embedding": {"input_dim": 3, "output_dim": 2, "weights": 3}}, False),
    ({"Dense": {"units": 3, "weights": "glove.txt"}}, False),
])  # fmt: skip
def test_the_schema_knows_word_vectors(layer, expected):
    assert valid({"dataset": "iris", "layers": [layer], "loss": "mse"}) is expected
