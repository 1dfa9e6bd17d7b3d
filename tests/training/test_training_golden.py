"""Whole models follow Keras' loss curve over 50 steps."""

import numpy as np
import pytest
from golden import read

from nnctl import config, kernels
from nnctl.engine import strategy
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.engine.program import Program

GOLDEN = read("training")


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("work", ["float64", "float32", "compiled"])
@pytest.mark.parametrize("case", GOLDEN.cases)
def test_loss_curve_follows_keras(case, work, threads, monkeypatch):
    if work == "compiled" and not kernels.installed():
        pytest.skip("Numba is not installed")
    monkeypatch.setattr(strategy, "WORTH_A_THREAD", 0)  # small as these models are
    monkeypatch.setattr(strategy, "CHAIN_WORTH_A_THREAD", 0)
    monkeypatch.setattr(strategy, "NUMPY_SHARDS", 0)
    dtype = "float32" if work == "compiled" else work
    checked = config.loads("dataset: iris\n" + "\n".join(line[8:] for line in GOLDEN.cases[case].splitlines()))
    x, y = GOLDEN[f"{case}/x"].astype(dtype), GOLDEN[f"{case}/y"]
    graph = Graph.build(checked.nodes, {"input": x.shape[2:]}, checked.outputs)
    program = Program(graph, dtype=dtype)
    numbered = {str(i): node.name for i, node in enumerate(graph.nodes)}
    for key, value in GOLDEN.under(f"{case}/before").items():
        i, name = key.split("/")
        program.view(f"{numbered[i]}/{name}")[...] = value
    executor = Executor(program, checked.losses, threads=threads)
    executor.kernels = kernels.Kernels() if work == "compiled" else None
    updater = OptimizerStep(checked.optimizer, program.parameters, program.spans)
    losses = []
    for step in range(len(x)):
        losses.append(executor.train_step(Batch({"input": x[step]}, {checked.outputs[0]: y[step]}), step).loss)
        updater.step(executor.gradients, step)
    executor.close()

    np.testing.assert_allclose(losses, GOLDEN[f"{case}/losses"], rtol=1e-4 if dtype == "float32" else 1e-5)
    for key, value in GOLDEN.under(f"{case}/after").items():
        i, name = key.split("/")
        found = program.view(f"{numbered[i]}/{name}")
        np.testing.assert_allclose(found, value, rtol=1e-3, atol=1e-3 if dtype == "float32" else 1e-5)
