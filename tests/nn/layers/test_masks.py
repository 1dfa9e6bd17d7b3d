"""Padding does not count: graphs with masks have Keras' outputs, losses, gradients and moving averages."""

import json

import numpy as np
import pytest
from golden import read

from nnctl import config
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.nn.losses import losses

GOLDEN = read("masks")
cases = pytest.mark.parametrize("case", GOLDEN.cases)
CLOSE = {"rtol": 1e-5, "atol": 1e-6}  # Keras' tanh stays in float32


def described(case):
    """The case's spec; layers without a name are called by their number."""
    model = GOLDEN.cases[case]
    layers = []
    for number, entry in enumerate(model["layers"]):
        [(kind, arguments)] = (entry if isinstance(entry, dict) else {entry: {}}).items()
        layers.append({kind: {"name": f"layer{number}"} | arguments})
    return spec_of(model["inputs"], layers, model["loss"])


def spec_of(inputs, layers, loss="mse"):
    shapes = {name: {"shape": given["shape"]} for name, given in inputs.items()}
    network = {"inputs": shapes, "layers": layers, "loss": loss}
    return config.loads(json.dumps({"dataset": "iris", "optimizer": "sgd", "epochs": 1} | network))


def prepare(case, *, dtype=np.float64, threads=1, shard_rows=None):
    """(program with the case's weights, executor, batch)."""
    model = described(case)
    xs = GOLDEN.under(f"{case}/x")
    graph = Graph.build(model.nodes, {name: x.shape[1:] for name, x in xs.items()}, model.outputs)
    program = Program(graph, dtype=dtype)
    for name, w in GOLDEN.under(f"{case}/w").items():
        program.view(name)[...] = w
    [output] = model.outputs
    weights = GOLDEN.arrays.get(f"{case}/weights")
    batch = Batch(
        {name: x if x.dtype.kind == "i" else x.astype(dtype) for name, x in xs.items()},
        {output: GOLDEN[f"{case}/target"]},
        None if weights is None else weights.astype(dtype),
    )
    return program, Executor(program, model.losses, threads=threads, shard_rows=shard_rows), batch, output


def agree(case, **how):
    program, executor, batch, output = prepare(case, **how)
    with executor:
        result = executor.train_step(batch, 0)
    np.testing.assert_allclose(result.outputs[output], GOLDEN[f"{case}/y"], **CLOSE)
    assert result.loss == pytest.approx(float(GOLDEN[f"{case}/loss"]), rel=1e-5)
    gradients = GOLDEN.under(f"{case}/dw")
    assert gradients.keys() == program.spans.keys()
    for name, gradient in gradients.items():
        np.testing.assert_allclose(program.view(name, executor.gradients), gradient, **CLOSE, err_msg=name)
    state = GOLDEN.under(f"{case}/state")
    assert state.keys() == program.state_spans.keys()
    for name, value in state.items():
        np.testing.assert_allclose(program.view(name), value, **CLOSE, err_msg=name)


@cases
def test_agrees_with_keras(case):
    agree(case)


@cases
def test_agrees_with_keras_in_shards(case):
    agree(case, threads=2, shard_rows=2)


# layers whose output has the mask of their input, or no padding in it at all
INDIFFERENT = {
    "lstm": [{"LSTM": {"units": 3, "return_sequences": True}}],
    "last_of_gru": [{"GRU": {"units": 3}}],
    "bidirectional": [{"Bidirectional": {"layer": {"GRU": {"units": 2, "return_sequences": True}}}}],
    "moments": ["BatchNormalization", {"Dense": {"units": 2, "activation": "relu"}}],
    "moments_of_images": [
        {"TimeDistributed": {"layer": {"Reshape": {"target_shape": [1, 3, 1]}}}}, "BatchNormalization",
    ],
    "each_step": [{"TimeDistributed": {"layer": {"Dense": {"units": 2}}}}, "LayerNormalization"],
    "mean": ["GlobalAveragePooling1D", {"Dense": {"units": 2}}],
    "attention": [{"MultiHeadAttention": {"num_heads": 2, "key_dim": 2}}, "LayerNormalization"],
    "places": [{"PositionEmbedding": {"sequence_length": 9}}, {"SimpleRNN": {"units": 2}}],
}  # fmt: skip


@pytest.mark.parametrize("name", INDIFFERENT)
def test_neither_what_padding_holds_nor_how_much_there_is_matters(name):
    """Sequences of at most 5 steps, filled up to 5 with 0 and to 9 with large numbers: the same loss and gradients."""
    rng = np.random.default_rng(3)
    lengths = np.array([5, 1, 3, 2, 5, 4])
    found = []
    for steps in (5, 9):
        x = np.random.default_rng(0).normal(size=(6, 5, 3))
        x = np.concatenate([x, np.zeros((6, steps - 5, 3))], axis=1)
        padding = np.arange(steps) >= lengths[:, None]
        x[padding] = 0 if steps == 5 else 100 * rng.normal(size=(padding.sum(), 3))
        nodes = spec_of({"x": {"shape": [None, 3]}}, INDIFFERENT[name]).nodes
        output = nodes[-1].name
        graph = Graph.build(nodes, {"x": (steps, 3)}, [output])
        program = Program(graph, dtype=np.float64, seed=1)
        executor = Executor(program, {output: losses.build("mse")})
        y = np.ones((6, *graph.shapes[output]))
        result = executor.train_step(Batch({"x": x}, {output: y}, lengths={"x": lengths}), 0)
        found.append((result.loss, executor.gradients.copy(), program.state.copy()))
    (loss, gradients, state), (other_loss, other_gradients, other_state) = found
    assert other_loss == pytest.approx(loss, rel=1e-9)
    np.testing.assert_allclose(other_gradients, gradients, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(other_state, state, rtol=1e-9)
