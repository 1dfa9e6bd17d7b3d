"""Arrays and calls are used again from step to step, and from one evaluation to the next: no result tells."""

import numpy as np
import pytest

from nnctl import config, kernels
from nnctl.engine import strategy
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.nn.losses import losses

SHAPE = (8, 7, 2)
MODELS = {
    "residual": """[{Conv2D: {filters: 5, kernel_size: 3, padding: same, activation: relu}},
        {Conv2D: {filters: 5, kernel_size: 3, padding: same, name: b}}, {Add: {from: [b, conv2d]}}, ReLU, MaxPooling2D,
        Flatten, {Dropout: {rate: 0.3}}, {Dense: {units: 3}}]""",
    "recurrent": """[{Reshape: {target_shape: [8, 14]}},
        {Bidirectional: {layer: {LSTM: {units: 4, return_sequences: true}}}},
        {Conv1D: {filters: 4, kernel_size: 3}}, {GRU: {units: 3}}]""",
    "shared": """[{Dense: {units: 2, name: a, activation: tanh}}, {shared: {layer: a}}, Flatten,
        {Dense: {units: 3}}]""",
}
ROWS = (40, 9, 40, 23, 9, 40)  # of one step after the other


@pytest.fixture(params=["numpy", "numba"])
def compiled(request):
    if request.param == "numba" and not kernels.installed():
        pytest.skip("Numba is not installed")
    return request.param == "numba"


def made(layers, compiled, threads=2, shard_rows=None):
    built = config.loads(f"{{dataset: iris, layers: {layers}, loss: mse}}")
    program = Program(Graph.build(built.nodes, {"input": SHAPE}, built.outputs), seed=1)
    executor = Executor(program, {program.heads[0].name: losses.build("mse")}, threads=threads, shard_rows=shard_rows)
    executor.kernels = kernels.Kernels() if compiled else None
    return executor


def batch(executor, rows):
    rng = np.random.default_rng(rows)
    name = executor.program.heads[0].name
    y = rng.normal(size=(rows, *executor.program.graph.shapes[name])).astype(np.float32)
    return Batch({"input": rng.normal(size=(rows, *SHAPE)).astype(np.float32)}, {name: y})


@pytest.mark.parametrize("shard_rows", [None, 7])
@pytest.mark.parametrize("name", MODELS)
def test_batches_of_several_sizes(name, shard_rows, compiled):
    with made(MODELS[name], compiled, shard_rows=shard_rows) as executor:
        for step, rows in enumerate(ROWS):
            result = executor.train_step(batch(executor, rows), step)
            with made(MODELS[name], compiled, shard_rows=shard_rows) as fresh:
                expected = fresh.train_step(batch(fresh, rows), step)
                assert result.loss == expected.loss
                np.testing.assert_array_equal(executor.gradients, fresh.gradients)


@pytest.mark.parametrize("name", MODELS)
def test_results_outlive_the_next_evaluation(name, compiled, monkeypatch):
    monkeypatch.setattr(strategy, "INFERENCE_CACHE", 50_000)  # several parts, on each thread
    monkeypatch.setattr(strategy, "WORTH_A_THREAD", 0)
    with made(MODELS[name], compiled) as executor:
        results = [executor.evaluate(batch(executor, rows)) for rows in (300, 40, 300, 171)]
        results.append(executor.predict(batch(executor, 301)))
        for rows, result in zip((300, 40, 300, 171, 301), results, strict=True):
            with made(MODELS[name], compiled) as fresh:
                expected = fresh.evaluate(batch(fresh, rows))
            for output, found in result.outputs.items():
                np.testing.assert_array_equal(found, expected.outputs[output])
