"""Compiled optimizers: NumPy's numbers, on any number of threads, and only where they are worth it."""

import sys

import numpy as np
import pytest

from nnctl import config as spec
from nnctl import kernels
from nnctl.engine.executor import Executor
from nnctl.engine.fusions.names import FUSIONS
from nnctl.engine.graph import Graph, Node
from nnctl.engine.optimizer_step import OptimizerStep, split_among_threads
from nnctl.engine.program import Program
from nnctl.kernels.ops.fused_optimizer import compiled
from nnctl.kernels.selection import SECONDS_A_WEIGHT, WORTH, Work, choose
from nnctl.nn.layers import layers
from nnctl.nn.optimizers import optimizers
from nnctl.training import runner

numba = pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
ALL = [
    *(name for name, cls in optimizers.items() if not cls.per_variable),
    {"sgd": {"momentum": 0.5, "clipnorm": 0.5}},
    {"rmsprop": {"momentum": 0.5, "centered": True, "epsilon": 1e-3, "clipvalue": 0.3}},
    {"adam": {"amsgrad": True, "global_clipnorm": 1.0, "weight_decay": 0.1}},
]
SIZE = 150_000


@pytest.fixture(autouse=True)
def the_choice_is_free(monkeypatch):
    """Whatever kernels this shell forces."""
    monkeypatch.delenv(kernels.SWITCH, raising=False)


def chosen_for(config, seconds=WORTH):
    """The kernels of a run that NumPy would need so many seconds for."""
    return choose(optimizers.build(config), Work(1, int(seconds / SECONDS_A_WEIGHT) + 1, 0, 0), "float32", FUSIONS)


def trained(config, dtype="float32", steps=5, **how):
    rng = np.random.default_rng(0)
    w = rng.normal(size=SIZE).astype(dtype)
    optimizer = optimizers.build(config)
    updater = OptimizerStep(optimizer, w, {"a": slice(0, 70_000), "b": slice(70_000, SIZE)}, **how)
    for step in range(steps):
        updater.step(rng.normal(size=SIZE).astype(dtype), step)
    return w, updater.slots


# float64's rules are compiled from the same lines: a few by default, all in the slow run
FEW = ("sgd", "adam", "ftrl")
EACH = [pytest.param(config, dtype, marks=pytest.mark.slow if dtype == "float64" and config not in FEW else ())
        for config in ALL for dtype in ("float32", "float64")]  # fmt: skip


@numba
@pytest.mark.parametrize(("config", "dtype"), EACH, ids=str)
def test_it_gives_numpys_numbers(config, dtype):
    w, slots = trained(config, dtype)
    chosen = chosen_for(config)
    assert chosen.compiled_rule and chosen.name == "numba"
    ours, our_slots = trained(config, dtype, compiled_rule=chosen.compiled_rule)
    close = {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-14}
    np.testing.assert_allclose(ours, w, **close)
    for name, slot in slots.items():
        np.testing.assert_allclose(our_slots[name], slot, **close)


@numba
@pytest.mark.parametrize("config", ["adam", "ftrl"])
def test_threads_change_no_bit(config):
    compiled_rule = chosen_for(config).compiled_rule
    one, _ = trained(config, compiled_rule=compiled_rule)
    graph = Graph.build([Node("d", layers.build({"Dense": {"units": 1}}), ("x",))], {"x": (1,)}, ["d"])
    with Executor(Program(graph), {}, threads=3) as executor:
        three, _ = trained(config, compiled_rule=compiled_rule, threads=3, side_by_side=executor.side_by_side)
    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_every_entry_is_dealt_out_once(threads):
    whole = [slice(5, 100_000), slice(200_000, 200_001), slice(300_000, 700_000)]
    parts = split_among_threads(whole, threads)
    assert len(parts) <= threads
    covered = np.concatenate([np.arange(part.start, part.stop) for thread in parts for part in thread])
    np.testing.assert_array_equal(covered, np.concatenate([np.arange(p.start, p.stop) for p in whole]))


@numba
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_rule_of_variables_stays_with_numpy(dtype, monkeypatch):
    """The layers' kernels are used all the same, where there are some: in float32."""
    monkeypatch.setenv(kernels.SWITCH, "numba")
    chosen = choose(optimizers.build("lars"), Work(1, 1, 0, 0), dtype, FUSIONS)
    assert chosen.compiled_rule is None and bool(chosen.layers) == bool(chosen.note) == (dtype == "float32")


def test_short_runs_leave_numba_alone():
    assert chosen_for("adam", WORTH / 10) == chosen_for("adam", 0)


def test_the_environment_has_the_last_word(monkeypatch):
    monkeypatch.setenv(kernels.SWITCH, "numpy")
    assert chosen_for("adam").compiled_rule is None
    if kernels.installed():
        monkeypatch.setenv(kernels.SWITCH, "numba")
        assert chosen_for("adam", 0).compiled_rule is not None


def test_a_numba_that_fails_is_told_once_and_numpy_goes_on(monkeypatch, tmp_path):
    monkeypatch.setenv(kernels.SWITCH, "numba")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(kernels, "installed", lambda: True)
    for name in [name for name in sys.modules if name.startswith("nnctl_rule")]:
        monkeypatch.delitem(sys.modules, name)
    chosen = chosen_for("adam")
    assert chosen.compiled_rule is None and "NumPy computes instead" in chosen.note


@numba
def test_a_kernel_cache_that_is_not_used_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(kernels.SWITCH, "numba")
    folder = tmp_path / "nnctl" / "kernels"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    chosen = chosen_for("adam")
    assert chosen.compiled_rule is not None and f"the kernel cache {folder} is not used" in chosen.cache_note
    folder.chmod(0o700)
    assert chosen_for("adam").cache_note == ""


def test_without_numba_a_long_run_says_what_to_install(monkeypatch):
    monkeypatch.setattr(kernels, "installed", lambda: False)
    assert "nnctl[fast]" in chosen_for("adam").note


@pytest.mark.parametrize("optimizer", ["adam", "lars"])
@pytest.mark.parametrize("switch", ["numpy", pytest.param("numba", marks=numba)])
def test_a_run_that_is_stopped_and_resumed_is_the_same(monkeypatch, tmp_path, switch, optimizer):
    monkeypatch.setenv(kernels.SWITCH, switch)
    rate = "{CosineDecay: {initial_learning_rate: 0.1, decay_steps: 50}}"
    optimizer = f"{{{optimizer}: {{global_clipnorm: 1, weight_decay: 0.01, learning_rate: {rate}}}}}"
    text = "dataset: iris\nlayers: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 3, activation: softmax}}]"
    text += f"\nloss: scce\noptimizer: {optimizer}\nepochs: "
    runner.train(spec.loads(text + "6"), folder=tmp_path / "whole")
    runner.train(spec.loads(text + "3"), folder=tmp_path / "half")
    runner.resume(tmp_path / "half", overrides=["epochs=6"])
    whole, half = ((tmp_path / name / "model.safetensors").read_bytes()[-60:] for name in ("whole", "half"))
    assert whole == half


@numba
def test_moments_of_what_is_never_trained_become_nothing():
    """Rounding would hold the smallest numbers there are where they are, and they are slow; outside they stay."""
    choice = choose(optimizers.build("adam"), Work(1, 10**9, 0, 0), "float32", FUSIONS)
    w, g, m, v = (np.full(100, value, np.float32) for value in (1, 0, 1e-39, 1e-39))
    scalars = optimizers.build("adam").scalars(0.1, 5, {})
    choice.compiled_rule(w, g, m, v, 0.0, *map(float, scalars))
    assert not m.any() and not v.any() and (w == 1).all()
    assert np.float32(1e-39) * np.float32(1) > 0


class Annotated:
    @staticmethod
    def rule(w: np.ndarray, g: np.ndarray, i: np.ndarray, decay: float, one: float) -> tuple[np.ndarray, ...]:
        return w - decay * one * g, i + one


@numba
def test_a_rule_may_be_annotated_and_name_its_arguments_freely():
    w, g, slot = np.ones(5, np.float32), np.full(5, 2, np.float32), np.zeros(5, np.float32)
    compiled(Annotated.rule, 1, 2)(w, g, slot, 0.0, 0.25, 1.0)
    assert w.tolist() == [0.5] * 5 and slot.tolist() == [1] * 5
