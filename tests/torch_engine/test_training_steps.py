"""Twenty steps of training on both engines, with every optimizer and every schedule."""

import pytest

pytest.importorskip("torch")

import numpy as np
from contract import check_rows
from torch_engine.engines import MEMORY, torch_executor

from nnctl import config
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.nn.optimizers import optimizers
from nnctl.nn.schedules import schedules

STEPS = 20
MODEL = """
dataset: iris
layers:
  - Reshape: {target_shape: [2, 2]}
  - GRU: {units: 7, kernel_regularizer: {l2: 0.01}}
  - BatchNormalization
  - Dropout: {rate: 0.3}
  - Dense: {units: 3, activation: softmax}
loss: scce
optimizer: OPTIMIZER
"""
OPTIMIZERS = {
    "sgd": "sgd",
    "momentum": "momentum",
    "nesterov": "{nesterov: {learning_rate: 0.02}}",
    "lion": "{lion: {weight_decay: 0.1}}",
    "adagrad": "adagrad",
    "ftrl": "{ftrl: {l1_regularization_strength: 0.05, l2_regularization_strength: 0.02, beta: 0.1}}",
    "adadelta": "{adadelta: {learning_rate: 1.0}}",
    "rmsprop": "{rmsprop: {momentum: 0.5, centered: true, clipvalue: 0.1}}",
    "adam": "adam",
    "adam_amsgrad": "{adam: {amsgrad: true, beta_2: 0.7, weight_decay: 0.1, global_clipnorm: 0.5}}",
    "adamw": "{adamw: {learning_rate: 0.02, clipnorm: 0.3}}",
    "adamax": "adamax",
    "nadam": "nadam",
    "radam": "{radam: {beta_2: 0.9}}",
    "lars": "lars",
    "lamb": "{lamb: {weight_decay: 0.01}}",
}
SCHEDULES = {
    "CosineDecay": "{initial_learning_rate: 0.0, decay_steps: 6, warmup_target: 0.02, warmup_steps: 3}",
    "CosineDecayRestarts": "{initial_learning_rate: 0.1, first_decay_steps: 4}",
    "ExponentialDecay": "{initial_learning_rate: 0.1, decay_steps: 5, decay_rate: 0.5, staircase: true}",
    "InverseTimeDecay": "{initial_learning_rate: 0.1, decay_steps: 5, decay_rate: 0.5}",
    "PiecewiseConstantDecay": "{boundaries: [3, 9], values: [0.1, 0.05, 0.01]}",
    "PolynomialDecay": "{initial_learning_rate: 0.1, decay_steps: 12}",
}


def trained(optimizer, engine, dtype, **how):
    """The weights, losses and slots after some steps."""
    spec = config.loads(MODEL.replace("OPTIMIZER", optimizer))
    fuse = {"fuse": ("loss",)} if engine is torch_executor else {}
    program = Program(Graph.build(spec.nodes, {"input": (4,)}, spec.outputs), seed=3, dtype=dtype, **fuse)
    rng = np.random.default_rng(0)
    with engine(program, spec.losses, **how) as executor:
        step = executor.optimizer_step(spec.optimizer)
        losses = []
        for i in range(STEPS):
            x = rng.normal(size=(12, 4)).astype(dtype)
            y = rng.integers(0, 3, 12).astype(np.int32)
            losses.append(executor.train_step(Batch({"input": x}, {spec.outputs[0]: y}), i).loss)
            step.step(executor.gradients, i)
        return program.parameters.copy(), program.state.copy(), losses, {k: v.copy() for k, v in step.slots.items()}


def check(optimizer, **how):
    for dtype, close in ((np.float64, 1e-10), (np.float32, 1e-4)):
        ours, theirs = trained(optimizer, torch_executor, dtype, **how), trained(optimizer, Executor, dtype)
        for found, wanted in zip(ours[:3], theirs[:3], strict=True):
            np.testing.assert_allclose(found, wanted, rtol=close, atol=close)
        for name, slot in theirs[3].items():
            np.testing.assert_allclose(ours[3][name], slot, rtol=10 * close, atol=close, err_msg=name)


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer(name, memory):
    check(OPTIMIZERS[name], shared=MEMORY[memory])


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule(name):
    check(f"{{sgd: {{learning_rate: {{{name}: {SCHEDULES[name]}}}}}}}")


def test_every_optimizer_and_schedule_has_a_row():
    check_rows(optimizers, OPTIMIZERS.keys() - {"adam_amsgrad"}, "OPTIMIZERS in this file")
    check_rows(schedules, SCHEDULES, "SCHEDULES in this file")
