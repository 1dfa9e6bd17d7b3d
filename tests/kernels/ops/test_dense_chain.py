"""A chain of Dense layers in one compiled call gives what the usual way gives, on any number of threads."""

import numpy as np
import pytest

from nnctl import config, kernels
from nnctl.engine import strategy
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.engine.program import Program
from nnctl.kernels.ops.fused_optimizer import compiled as compiled_rule
from nnctl.nn.losses import losses
from nnctl.nn.optimizers import optimizers

pytestmark = pytest.mark.skipif(
    not kernels.installed() or kernels.Kernels().dense_chain is None,
    reason="Numba, or the OpenBLAS of NumPy's wheels, is not here",
)

HIDDEN = (
    "{Dense: {units: 9, activation: relu}}, {Dense: {units: 8, activation: tanh, use_bias: false}}, {Dense: {units: 5,"
)
HIDDEN += " activation: sigmoid, kernel_regularizer: {l2: {l2: 0.1}}}}"
WIDE = "{Dense: {units: 150, activation: relu}}, {Dense: {units: 133, activation: relu}}"
DROPPED = (
    "{Dropout: {rate: 0.2}}, {Dense: {units: 150, activation: relu}}, {Dropout: {rate: 0.3}}, {Dense: {units: 133}},"
)
DROPPED += " {Dropout: {rate: 0.5}}, {Dense: {units: 19, activation: tanh}}, {Dropout: {rate: 0.25}}"
CASES = {
    "wide": (f"[{WIDE}, {{Dense: {{units: 3, activation: softmax}}}}]", "scce"),
    "scce": (f"[{HIDDEN}, {{Dense: {{units: 3, activation: softmax}}}}]", "scce"),
    "cce": (f"[{HIDDEN}, {{Dense: {{units: 3, activation: softmax}}}}]", "cce"),
    "bce": (f"[{HIDDEN}, {{Dense: {{units: 3, activation: sigmoid}}}}]", "bce"),
    "mse": (f"[{HIDDEN}, {{Dense: {{units: 3}}}}]", "mse"),
    "dropout": (f"[{DROPPED}, {{Dense: {{units: 3, activation: softmax}}}}]", "scce"),
    "dropout, shallow": (
        "[Flatten, {Dropout: {rate: 0}}, {Dense: {units: 9}}, {Dropout: {rate: 0.5}}, {Dense: {units: 3}}]",
        "mse",
    ),
    "wide input": (f"[{WIDE}, {{Dense: {{units: 3, activation: softmax}}}}]", "scce"),
    "wide input, dropout": (f"[{DROPPED}, {{Dense: {{units: 3, activation: softmax}}}}]", "scce"),
    "one layer": ("[{Dense: {units: 3, activation: softmax, use_bias: false}}]", "scce"),
}


def inputs(name):
    return 300 if name.startswith("wide input") else 6


def made(name, threads, compiled):
    layers, loss = CASES[name]
    checked = config.loads(f"{{dataset: iris, layers: {layers}, loss: {loss}}}")
    program = Program(Graph.build(checked.nodes, {"input": (inputs(name),)}, checked.outputs), seed=1)
    [head] = program.heads
    executor = Executor(program, {head.name: losses.build(loss)}, {head.name: 0.5}, threads=threads)
    executor.kernels = kernels.Kernels() if compiled else None
    return executor, head


def batch(name, head, rows, weighted):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, inputs(name))).astype(np.float32)
    classes = rng.integers(0, 3, rows).astype(np.int32)  # as a dataset has them
    y = classes if CASES[name][1] == "scce" else np.eye(3, dtype=np.float32)[classes]
    weights = rng.uniform(0, 2, rows).astype(np.float32) if weighted else None
    return Batch({"input": x}, {head.name: y}, weights)


@pytest.mark.parametrize("rows", [1, 7, 40, 300])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", CASES)
def test_it_gives_what_the_usual_way_gives(name, threads, rows, monkeypatch):
    monkeypatch.setattr(strategy, "WORTH_A_THREAD", 0)
    monkeypatch.setattr(strategy, "CHAIN_WORTH_A_THREAD", 0)
    for weighted in (False, True):
        plain, head = made(name, 1, False)
        expected = plain.train_step(batch(name, head, rows, weighted), 5)
        chained, _ = made(name, threads, True)
        with chained:
            result = chained.train_step(batch(name, head, rows, weighted), 5)
            assert chained.strategy.chain is not None
            assert result.loss == pytest.approx(expected.loss, rel=1e-5)
            assert result.losses[head.name] == pytest.approx(expected.losses[head.name], rel=1e-5)
            np.testing.assert_allclose(result.outputs[head.name], expected.outputs[head.name], rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(chained.gradients, plain.gradients, rtol=1e-4, atol=1e-6)


def test_two_runs_give_the_same_bytes_and_smaller_batches_come_between():
    def run():
        executor, head = made("scce", 2, True)
        with executor:
            for rows in (40, 40, 7, 40):
                executor.train_step(batch("scce", head, rows, False), 0)
            return executor.gradients.copy()

    np.testing.assert_array_equal(run(), run())


def updater_of(executor):
    optimizer = optimizers.build("adam")
    rule = compiled_rule(optimizer.formula(), 2, len(optimizer.scalars(0.001, 0, optimizer.memory())))
    return OptimizerStep(optimizer, executor.program.parameters, executor.program.spans, compiled_rule=rule)


@pytest.mark.parametrize("rows", [40, 100])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", [name for name, (layers, _) in CASES.items() if "regularizer" not in layers])
def test_many_steps_in_one_call_give_what_as_many_calls_give(name, threads, rows, monkeypatch):
    """Threads go on from step to step, and need not meet where what comes next is their own; the last batch is
    short."""
    monkeypatch.setattr(strategy, "CHAIN_WORTH_A_THREAD", 0)
    order = np.random.default_rng(1).permutation(12 * rows + 7)

    def at_once():
        executor, head = made(name, threads, True)
        updater = updater_of(executor)
        with executor:
            steps = executor.train_steps(batch(name, head, order.size, False), order, rows, 0, 0, updater.ahead(0, 13),
                                         updater.rule_alone)  # fmt: skip
        assert steps.done == 13
        return steps.losses, executor.program.parameters.copy()

    def one_by_one():
        executor, head = made(name, threads, True)
        updater, whole, found = updater_of(executor), batch(name, head, order.size, False), []
        with executor:
            for step in range(13):
                chosen = order[step * rows : (step + 1) * rows]
                given = Batch({"input": whole.inputs["input"][chosen]}, {head.name: whole.targets[head.name][chosen]})
                found.append(executor.train_step(given, step).losses[head.name] * 0.5)
                updater.step(executor.gradients, step)
        return found, executor.program.parameters

    (losses_at_once, weights), (again, same) = at_once(), at_once()
    np.testing.assert_array_equal(weights, same)
    np.testing.assert_array_equal(losses_at_once, again)
    expected, wanted = one_by_one()
    np.testing.assert_allclose(losses_at_once, expected, rtol=1e-4)
    np.testing.assert_allclose(weights, wanted, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "layers, loss",
    [
        ("[{Dense: {units: 4, activation: gelu}}, {Dense: {units: 3, activation: softmax}}]", "scce"),
        (
            "[{Dense: {units: 4}}, {Dropout: {rate: 0.5}}, {Activation: {activation: tanh}},"
            " {Dense: {units: 3, activation: softmax}}]",
            "scce",
        ),
        ("[{Dense: {units: 3}}, {Dropout: {rate: 0.5}}, Softmax]", "scce"),
        ("[{Dropout: {rate: 0.5}}, {Dropout: {rate: 0.5}}, {Dense: {units: 3, activation: softmax}}]", "scce"),
        ("[{Dense: {units: 3, activation: softmax}}]", "{scce: {label_smoothing: 0.1}}"),
        ("[{Dense: {units: 3, activation: tanh}}]", "mse"),
        ("[{Dense: {units: 3}}]", "mae"),
        ("[{Dense: {units: 4, trainable: false}}, {Dense: {units: 3, activation: softmax}}]", "scce"),
    ],
)
def test_another_model_goes_the_usual_way(layers, loss):
    checked = config.loads(f"{{dataset: iris, layers: {layers}, loss: {loss}}}")
    program = Program(Graph.build(checked.nodes, {"input": (6,)}, checked.outputs))
    [head] = program.heads
    built = checked.losses[head.name] if hasattr(checked, "losses") else losses.build(loss)
    executor = Executor(program, {head.name: built})
    executor.kernels = kernels.Kernels()
    y = np.zeros(4, int) if "scce" in loss else np.zeros((4, 3), np.float32)
    executor.train_step(Batch({"input": np.ones((4, 6), np.float32)}, {head.name: y}), 0)
    assert executor.strategy.chain is None


def test_nan_in_the_data_is_nan_in_the_loss():
    executor, head = made("scce", 1, True)
    given = batch("scce", head, 7, False)
    given.inputs["input"][3, 2] = np.nan
    assert np.isnan(executor.train_step(given, 0).loss)
