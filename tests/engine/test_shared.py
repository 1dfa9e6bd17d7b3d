"""Shared weights: a layer used twice has the sum of what two layers of the same weights would have."""

import numpy as np
import pytest

from nnctl import config
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program

# id: (the layer that is used twice, what its first use takes, what its second use takes)
TOWERS = {
    "Dense": ("Dense: {units: 3, activation: tanh", "left", "right"),
    "LSTM, the second from the first one's states": (
        "LSTM: {units: 3, return_state: true", "left", "[right, tower.h, tower.c]"
    ),
    "Bidirectional": ("Bidirectional: {layer: {GRU: {units: 3}}", "left", "right"),
    "TimeDistributed": ("TimeDistributed: {layer: {Dense: {units: 3}}", "left", "right"),
    "attention of several inputs": (
        "MultiHeadAttention: {num_heads: 2, key_dim: 3", "[left, right]", "[right, left, tower]"
    ),
    "on its own output": ("Dense: {units: 4, activation: tanh", "left", "tower"),
}  # fmt: skip


def gradients(first, second, weights=None):
    """Weights and their gradients by name; `first` and `second` are the two uses, as a config writes them."""
    text = f"""
dataset: {{path: data.npz}}
inputs: {{left: {{shape: [5, 4]}}, right: {{shape: [5, 4]}}}}
layers:
  - {first}
  - {second}
  - Flatten: {{from: tower}}
  - Flatten: {{from: tower_1}}
  - Flatten: {{from: right}}
  - Concatenate: {{from: [flatten, flatten_1, flatten_2]}}
  - Dense: {{units: 2, name: head}}
loss: mse
"""
    checked = config.loads(text)
    program = Program(
        Graph.build(checked.nodes, {"left": (5, 4), "right": (5, 4)}, checked.outputs), seed=3, dtype=np.float64
    )
    for name, w in (weights or {}).items():
        for key in {name, name.replace("tower/", "tower_1/")}:
            program.view(key)[...] = w
    rng = np.random.default_rng(5)
    inputs = {name: rng.normal(size=(4, 5, 4)) for name in ("left", "right")}
    batch = Batch(inputs, {"head": rng.normal(size=(4, 2))})
    with Executor(program, checked.losses, threads=2, shard_rows=3) as executor:
        executor.train_step(batch, 0)
        found = {name: program.view(name, executor.gradients).copy() for name in program.spans}
    return {name: program.view(name).copy() for name in program.spans}, found


@pytest.mark.parametrize("name", TOWERS)
def test_the_gradients_of_a_shared_layer_are_sums(name):
    tower, takes, then_takes = TOWERS[name]
    first = f"{tower}, name: tower, from: {takes}}}"
    weights, shared = gradients(first, f"shared: {{layer: tower, from: {then_takes}}}")
    _, apart = gradients(first, f"{tower}, name: tower_1, from: {then_takes}}}", weights)
    assert any(key.startswith("tower/") for key in shared) and not any(key.startswith("tower_1/") for key in shared)
    for key, gradient in shared.items():
        twin = apart[key.replace("tower/", "tower_1/")] if key.startswith("tower/") else 0
        np.testing.assert_allclose(gradient, apart[key] + twin, rtol=1e-10, atol=1e-12)
