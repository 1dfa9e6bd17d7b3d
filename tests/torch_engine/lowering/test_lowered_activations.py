"""Every activation's values and gradients are those of the NumPy engine."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from golden import read

from nnctl.nn.activations import activations
from nnctl.torch_engine.lowering.activations import activation
from nnctl.torch_engine.lowering.table import ACTIVATIONS

GOLDEN = read("activations")


def test_every_activation_has_a_row():
    without = [name for name, cls in activations.items() if not ACTIVATIONS.find(cls)]
    assert not without, "write a function for them in nnctl/torch_engine/lowering/activations.py"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", GOLDEN.cases)
def test_agrees_with_the_numpy_engine(case, dtype):
    function = activations.build(GOLDEN.cases[case])
    near = np.abs(GOLDEN["x"]).max(axis=-1) < (1000 if dtype == np.float64 else 80)  # exp of more is beyond float32
    x, r = GOLDEN["x"][near].astype(dtype), GOLDEN["r"][near].astype(dtype)
    x[0, :4] = 0, 1, 3, -3  # where the pieces of some meet
    y = function.value(x)
    dx = function.gradient(x, y, r)
    tensor = torch.from_numpy(x.copy()).requires_grad_()
    found = activation(function, tensor)
    found.backward(torch.from_numpy(r))
    close = {"rtol": 1e-10, "atol": 1e-12} if dtype == np.float64 else {"rtol": 1e-4, "atol": 1e-6}
    assert found.dtype == tensor.dtype
    np.testing.assert_allclose(found.detach().numpy(), y, **close)
    np.testing.assert_allclose(tensor.grad.numpy(), dx, **close)


def test_no_activation_is_the_identity():
    x = torch.ones(2)
    assert activation(None, x) is x
