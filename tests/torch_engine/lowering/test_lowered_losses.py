"""Every loss's values and gradients are those of the NumPy engine, from predictions and from logits."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from golden import read

from nnctl.errors import ShapeError
from nnctl.nn.activations import activations
from nnctl.nn.losses import losses
from nnctl.torch_engine.lowering.losses import loss_values, loss_values_of_logits
from nnctl.torch_engine.lowering.table import LOSSES, LOSSES_OF_LOGITS

GOLDEN = read("losses")
EXACT, SINGLE = {"rtol": 1e-10, "atol": 1e-10}, {"rtol": 1e-4, "atol": 1e-5}
precisions = pytest.mark.parametrize(("dtype", "close"), [(np.float64, EXACT), (np.float32, SINGLE)])
FUSED = [case for case, entry in GOLDEN.cases.items() if losses.build(entry).can_fuse()]


def test_every_loss_has_a_row():
    without = [name for name, cls in losses.items() if not LOSSES.find(cls)]
    without += [name for name, cls in losses.items() if cls.fuses and not LOSSES_OF_LOGITS.find(cls)]
    assert not without, "write a function for them in nnctl/torch_engine/lowering/losses/"


def parts(case, dtype):
    y = GOLDEN[f"{case}/y"]
    return losses.build(GOLDEN.cases[case]), y if y.dtype.kind == "i" else y.astype(dtype), GOLDEN[f"{case}/p"]


def check(loss, found, p, wanted, dp, close, dl):
    assert found.dtype == p.dtype
    np.testing.assert_allclose(found.detach().numpy(), wanted, **close)
    found.backward(torch.from_numpy(dl))
    np.testing.assert_allclose(p.grad.numpy(), dp, **close)


@precisions
@pytest.mark.parametrize("case", GOLDEN.cases)
def test_of_predictions(case, dtype, close):
    loss, y, p = parts(case, dtype)
    p = p.astype(dtype)
    p[0, ..., 0] = 0 if loss.expects() in ("probabilities", "positive", "numbers") else 30  # at the clipped end
    each, saved = loss.forward(y, p.copy())
    dl = np.random.default_rng(0).normal(size=each.shape).astype(dtype)
    tensor = torch.from_numpy(p.copy()).requires_grad_()
    check(loss, loss_values(loss, torch.from_numpy(y), tensor), tensor, each, loss.backward(saved, dl), close, dl)


@precisions
@pytest.mark.parametrize("case", FUSED)
def test_of_logits(case, dtype, close):
    loss, y, p = parts(case, dtype)
    z = np.random.default_rng(1).normal(size=p.shape).astype(dtype)
    z[0, ..., 0] = 50  # far beyond where probabilities are clipped
    probabilities = np.empty_like(z)
    each, saved = loss.forward_logits(y, z.copy(), probabilities)
    dl = np.random.default_rng(0).normal(size=each.shape).astype(dtype)
    tensor = torch.from_numpy(z.copy()).requires_grad_()
    values, predictions = loss_values_of_logits(loss, torch.from_numpy(y), tensor)
    np.testing.assert_allclose(predictions.numpy(), activations.build(loss.fuses).value(z), **close)
    assert not predictions.requires_grad
    check(loss, values, tensor, each, loss.backward_logits(saved, dl), close, dl)


@pytest.mark.parametrize(
    ("entry", "y", "p"),
    [
        ({"binary_focal_crossentropy": {"gamma": 0.5}}, [[1, 0], [1, 1]], [[1, 0], [0, 0.5]]),  # exactly right or wrong
        ("cosine_similarity", [[1, 2], [0, 0]], [[0, 0], [3, 1]]),  # no direction
        ("categorical_crossentropy", [[1, 0], [0, 1]], [[0, 0], [0.5, 0.5]]),  # no share, as relu may give
        ("hinge", [[1, 0], [1, 1]], [[1, -1], [2, 0]]),  # exactly at the margin
    ],
)
def test_at_the_ends(entry, y, p):
    loss, y, p = losses.build(entry), np.array(y, float), np.array(p, float)
    each, saved = loss.forward(y, p.copy())
    tensor = torch.from_numpy(p.copy()).requires_grad_()
    dl = np.array([0.7, -1.3])
    found = loss_values(loss, torch.from_numpy(y), tensor)
    check(loss, found, tensor, each, loss.backward(saved, dl), EXACT, dl)


def test_half_precision_is_computed_in_float32():
    y, p = torch.tensor([1, 0]), torch.tensor([[0.5, 0.5], [0.25, 0.75]], dtype=torch.bfloat16)
    values = loss_values(losses.build("sparse_categorical_crossentropy"), y, p)
    assert values.dtype == torch.float32
    np.testing.assert_allclose(values, -np.log([0.5, 0.25]), rtol=1e-6)


def test_targets_of_another_shape_are_refused():
    with pytest.raises(ShapeError, match=r"targets of shape \(3, 2\) do not match predictions of shape \(3, 4\)"):
        loss_values(losses.build("mse"), torch.zeros(3, 2), torch.zeros(3, 4))
