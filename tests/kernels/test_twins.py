"""Compiled kernels give NumPy's numbers: every layer that has kernels, forward and backward, on one thread and more."""

import numpy as np
import pytest

from nnctl import config, kernels
from nnctl.engine import arena, strategy
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.nn.losses import losses

pytestmark = pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")

IMAGES, STEPS, ROWS = (9, 8, 3), (7, 5), 11
CASES = {
    "conv2d": (IMAGES, "[{Conv2D: {filters: 4, kernel_size: 3, activation: relu}}, Flatten, {Dense: {units: 3}}]"),
    "conv2d same": (
        IMAGES,
        "[{Conv2D: {filters: 4, kernel_size: [2, 3], padding: same}}, Flatten, {Dense: {units: 3}}]",
    ),
    "conv2d strides": (IMAGES, "[{Conv2D: {filters: 4, kernel_size: 3, strides: [2, 1], padding: same}}, Flatten]"),
    "conv2d dilation": (
        IMAGES,
        "[{Conv2D: {filters: 4, kernel_size: 3, dilation_rate: [2, 3], padding: same}}, Flatten]",
    ),
    "conv2d groups": (IMAGES, "[{Conv2D: {filters: 6, kernel_size: 3, groups: 3, activation: tanh}}, Flatten]"),
    "conv2d 1x1": (IMAGES, "[{Conv2D: {filters: 4, kernel_size: 1, activation: relu}}, Flatten]"),
    "conv2d one channel": (
        (9, 8, 1),
        "[{Conv2D: {filters: 4, kernel_size: 3, padding: same}}, {Conv2D: {filters: 2, kernel_size: 3, use_bias: "
        "false}}, Flatten]",
    ),
    "conv1d causal": (STEPS, "[{Conv1D: {filters: 4, kernel_size: 3, padding: causal, activation: relu}}, Flatten]"),
    "conv1d strides": (
        STEPS,
        "[{Conv1D: {filters: 4, kernel_size: 3, strides: 2}}, {Conv1D: {filters: 4, kernel_size: 2}}, Flatten]",
    ),
    "pooling": (IMAGES, "[{Conv2D: {filters: 4, kernel_size: 3, activation: relu}}, MaxPooling2D, Flatten]"),
    "conv2d, many filters": (
        (14, 13, 17),
        "[{Conv2D: {filters: 70, kernel_size: 3, activation: relu}}, MaxPooling2D, {Conv2D: {filters: 20, "
        "kernel_size: 3, strides: 2, padding: same, activation: relu}}, Flatten]",
    ),
    "conv2d dilated, valid": (
        IMAGES,
        "[{Conv2D: {filters: 4, kernel_size: 3, dilation_rate: 2, activation: relu}}, {Conv2D: {filters: 3, "
        "kernel_size: 2, dilation_rate: [1, 2]}}, Flatten]",
    ),
    "pooling of three": (
        IMAGES,
        "[{Conv2D: {filters: 4, kernel_size: 1, activation: relu}}, {MaxPooling2D: {pool_size: [3, 2]}}, {Conv2D: "
        "{filters: 4, kernel_size: 2, padding: same, activation: relu}}, Flatten]",
    ),
    "pooling 1d of relu": (
        STEPS,
        "[{Conv1D: {filters: 20, kernel_size: 2, activation: relu}}, {MaxPooling1D: {pool_size: 3}}, Flatten]",
    ),
    "augmentation": (
        IMAGES,
        "[{RandomTranslation: {height_factor: 0.3, width_factor: 0.3}}, {RandomRotation: {factor: 0.2, fill_mode: "
        "constant, fill_value: 0.5}}, {RandomZoom: {height_factor: 0.3, fill_mode: wrap}}, {RandomTranslation: "
        "{height_factor: 0.3, width_factor: 0.3, fill_mode: nearest, interpolation: nearest}}, {Conv2D: {filters: "
        "4, kernel_size: 3}}, Flatten]",
    ),
    "residual": (
        IMAGES,
        "[{Conv2D: {filters: 6, kernel_size: 3, padding: same, activation: relu}}, {repeat: {times: 2, layers: "
        "[{Conv2D: {filters: 6, kernel_size: 3, padding: same, activation: relu}}, {Conv2D: {filters: 6, "
        "kernel_size: 3, padding: same}}, {Add: {from: [above, before]}}, ReLU]}}, MaxPooling2D, Flatten, "
        "{Dropout: {rate: 0.4}}]",
    ),
    "residual, sums without relu": (
        IMAGES,
        "[{Conv2D: {name: a, filters: 6, kernel_size: 3}}, {Conv2D: {name: b, filters: 6, kernel_size: 3, "
        "padding: same, use_bias: false}}, {Add: {name: c, from: [a, b]}}, {Conv2D: {filters: 6, kernel_size: 3, "
        "dilation_rate: 2, padding: same}}, {Add: {from: [above, c]}}, Flatten]",
    ),
    "residual, a shortcut with strides": (
        IMAGES,
        "[{Conv2D: {name: a, filters: 6, kernel_size: 1}}, {Conv2D: {filters: 5, kernel_size: 3, strides: 2, "
        "padding: same, activation: relu}}, {Conv2D: {name: b, filters: 5, kernel_size: 3, padding: same}}, "
        "{Conv2D: {name: c, from: a, filters: 5, kernel_size: 1, strides: 2}}, {Add: {from: [b, c]}}, "
        "{Activation: {activation: relu}}, Flatten, {Dense: {units: 3}}]",
    ),
    "residual without a bias": (
        IMAGES,
        "[{Conv2D: {name: a, filters: 6, kernel_size: 3, padding: same}}, {Conv2D: {name: b, filters: 6, "
        "kernel_size: 3, padding: same, use_bias: false}}, {Add: {from: [a, b]}}, ReLU, Flatten]",
    ),
    "residual, normalized": (
        IMAGES,
        "[{Conv2D: {filters: 6, kernel_size: 3, padding: same}}, {repeat: {times: 2, layers: [{Conv2D: {filters: "
        "6, kernel_size: 3, padding: same, activation: relu}}, {Conv2D: {filters: 6, kernel_size: 3, padding: "
        "same}}, BatchNormalization, {Add: {from: [above, before]}}, ReLU]}}, Flatten, {Dense: {units: 2}}]",
    ),
    "residual over time": (
        STEPS,
        "[Masking, {LSTM: {name: a, units: 4, return_sequences: true}}, {Conv1D: {filters: 4, kernel_size: 3, "
        "padding: causal}}, {Add: {from: [a, above]}}, ReLU, {GRU: {units: 3}}]",
    ),
    "residual, stretched": (
        IMAGES,
        "[{Conv2D: {name: a, filters: 4, kernel_size: 3, padding: same}}, {Conv2D: {name: b, from: a, filters: 4, "
        "kernel_size: [9, 8]}}, {Add: {from: [a, b]}}, ReLU, Flatten]",
    ),
    "pooling that overlaps": (
        IMAGES,
        "[{Conv2D: {filters: 4, kernel_size: 3}}, {MaxPooling2D: {pool_size: 3, strides: 2, padding: same}}, Flatten]",
    ),
    "pooling 1d": (
        STEPS,
        "[{Conv1D: {filters: 4, kernel_size: 2, activation: sigmoid}}, {MaxPooling1D: {pool_size: 2}}, Flatten]",
    ),
    "dense": (
        (6,),
        "[{Dense: {units: 9, activation: relu}}, {Dense: {units: 8, activation: relu}}, {Dense: {units: 3}}]",
    ),
    "lstm": (STEPS, "[{LSTM: {units: 4, return_sequences: true}}, {LSTM: {units: 3}}]"),
    "lstm bare": (
        STEPS,
        "[{LSTM: {units: 4, use_bias: false, go_backwards: true, recurrent_activation: hard_sigmoid}}]",
    ),
    "lstm mask": (STEPS, "[Masking, {LSTM: {units: 4, return_sequences: true}}, {LSTM: {units: 3}}]"),
    "lstm dropout": (STEPS, "[{LSTM: {units: 4, dropout: 0.3, recurrent_dropout: 0.3}}]"),
    "gru": (STEPS, "[{GRU: {units: 4, return_sequences: true}}, {GRU: {units: 3, use_bias: false}}]"),
    "gru mask": (
        STEPS,
        "[Masking, {Bidirectional: {layer: {GRU: {units: 4, return_sequences: true}}}}, {GRU: {units: 3}}]",
    ),
    "gru reset before": (STEPS, "[{GRU: {units: 4, reset_after: false}}]"),
}


def step(shape, layers, threads, compiled, dtype="float32", rows=ROWS, dealt=False):
    """Loss, outputs and gradients of one training step, and the outputs of an evaluation. dealt: layer by layer, not
    in shards; then of the second one, for which calls stand ready."""
    checked = config.loads(f"{{dataset: iris, layers: {layers}, loss: mse}}")
    graph = Graph.build(checked.nodes, {"input": shape}, checked.outputs)
    program = Program(graph, seed=1, dtype=dtype)
    [head] = program.heads
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, *shape)).astype(dtype)
    if "Masking" in layers:
        x[:, 5:] = 0
        x[2, 1:] = 0
        x[3, :3] = 0
    y = rng.normal(size=(rows, *graph.shapes[head.name])).astype(dtype)
    shard_rows = None if dealt else -(-rows // threads)
    with Executor(program, {head.name: losses.build("mse")}, threads=threads, shard_rows=shard_rows) as executor:
        executor.kernels = kernels.Kernels() if compiled else None
        if dealt:
            before = program.state.copy()
            executor.train_step(Batch({"input": x + 1}, {head.name: y}), 2)
            program.state[...] = before  # moving averages
        result = executor.train_step(Batch({"input": x}, {head.name: y}), 3)
        trained, gradients = result.outputs[head.name].copy(), executor.gradients.copy()
        evaluated = executor.evaluate(Batch({"input": x}, {head.name: y})).outputs[head.name]
    return result.loss, trained, evaluated, gradients


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", CASES)
def test_they_agree_with_numpy(name, threads):
    shape, layers = CASES[name]
    loss, *arrays = step(shape, layers, threads, True)
    expected, *wanted = step(shape, layers, 1, False)
    assert loss == pytest.approx(expected, rel=1e-5)
    for array, other in zip(arrays, wanted, strict=True):
        np.testing.assert_allclose(array, other, rtol=1e-5, atol=1e-5 * np.abs(other).max())


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("name", [name for name, (_, layers) in CASES.items() if "Conv" in layers])
def test_layers_dealt_out_to_threads_agree_with_numpy(name, threads, monkeypatch):
    monkeypatch.setattr(arena, "WORTH_SPLITTING", 0)
    monkeypatch.setattr(strategy.Strategy, "splits_layers", lambda self, rows: True)
    shape, layers = CASES[name]
    loss, *arrays = step(shape, layers, threads, True, dealt=True)
    expected, *wanted = step(shape, layers, 1, False)
    assert loss == pytest.approx(expected, rel=1e-5)
    for array, other in zip(arrays, wanted, strict=True):
        np.testing.assert_allclose(array, other, rtol=1e-5, atol=1e-5 * np.abs(other).max())
    again = step(shape, layers, threads, True, dealt=True)
    assert again[0] == loss
    for array, other in zip(again[1:], arrays, strict=True):
        np.testing.assert_array_equal(array, other)


def test_calls_for_several_threads_are_none_for_one(monkeypatch):
    """A last batch may be of half the rows, dealt out to threads layer by layer, where the others are cut in two."""
    monkeypatch.setattr(arena, "WORTH_SPLITTING", 0)
    monkeypatch.setattr(strategy, "WORTH_A_THREAD", 0)
    monkeypatch.setattr(strategy.Strategy, "splits_layers", lambda self, rows: rows <= 6)
    checked = config.loads(f"{{dataset: iris, layers: {CASES['residual'][1]}, loss: mse}}")
    program = Program(Graph.build(checked.nodes, {"input": IMAGES}, checked.outputs), seed=1)
    [head] = program.heads
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, *IMAGES)).astype(np.float32)
    y = rng.normal(size=(12, *program.graph.shapes[head.name])).astype(np.float32)
    found = []
    for small_first in (False, True):
        with Executor(program, {head.name: losses.build("mse")}, threads=2) as executor:
            executor.kernels = kernels.Kernels()
            if small_first:
                executor.train_step(Batch({"input": x[:6]}, {head.name: y[:6]}), 0)
            executor.train_step(Batch({"input": x}, {head.name: y}), 1)
            found.append(executor.gradients.copy())
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("name", CASES)
def test_two_runs_give_the_same_bytes(name):
    shape, layers = CASES[name]
    once, again = step(shape, layers, 2, True), step(shape, layers, 2, True)
    assert once[0] == again[0]
    for array, other in zip(once[1:], again[1:], strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize("name", ["pooling", "conv2d same", "dense", "lstm", "gru"])
def test_nan_comes_out_where_it_went_in(name):
    """Else the run would go on with numbers that mean nothing."""
    shape, layers = CASES[name]
    checked = config.loads(f"{{dataset: iris, layers: {layers}, loss: mse}}")
    program = Program(Graph.build(checked.nodes, {"input": shape}, checked.outputs))
    x = np.ones((4, *shape), np.float32)
    x[1] = np.nan
    executor = Executor(program, {})
    executor.kernels = kernels.Kernels()
    [y] = executor.predict(Batch({"input": x}, {})).outputs.values()
    assert np.isnan(y[1]).all() and np.isfinite(y[[0, 2, 3]]).all()


def test_tanh_and_sigmoid_are_right_to_float32():
    gates = kernels.Kernels().recurrent_cells
    x = np.concatenate([np.linspace(-30, 30, 4001), np.geomspace(1e-30, 1, 500)]).astype(np.float32)
    found = np.array([gates.tanh(v) for v in x])
    np.testing.assert_allclose(found, np.tanh(x.astype(np.float64)), rtol=4e-7)
    assert np.abs(found).max() <= 1
    found = np.array([gates.sigmoid(v) for v in x])
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-x.astype(np.float64))), rtol=4e-7, atol=2e-7)
