"""The worked examples have the numbers of the engine itself, and the YAML of every page is a config."""

import functools
import json

import numpy as np
import pytest

from nnctl import config
from nnctl.config.yaml_reader import read
from nnctl.engine.batch import Batch
from nnctl.engine.graph import Graph
from nnctl.nn.activations import activations
from nnctl.nn.initializers import initializers
from nnctl.nn.optimizers import optimizers
from nnctl.reports.topics import family_tree, pages, race
from nnctl.reports.topics.guidance import guides_of
from nnctl.reports.topics.names import Topic, all_topics, topics
from nnctl.reports.topics.worked import activations as curves
from nnctl.reports.topics.worked import initializers as worked_initializers
from nnctl.reports.topics.worked import model_ideas
from nnctl.reports.topics.worked.layer_inputs import INPUTS
from nnctl.reports.topics.worked.layers import computed
from nnctl.reports.topics.worked.numbers import array
from nnctl.training.engines import executor_for

BASE = {"dataset": {"path": "data.npz"}, "layers": [{"Dense": {"units": 1}}], "loss": "mse"}
TOPICS = all_topics()
page_of = functools.cache(pages.page_of)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: f"{topic.family} {topic.name}")
def test_the_yaml_is_part_of_a_config(topic):
    config.loads(json.dumps(BASE | read(page_of(topic)["yaml"], topic.name).data))  # JSON is YAML


def test_every_page_has_an_example_of_numbers():
    without = [topic.name for topic in TOPICS if not page_of(topic)["example"]]
    assert without == ["TerminateOnNaN"]


@pytest.mark.parametrize("name", ["Dense", "Conv2D", "LSTM", "MultiHeadAttention", "MaxPooling2D"])
def test_the_numbers_of_a_layer_are_those_of_a_model(name):
    arguments, x = INPUTS[name]
    x = np.array([x], np.float64)
    text = json.dumps({**BASE, "inputs": {"input": {"shape": list(x.shape[1:])}}, "layers": [{name: arguments}],
                       "engine": {"dtype": "float64", "threads": 1}})  # fmt: skip
    spec = config.loads(text)
    graph = Graph.build(spec.nodes, {"input": x.shape[1:]}, spec.outputs)
    executor = executor_for(spec, graph, True)
    layer = graph.nodes[0].layer
    weights, y = computed(layer, [x])
    for key, weight in executor.program.named_weights().items():
        weight[...] = weights[key.partition("/")[2]]
    [output] = executor.predict(Batch({"input": x}, {})).outputs.values()
    np.testing.assert_allclose(output, y, rtol=1e-9)
    page = page_of(Topic("layer", name))
    assert array(y[0]).replace(" ", "") in "".join(page["example"]["lines"]).replace(" ", "")


@pytest.mark.parametrize("name", sorted(guides_of("activation")))
def test_the_derivative_of_an_activation_is_that_of_its_gradient(name):
    activation, guide = activations[name](), guides_of("activation")[name]
    if not activation.elementwise:
        return
    x = np.array([-2.5, -1.0, -0.1, 0.3, 1.0, 2.5])
    np.testing.assert_allclose(evaluated(guide.derivative, activation, x), curves.derivative(activation, x), atol=1e-6)


def evaluated(text, activation, x):
    """The value of `A where B, else C` in Python's notation."""
    from math import erf, pi, sqrt

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    known = {"x": x, "y": activation.value(x.copy()), "exp": np.exp, "abs": np.abs, "tanh": np.tanh, "sigmoid": sigmoid,
             "softplus": lambda z: np.log1p(np.exp(z)), "scale": 1.0507009873554805, "alpha": 1.0,
             "Phi": lambda z: np.array([(1 + erf(v / sqrt(2))) / 2 for v in z]),
             "phi": lambda z: np.exp(-z * z / 2) / sqrt(2 * pi), "negative_slope": 0.2}  # fmt: skip
    if activation.kind == "selu":
        known["alpha"] = 1.6732632423543772
    text = text.replace("0 < x < 6", "(x > 0) & (x < 6)")
    value, where, rest = text.partition(" where ")
    if not where:
        return eval(text, known)
    condition, otherwise = rest.split(", else ", 1)
    return np.where(eval(condition, known), eval(value, known), evaluated(otherwise, activation, x))


def test_equal_weights_have_no_deviation():
    example = worked_initializers.example(initializers.lookup("constant")(value=0.1))
    assert example["table"]["rows"] == [["0.1", "0", "0.1", "0.1"]]


def test_row_numbers_of_the_split_are_counted_from_1():
    rows = model_ideas.split()["table"]["rows"]
    numbers = [int(n) for _name, _count, text in rows for n in text.removesuffix(", ...").split(", ")]
    assert 1 in numbers and 0 not in numbers and [count for _name, count, _text in rows] == ["90", "30", "30"]


def test_the_family_tree_has_every_optimizer_once():
    names = [name for _drawn, name in family_tree.branches()]
    assert sorted(names[1:]) == sorted(topic.name for topic in topics("optimizer"))
    assert names[0] == family_tree.ROOT


def test_the_race_runs_each_optimizer_by_its_own_rule():
    surface = race.SURFACES["valley"]
    path = race.path("momentum", surface, 0.3, steps=3)
    w, v = np.array(surface.start), np.zeros(2)
    for point in path:
        np.testing.assert_allclose(point, w)
        v = 0.9 * v - 0.3 * np.array([w[0] / 10, 2 * w[1]])
        w = w + v


def test_the_gradient_of_a_surface_is_that_of_its_height():
    a, b, h = np.array([0.7]), np.array([-0.4]), 1e-6
    for surface in race.SURFACES.values():
        along = [(surface.height(a + i * h, b + j * h) - surface.height(a - i * h, b - j * h)) / (2 * h)
                 for i, j in ((1, 0), (0, 1))]  # fmt: skip
        np.testing.assert_allclose(np.ravel(surface.gradient(a, b)), np.ravel(along), rtol=1e-5)
        assert surface.height(*map(np.array, surface.minimum)) == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("surface", race.SURFACES.values(), ids=lambda surface: surface.name)
def test_every_optimizer_races_with_its_best_learning_rate(surface):
    found = {name: race.best_rate(name, surface) for name in optimizers.names()}
    assert race.RATES[surface.name] == found
