"""The updater: blocks, spans, clipping and state."""

import json
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl.engine.optimizer_step import BLOCK, OptimizerStep, pieces
from nnctl.errors import RunError
from nnctl.nn.optimizers import Optimizer, optimizers
from nnctl.nn.optimizers.base import norm

ALL = [
    *optimizers,
    {"sgd": {"momentum": 0.5, "clipnorm": 0.5}},
    {"rmsprop": {"momentum": 0.5, "centered": True, "epsilon": 1e-3, "clipvalue": 0.3}},
    {"adam": {"amsgrad": True, "global_clipnorm": 1.0, "weight_decay": 0.1}},
]


def gradients(size, steps=4, dtype="float32", seed=0):
    return list(np.random.default_rng(seed).normal(size=(steps, size)).astype(dtype))


def run(updater, grads, first=0):
    for step, g in enumerate(grads, first):
        updater.step(g.copy(), step)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("config", [name for name, cls in optimizers.items() if not cls.per_variable])
def test_blocks_give_the_bits_of_the_rule_on_the_whole_array(config, dtype):
    optimizer = optimizers.build(config)
    size = 1000
    w = gradients(size, 1, dtype, seed=1)[0]
    blocked = w.copy()
    updater = OptimizerStep(optimizer, blocked, {"a": slice(0, 300), "b": slice(300, size)}, block=64)
    slots = [np.full_like(w, start) for start in optimizer.slots().values()]
    memory = optimizer.memory()
    decay = (optimizer.weight_decay or 0.0) * optimizer.rate(0)
    for step, g in enumerate(gradients(size, dtype=dtype)):
        updater.step(g.copy(), step)
        scalars = optimizer.scalars(optimizer.rate(step), step, memory)
        w, *slots = optimizer.formula()(w - w * decay, g, *slots, *scalars)
    assert np.array_equal(blocked, w)
    for ours, whole in zip(updater.slots.values(), slots, strict=True):
        assert np.array_equal(ours, whole)


class ByVariable(Optimizer):
    """w <- w - lr ||w|| g; asks for all that a rule may ask for."""

    per_variable = True
    learning_rate: Any = 0.5
    kind = "by_variable"
    seen: ClassVar[list] = []

    @staticmethod
    def rule(w, g, lr, *, name):
        ByVariable.seen.append((name, w.shape, g.shape))
        return (w - lr * norm(w) * g,)


@pytest.mark.parametrize("clip", [{}, {"clipnorm": 0.5}, {"global_clipnorm": 0.5}, {"clipvalue": 0.3}])
def test_a_rule_may_ask_for_its_variable(clip):
    """Its name, its shape, its norm; what no variable covers stays, and clipping and decay come first."""
    ByVariable.seen.clear()
    [g] = gradients(20, 1, "float64")
    weights = np.arange(20.0)
    spans, shapes = {"a/kernel": slice(0, 6), "b/bias": slice(8, 20)}, {"a/kernel": (2, 3), "b/bias": (12,)}
    OptimizerStep(ByVariable(weight_decay=0.1, **clip), weights, spans, block=4, shapes=shapes).step(g.copy(), 0)
    assert ByVariable.seen == [("a/kernel", (2, 3), (2, 3)), ("b/bias", (12,), (12,))]
    length = np.linalg.norm(np.delete(g, [6, 7]))
    for span in spans.values():
        w, own = 0.95 * np.arange(20.0)[span], g[span]
        if "clipnorm" in clip:
            own = own * 0.5 / np.linalg.norm(own)
        elif "global_clipnorm" in clip:
            own = own * 0.5 / length
        elif clip:
            own = own.clip(-0.3, 0.3)
        np.testing.assert_allclose(weights[span], w - 0.5 * np.linalg.norm(w) * own, rtol=1e-12)
    assert weights[6:8].tolist() == [6, 7]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_norm_is_exact_where_squares_overflow(dtype):
    assert norm(np.array([[3.0], [-4.0]], dtype)) == 5
    with np.errstate(over="ignore"):
        assert norm(np.array([3e25], dtype), np.array([[4e25]], dtype)) == pytest.approx(5e25, rel=1e-6)
    assert np.isnan(norm(np.array([np.nan, 1], dtype)))


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=8),
    frozen=st.sets(st.integers(0, 7)),
    block=st.integers(1, 70),
)
@settings(max_examples=60, deadline=None)
def test_pieces_cover_the_spans_once_and_nothing_else(lengths, frozen, block):
    ends = np.cumsum(lengths).tolist()
    spans = [slice(b - n, b) for i, (n, b) in enumerate(zip(lengths, ends, strict=True)) if i not in frozen]
    touched = np.zeros(ends[-1], int)
    for piece in pieces(spans[::-1], block):
        assert 0 < piece.stop - piece.start <= block
        touched[piece] += 1
    wanted = np.zeros(ends[-1], int)
    for span in spans:
        wanted[span] += 1
    assert np.array_equal(touched, wanted)


def test_a_small_model_is_one_block():
    assert pieces([slice(0, 100), slice(100, BLOCK)], BLOCK) == [slice(0, BLOCK)]


@pytest.mark.parametrize("config", ALL, ids=str)
def test_what_no_span_covers_is_not_touched(config):
    """A frozen variable between two others: neither updated, decayed nor counted in a norm."""
    g = gradients(30)
    for step in g:
        step[10:20] = 1e6
    whole, parts = np.ones(30, "float32"), np.ones(20, "float32")
    run(OptimizerStep(optimizers.build(config), whole, {"a": slice(0, 10), "c": slice(20, 30)}), g)
    run(
        OptimizerStep(optimizers.build(config), parts, {"a": slice(0, 10), "c": slice(10, 20)}),
        [np.delete(step, slice(10, 20)) for step in g],
    )
    assert np.array_equal(whole[10:20], np.ones(10, "float32"))
    np.testing.assert_allclose(np.delete(whole, slice(10, 20)), parts, rtol=1e-6)


@pytest.mark.parametrize("config", ALL, ids=str)
def test_goes_on_from_a_saved_state_to_the_same_bits(config):
    g = gradients(50, steps=6)
    spans, shapes = {"a": slice(0, 20), "b": slice(20, 50)}, {"a": (4, 5), "b": (30,)}
    whole = np.ones(50, "float32")
    updater = OptimizerStep(optimizers.build(config), whole, spans, shapes=shapes)
    updater.rate_scale = 0.1
    run(updater, g[:3])
    weights, state = whole.copy(), updater.state()
    plain = json.loads(json.dumps({"memory": state["memory"], "rate_scale": state["rate_scale"]}))
    run(updater, g[3:], 3)

    resumed = OptimizerStep(optimizers.build(config), weights, spans, shapes=shapes)
    resumed.load_state({"slots": state["slots"], **plain})
    run(resumed, g[3:], 3)
    assert weights.tobytes() == whole.tobytes()
    for name, slot in updater.slots.items():
        assert slot.tobytes() == resumed.slots[name].tobytes()
    assert resumed.state()["memory"] == updater.state()["memory"]


@pytest.mark.parametrize(
    ("theirs", "size", "dtype", "said"),
    [
        ("sgd", 4, "float32", "it holds no arrays"),
        ("adam", 5, "float32", "momentum (5,) float32"),
        ("adam", 4, "float64", "momentum (4,) float64"),
        ("nadam", 4, "float32", "does not fit adam"),
    ],
)
def test_refuses_the_state_of_another_run(theirs, size, dtype, said):
    state = OptimizerStep(optimizers.build(theirs), np.ones(size, dtype), {"w": slice(0, size)}).state()
    updater = OptimizerStep(optimizers.build("adam"), np.ones(4, "float32"), {"w": slice(0, 4)})
    with pytest.raises(RunError) as error:
        updater.load_state(state)
    assert said in str(error.value) and "hint" in str(error.value)


def test_rate_scale_lowers_a_schedule():
    schedule = {"PiecewiseConstant": {"boundaries": [0], "values": [1.0, 0.5]}}
    weights = np.zeros(1)
    updater = OptimizerStep(optimizers.build({"sgd": {"learning_rate": schedule}}), weights, {"w": slice(0, 1)})
    updater.rate_scale = 0.5
    assert [updater.rate(0), updater.rate(1)] == [0.5, 0.25]
    run(updater, [np.ones(1), np.ones(1)])
    assert weights[0] == -0.75


def updated(arguments, g, spans):
    """-w after one step of SGD with rate 1 from 0: the gradients as they were clipped."""
    weights = np.zeros_like(g)
    OptimizerStep(optimizers.build({"sgd": {"learning_rate": 1.0, **arguments}}), weights, spans).step(g.copy(), 0)
    return -weights


def test_kinds_of_clipping():
    g = np.array([3.0, 4.0, 0.3, 0.4])
    spans = {"long": slice(0, 2), "short": slice(2, 4)}
    np.testing.assert_allclose(updated({"clipnorm": 1.0}, g, spans), [0.6, 0.8, 0.3, 0.4])
    shorter = updated({"global_clipnorm": 1.0}, g, spans)
    np.testing.assert_allclose(shorter, g / np.linalg.norm(g))
    np.testing.assert_allclose(updated({"clipvalue": 0.35}, g, spans), [0.35, 0.35, 0.3, 0.35])


def test_clipping_survives_squares_that_overflow():
    g = np.array([3e25, -4e25], "float32")
    for kind in ("clipnorm", "global_clipnorm"):
        np.testing.assert_allclose(updated({kind: 1.0}, g, {"w": slice(0, 2)}), [0.6, -0.8], rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [("clipnorm", np.nan), ("global_clipnorm", np.nan), ("clipvalue", np.nan), ("clipnorm", np.inf)],
)
def test_clipping_does_not_hide_what_is_broken(kind, bad):
    g = np.array([bad, 5.0], "float32")
    assert np.isnan(updated({kind: 1.0}, g, {"w": slice(0, 2)})).any()
