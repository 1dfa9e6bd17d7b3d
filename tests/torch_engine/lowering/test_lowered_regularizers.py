"""Every regularizer's penalty and gradient are those of the NumPy engine."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from contract import check_rows

from nnctl.nn.regularizers import regularizers
from nnctl.torch_engine.lowering.regularizers import penalty

CASES = {
    "l1": {"l1": 0.2},
    "l2": {"l2": 0.3},
    "l1_l2": "l1_l2",
    "l1_l2_one": {"l1_l2": {"l1": 0.5}},
}


def test_every_regularizer_has_a_row():
    check_rows(regularizers, {regularizers.build(entry).kind for entry in CASES.values()}, "CASES of this file")


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_the_numpy_engine(case):
    regularizer = regularizers.build(CASES[case])
    w = np.random.default_rng(0).normal(size=(4, 3))
    w[0, 0] = 0
    tensor = torch.from_numpy(w.copy()).requires_grad_()
    total = penalty(regularizer, tensor)
    total.backward()
    assert total.item() == pytest.approx(regularizer.penalty(w), rel=1e-12)
    np.testing.assert_allclose(tensor.grad.numpy(), regularizer.gradient(w), rtol=1e-12)
