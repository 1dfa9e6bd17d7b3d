"""Wrappers: which layers may be inside, and that these behave as they do alone."""

import numpy as np
import pytest
from harness import inference, run
from pydantic import ValidationError

from nnctl.nn.layers import layers

X = np.random.default_rng(0).normal(size=(8, 5, 3))


def within(layer, **more):
    return {"TimeDistributed": {"layer": layer, **more}}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (within("Add"), "Add takes 2 tensors or more"),
        (within({"LSTM": {"units": 2, "return_state": True}}), "remove return_state"),
        ({"Bidirectional": {"layer": {"Dense": {"units": 2}}}}, "Dense is not a recurrent layer"),
    ],
)
def test_what_cannot_be_inside_is_refused(entry, message):
    with pytest.raises(ValidationError, match=message):
        layers.build(entry)


def test_every_row_and_step_is_dropped_by_itself():
    kept = run(within({"Dropout": {"rate": 0.5}}), [np.ones((40, 30, 8))], shifted=False).y != 0
    steps = kept.transpose(1, 0, 2).reshape(30, -1)
    assert kept.mean() == pytest.approx(0.5, abs=0.03)
    assert np.abs(np.corrcoef(steps) - np.eye(30)).max() < 0.3


def test_freezing_the_outer_layer_freezes_the_inner():
    entry = within("BatchNormalization", trainable=False)
    ran = run(entry, [X], seed=1)
    np.testing.assert_allclose(ran.y, inference(entry, [X], seed=1), rtol=1e-12)  # by the moving averages
    assert not ran.dw


def test_moments_are_those_of_each_step():
    y = run(within({"BatchNormalization": {"epsilon": 1e-9}}), [X], weights={"gamma": 1.0, "beta": 0.0}).y
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=0), 1, rtol=1e-6)
