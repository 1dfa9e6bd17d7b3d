"""A monotone activation goes behind the max-pooling that follows it, and nobody can tell but by the clock."""

import numpy as np
import pytest

from nnctl import config
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.nn.activations import activations
from nnctl.nn.losses import losses

MONOTONE = [name for name, cls in activations.items() if cls.monotone and name != "linear"]


def program(layers, reorder, dtype="float64"):
    text = f"{{dataset: digits_images, layers: {layers}, loss: mse}}"
    checked = config.loads(text)
    graph = Graph.build(checked.nodes, {"input": (8, 8, 1)}, checked.outputs)
    return Program(graph, dtype=dtype, fuse=("activation",) if reorder else ())


def step(built):
    rng = np.random.default_rng(0)
    [head] = built.heads
    x = rng.normal(size=(6, 8, 8, 1))
    y = rng.normal(size=(6, *built.graph.shapes[head.name]))
    executor = Executor(built, {head.name: losses.build("mse")})
    result = executor.train_step(Batch({"input": x}, {head.name: y}), 0)
    return result.loss, executor.gradients


@pytest.mark.parametrize("pool", ["MaxPooling2D", "{MaxPooling2D: {pool_size: 3, strides: 1}}", "GlobalMaxPooling2D"])
@pytest.mark.parametrize("name", MONOTONE)
def test_on_and_off_agree(name, pool):
    layers = (
        f"[{{Conv2D: {{filters: 3, kernel_size: 3, activation: {name}}}}}, {pool}, Flatten, {{Dense: {{units: 2}}}}]"
    )
    on, off = program(layers, True), program(layers, False)
    assert on.steps[1].name.startswith(("max", "global")) and on.steps[2].name.endswith(name)
    assert off.steps[1].name == f"conv2d.{name}"
    loss, gradients = step(on)
    expected, wanted = step(off)
    assert loss == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradients, wanted, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(
    "layers",
    [
        "[{Conv2D: {filters: 3, kernel_size: 3, activation: gelu}}, MaxPooling2D, Flatten]",  # not monotone
        "[{Conv2D: {filters: 3, kernel_size: 3, activation: relu}}, AveragePooling2D, Flatten]",
        "[{Conv2D: {filters: 3, kernel_size: 3, activation: softmax}}, MaxPooling2D, Flatten]",
        "[{Conv2D: {filters: 3, kernel_size: 3, activation: relu, name: a}}, {MaxPooling2D: {name: p}},"
        " {Flatten: {from: a, name: b}}, {Flatten: {from: p, name: c}}, {Concatenate: {from: [b, c]}}]",  # two uses
    ],
)
def test_what_may_not_move_stays(layers):
    assert [s.name for s in program(layers, True).steps] == [s.name for s in program(layers, False).steps]
