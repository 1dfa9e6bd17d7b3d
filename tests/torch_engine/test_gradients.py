"""The gradients of a step: one flat tensor in small models, a tensor of each variable in large ones."""

import math

import pytest

pytest.importorskip("torch")

import numpy as np
import torch
from safetensors.numpy import load_file
from torch_engine.engines import torch_executor

from nnctl import config
from nnctl.engine.batch import Batch
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.errors import TrainingError
from nnctl.torch_engine import gradients
from nnctl.torch_engine.executor import TorchExecutor
from nnctl.torch_engine.gradients import Gradients
from nnctl.training import runner

LAYERS = "layers: [{Dense: {units: 5, activation: tanh}}, {Dense: {units: 3, activation: softmax}}]"


def a_program():
    spec = config.loads(f"dataset: iris\n{LAYERS}\nloss: scce\noptimizer: adam\n")
    return spec, Program(Graph.build(spec.nodes, {"input": (4,)}, spec.outputs), seed=3, fuse=("loss",))


def of(program, flat, monkeypatch):
    monkeypatch.setattr(gradients, "FLAT", 1 << 18 if flat else 0)
    found = Gradients(program, {name: torch.zeros(program.shapes[name]) for name in program.spans})
    assert (found.flat is not None) == flat
    return found


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_an_entry_that_is_not_finite(number, flat, monkeypatch):
    _, program = a_program()
    found = of(program, flat, monkeypatch)
    taken = [torch.ones(program.shapes[name]) for name in program.spans]
    found.take(taken)
    assert found.are_finite()
    taken[2].view(-1)[-1] = number
    found.take(taken)
    assert not found.are_finite()


@pytest.mark.parametrize("flat", [True, False])
def test_sums_that_overflow_are_no_fault(flat, monkeypatch):
    _, program = a_program()
    found = of(program, flat, monkeypatch)
    found.take([torch.full(program.shapes[name], 3e38) for name in program.spans])
    assert found.are_finite()


@pytest.mark.parametrize("flat", [True, False])
def test_a_variable_without_a_gradient_has_zeros(flat, monkeypatch):
    _, program = a_program()
    found = of(program, flat, monkeypatch)
    for _ in range(2):
        taken = [torch.ones(program.shapes[name]) for name in program.spans]
        found.take([None, *taken[1:]])
        assert [g.unique().tolist() for g in found.by_variable] == [[0], [1], [1], [1]]
        assert [g.shape for g in found.by_variable] == [t.shape for t in taken]


@pytest.mark.parametrize("flat", [True, False])
def test_only_a_thorough_check_looks_at_them(flat, monkeypatch):
    _, program = a_program()
    found = of(program, flat, monkeypatch)
    for place in range(4):
        taken = [torch.ones(program.shapes[name]) for name in program.spans]
        taken[place].view(-1)[0] = math.nan
        found.take(taken)
        assert not found.are_finite()
        assert found.are_finite(thorough=False)


# the first step, one within an epoch, one at its start, and the last step of the run
@pytest.mark.parametrize("bad", [0, 5, 10, 39])
@pytest.mark.parametrize(("value", "optimizer"), [
    (math.nan, "sgd"), (math.inf, "adam"), (math.inf, "{sgd: {clipvalue: 0.5}}"), (math.inf, "lion"),
])  # fmt: skip
def test_a_run_goes_back_before_a_gradient_that_is_not_finite(value, optimizer, bad, tmp_path, monkeypatch):
    train_step = TorchExecutor.train_step

    def poisoned(self, batch, step):
        result = train_step(self, batch, step)
        if step == bad and self.gradients.by_variable:
            self.gradients.by_variable[0].view(-1)[3] = value
        return result

    monkeypatch.setattr(TorchExecutor, "train_step", poisoned)
    spec = config.loads(f"dataset: iris\n{LAYERS}\nloss: scce\noptimizer: {optimizer}\nepochs: 4\nbatch_size: 9\n"
                        "engine: {backend: torch}\n")  # fmt: skip
    at = f"epoch {bad // 10 + 1}, iteration {bad % 10 + 1}"
    with pytest.raises(TrainingError, match=at):
        runner.train(spec, folder=tmp_path / "run")
    [saved] = (tmp_path / "run" / "checkpoints").glob("last*")
    assert saved.name == f"last-{bad:010}"
    assert all(np.isfinite(a).all() for a in load_file(saved / "arrays.safetensors").values())


def trained(optimizer, flat, monkeypatch):
    monkeypatch.setattr(gradients, "FLAT", 1 << 18 if flat else 0)
    _, program = a_program()
    spec = config.loads(f"dataset: iris\n{LAYERS}\nloss: scce\noptimizer: {optimizer}\n")
    rng = np.random.default_rng(0)
    with torch_executor(program, spec.losses) as executor:
        assert (executor.gradients.flat is not None) == flat
        step = executor.optimizer_step(spec.optimizer)
        for i in range(5):
            x = rng.normal(size=(12, 4)).astype(np.float32)
            y = rng.integers(0, 3, 12).astype(np.int32)
            executor.train_step(Batch({"input": x}, {spec.outputs[0]: y}), i)
            assert executor.gradients_are_finite()
            step.step(executor.gradients, i)
    return program.parameters.copy()


@pytest.mark.parametrize("optimizer", [
    "adam", "{adam: {amsgrad: true, clipnorm: 0.1}}", "{momentum: {clipvalue: 0.01}}", "lamb",
    "{rmsprop: {global_clipnorm: 0.1, weight_decay: 0.1}}",
])  # fmt: skip
def test_both_give_the_same_weights(optimizer, monkeypatch):
    flat, by_variable = (trained(optimizer, flat, monkeypatch) for flat in (True, False))
    np.testing.assert_allclose(flat, by_variable, rtol=1e-5, atol=1e-7)
