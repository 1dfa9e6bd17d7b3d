"""Regularizers: the penalty written out, and its gradient by central differences."""

import numpy as np
import pytest
from contract import check_rows

from nnctl.nn.regularizers import regularizers

W = np.array([[1.0, -2.0], [0.5, 3.0]])
PENALTIES = {
    "l1": ({"l1": {"l1": 0.1}}, 0.1 * 6.5),
    "l2": ({"l2": {"l2": 0.1}}, 0.1 * 14.25),  # no half, as Keras
    "l1_l2": ({"l1_l2": {"l1": 0.1, "l2": 0.2}}, 0.1 * 6.5 + 0.2 * 14.25),
}


def test_every_regularizer_has_a_row():
    check_rows(regularizers, PENALTIES, "PENALTIES in tests/nn/test_regularizers.py")


@pytest.mark.parametrize("name", PENALTIES)
def test_penalty_and_gradient(name):
    config, penalty = PENALTIES[name]
    regularizer = regularizers.build(config)
    assert regularizer.penalty(W) == pytest.approx(penalty)
    gradient = regularizer.gradient(W)
    for index in np.ndindex(W.shape):
        sides = []
        for sign in (1, -1):
            moved = W.copy()
            moved[index] += sign * 1e-6
            sides.append(regularizer.penalty(moved))
        assert gradient[index] == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-6)


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_defaults_are_keras(name):
    assert getattr(regularizers.build(name), name) == 0.01


@pytest.mark.parametrize(
    "config, strengths",
    [("l1_l2", (0.01, 0.01)), ({"l1_l2": {"l2": 0.1}}, (0, 0.1)), ({"l1_l2": {"l1": 0.0}}, (0, 0))],
)
def test_l1_l2_has_defaults_and_takes_one_strength_alone(config, strengths):
    regularizer = regularizers.build(config)
    assert regularizer.strengths() == strengths
    assert regularizers.build(regularizer.to_config()) == regularizer
