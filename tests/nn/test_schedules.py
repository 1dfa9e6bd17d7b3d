"""Schedules: Keras' numbers, and what each refuses."""

import numpy as np
import pytest
from contract import check_rows, golden
from golden import read
from pydantic import ValidationError

from nnctl.nn.schedules import schedules

GOLDEN = read("schedules")


@pytest.mark.parametrize("case", GOLDEN.cases)
def test_agrees_with_keras(case):
    schedule = schedules.build(GOLDEN.cases[case])
    rates = [schedule.rate(int(step)) for step in GOLDEN["steps"]]
    float32 = "Cosine" in schedule.kind  # so Keras takes the cosine, whatever the precision of the rest
    tolerance = {"rtol": 1e-6, "atol": 1e-8} if float32 else {"rtol": 1e-12, "atol": 1e-15}
    np.testing.assert_allclose(rates, GOLDEN[f"{case}/rates"], **tolerance)


def test_every_schedule_has_a_golden_case():
    covered = {schedules.build(config).kind for config in GOLDEN.cases.values()}
    check_rows(schedules, covered, golden("schedules"))


@pytest.mark.parametrize("case", GOLDEN.cases)
def test_goes_through_a_config_and_back(case):
    schedule = schedules.build(GOLDEN.cases[case])
    assert schedules.build(schedule.to_config()) == schedule


def test_piecewise_constant_is_an_alias():
    given = {"boundaries": [2], "values": [1, 0.5]}
    schedule = schedules.build({"PiecewiseConstant": given})
    assert [schedule.rate(step) for step in (0, 2, 3)] == [1.0, 1.0, 0.5]


def test_restarts_are_exact_far_out():
    """A logarithm would put some of these steps at the end of the cycle before."""
    schedule = schedules.build(
        {"CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 3.0}}
    )
    restarts = [10 * (3**cycle - 1) // 2 for cycle in range(25)]
    assert [schedule.rate(step) for step in restarts] == [0.1] * 25


DECAY = {"initial_learning_rate": 0.1, "decay_steps": 10}


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ExponentialDecay", {"initial_learning_rate": 0.1}, "decay_steps"),
        ("ExponentialDecay", DECAY | {"decay_steps": 0, "decay_rate": 0.9}, "greater than 0"),
        ("ExponentialDecay", DECAY | {"decay_rate": -1}, "greater than or equal to 0"),
        ("CosineDecay", DECAY | {"warmup_steps": 5}, "warmup_steps needs warmup_target"),
        ("CosineDecay", DECAY | {"alpha": 1.5}, "less than or equal to 1"),
        ("CosineDecay", DECAY | {"alpha": float("nan")}, "finite"),
        (
            "CosineDecayRestarts",
            {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 0.5},
            "t_mul",
        ),
        (
            "PiecewiseConstantDecay",
            {"boundaries": [1, 2], "values": [0.1, 0.2]},
            "2 boundaries need 3 values",
        ),
        ("PiecewiseConstantDecay", {"boundaries": [2, 1], "values": [0.1, 0.2, 0.3]}, "must increase"),
        ("PiecewiseConstantDecay", {"boundaries": [], "values": [0.1]}, "at least 1 item"),
        ("PolynomialDecay", DECAY | {"powr": 2}, "powr"),
    ],
)
def test_refuses(name, arguments, message):
    with pytest.raises(ValidationError, match=message):
        schedules.build({name: arguments})
