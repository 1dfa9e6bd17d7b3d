"""Optimizers: Keras' numbers, or those of a formula, over 10 steps, and what every one of them promises."""

import math

import numpy as np
import pytest
from contract import check_rows, golden
from golden import read
from pydantic import ValidationError

from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.errors import InputError
from nnctl.nn.optimizers import optimizers

GOLDEN = read("optimizers")
STEPS = len(GOLDEN["gradients/bias"])


def flat(prefix, *index):
    """The kernel and the bias below a prefix, as one flat array."""
    return np.concatenate([GOLDEN[f"{prefix}/{name}"][index].ravel() for name in ("kernel", "bias")])


SPANS = {"kernel": slice(0, 12), "bias": slice(12, 16)}
SHAPES = {"kernel": (3, 4), "bias": (4,)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", GOLDEN.cases)
def test_agrees_with_keras(case, dtype):
    weights = flat("start").astype(dtype)
    updater = OptimizerStep(optimizers.build(GOLDEN.cases[case]), weights, SPANS, shapes=SHAPES)
    # In float64 what is left is that Keras takes the schedule's cosine in float32.
    tolerance = {"rtol": 1e-5, "atol": 2e-6} if dtype == "float32" else {"rtol": 1e-8, "atol": 1e-8}
    for step in range(STEPS):
        updater.step(flat("gradients", step).astype(dtype), step)
        np.testing.assert_allclose(weights, flat(case, step), **tolerance)
    assert weights.dtype == dtype
    assert {slot.dtype for slot in updater.slots.values()} <= {np.dtype(dtype)}


def test_every_optimizer_has_a_golden_case():
    covered = {optimizers.build(config).kind for config in GOLDEN.cases.values()}
    check_rows(optimizers, covered, golden("optimizers"))


# How far down a bowl each gets in 200 steps, at a rate that suits it: 0.05 unless it stands here.
RATES = {"sgd": 0.1, "momentum": 0.02, "nesterov": 0.02, "lion": 0.02, "adagrad": 0.5, "ftrl": 0.5, "adadelta": 50.0,
         "rmsprop": 0.02}  # fmt: skip


@pytest.mark.parametrize("name", list(optimizers))
def test_goes_down_a_bowl(name):
    """loss = sum(c w^2) / 2, four times steeper one way than another."""
    steep = np.array([1.0, 2.0, 4.0])
    weights = np.array([1.0, -1.0, 2.0])
    optimizer = optimizers.build({name: {"learning_rate": RATES.get(name, 0.05)}})
    updater = OptimizerStep(optimizer, weights, {"w": slice(0, 3)})
    start = steep @ weights**2
    for step in range(200):
        updater.step(steep * weights, step)
    assert steep @ weights**2 < 0.01 * start


@pytest.mark.parametrize("name", [name for name, cls in optimizers.items() if not cls.per_variable])
def test_a_rule_is_pure_and_takes_plain_numbers(name):
    """The same source runs on arrays and, compiled or not, on single numbers."""
    optimizer = optimizers.build(name)
    rule, scalars = optimizer.formula(), optimizer.scalars(0.01, 0, optimizer.memory())
    columns = np.random.default_rng(0).uniform(0.1, 1, (2 + len(optimizer.slots()), 5))
    before = columns.copy()
    together = rule(*columns, *scalars)
    assert np.array_equal(columns, before)
    for i, column in enumerate(columns.T):
        one_by_one = rule(*map(float, column), *scalars)
        np.testing.assert_allclose(one_by_one, [array[i] for array in together], rtol=1e-15)


@pytest.mark.parametrize("name", [name for name, cls in optimizers.items() if cls.per_variable])
@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_a_rule_of_variables_is_pure_and_survives_zeros(name, fill):
    """Weights and gradients of 0 have norms of 0, which nothing may be divided by."""
    optimizer = optimizers.build(name)
    scalars = optimizer.scalars(0.01, 0, optimizer.memory())
    arrays = np.full((2 + len(optimizer.slots()), 3, 4), fill, np.float32)
    before = arrays.copy()
    after = optimizer.formula()(*arrays, *scalars, name="dense/kernel")
    assert np.array_equal(arrays, before)
    for array in after:
        assert array.shape == (3, 4) and array.dtype == np.float32 and np.isfinite(array).all()


@pytest.mark.parametrize("name", list(optimizers))
def test_goes_through_a_config_and_back(name):
    optimizer = optimizers.build({name: {"clipnorm": 1, "weight_decay": 0}})
    assert optimizers.build(optimizer.to_config()) == optimizer
    assert optimizers.build(name.upper()).to_config() == name


@pytest.mark.parametrize(
    ("alias", "kind"),
    [("gradient_descent", "sgd"), ("nag", "nesterov"), ("RMSProp", "rmsprop"), ("AdamW", "adamw")],
)
def test_other_names(alias, kind):
    assert optimizers.build(alias).kind == kind


def test_sgd_with_momentum_is_the_optimizer_of_that_name():
    for name, arguments in (("momentum", {}), ("nesterov", {"nesterov": True})):
        sgd = optimizers.build({"sgd": {"momentum": 0.9} | arguments})
        assert sgd.formula() is optimizers[name].rule
        assert sgd.slots() == optimizers.build(name).slots()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"clipnorm": 1.0, "clipvalue": 0.5},
            "only one kind of clipping is allowed, got clipnorm and clipvalue",
        ),
        ({"clipnorm": 0.0}, "greater than 0"),
        ({"learning_rate": -0.1}, "learning_rate must be finite and at least 0"),
        ({"learning_rate": math.nan}, "learning_rate must be finite"),
        ({"learning_rate": math.inf}, "learning_rate must be finite"),
        ({"weight_decay": -1}, "greater than or equal to 0"),
        ({"beta_1": 1.0}, "less than 1"),
        ({"epsilon": 0}, "greater than 0"),
        ({"amsgrad": "yes"}, "valid boolean"),
        ({"lr": 0.1}, "lr"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValidationError, match=message):
        optimizers.build({"adam": arguments})


@pytest.mark.parametrize("rate", ["fast", True, {"CosinDecay": {}}, [0.1]])
def test_refuses_a_rate_that_is_neither_number_nor_schedule(rate):
    with pytest.raises(InputError):
        optimizers.build({"adam": {"learning_rate": rate}})


def test_ftrl_says_that_it_cannot_stand_still():
    updater = OptimizerStep(optimizers.build({"ftrl": {"learning_rate": 0}}), np.ones(2), {"w": slice(0, 2)})
    with pytest.raises(InputError, match="learning rate, which is 0 at step 3"):
        updater.step(np.ones(2), 3)
