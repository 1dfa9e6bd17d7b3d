"""CTC is that of the NumPy engine, with padding and with labels that do not fit: on the CPU, where the torch engine
asks the NumPy engine, and by the sums of PyTorch, which other devices use."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from nnctl.nn.losses import losses
from nnctl.torch_engine.lowering.losses import loss_values, loss_values_of_logits
from nnctl.torch_engine.lowering.losses.ctc import by_pytorch

CTC = losses.build("ctc")
precisions = pytest.mark.parametrize(("dtype", "close"), [(np.float64, {"rtol": 1e-10, "atol": 1e-10}),
                                                          (np.float32, {"rtol": 1e-4, "atol": 1e-5})])  # fmt: skip


def check(y, z, lengths, dtype, close):
    z = z.astype(dtype)
    p = np.empty_like(z)
    each, saved = CTC.forward_logits(y, z.copy(), p, lengths)
    dl = np.random.default_rng(0).uniform(0.5, 2, len(z)).astype(dtype)
    wanted = CTC.backward_logits(saved, dl)
    for form in ("logits", "probabilities or logits", "PyTorch's sums"):
        tensor = torch.from_numpy(z.copy()).requires_grad_()
        given = torch.from_numpy(y), tensor, None if lengths is None else torch.from_numpy(lengths)
        if form == "logits":
            values, predictions = loss_values_of_logits(CTC, *given)
            np.testing.assert_allclose(predictions.numpy(), p, **close)
        elif form == "probabilities or logits":
            values = loss_values(CTC, *given)
        else:
            steps = torch.full((len(z),), z.shape[1]) if lengths is None else given[2]
            values = by_pytorch(given[0], tensor, steps)
        values.backward(torch.from_numpy(dl))
        np.testing.assert_allclose(values.detach().numpy(), each, **close)
        fit = np.isfinite(each)  # an infinite loss ends the run, and its gradient has no meaning
        np.testing.assert_allclose(tensor.grad.numpy()[fit], wanted[fit], **close)
        assert np.isfinite(tensor.grad.numpy()).all()
    return each


@precisions
def test_labels_of_many_lengths(dtype, close):
    rng = np.random.default_rng(0)
    y = rng.integers(1, 4, (20, 6)) * (np.arange(6) < rng.integers(0, 7, 20)[:, None])
    z = rng.normal(0, 2, (20, 15, 4))
    each = check(y, z, None, dtype, close)
    assert np.isfinite(each).all()


def test_long_sequences_in_float32():
    rng = np.random.default_rng(0)
    each = check(rng.integers(1, 30, (4, 60)), rng.normal(0, 8, (4, 300, 30)), None, np.float32,
                 {"rtol": 1e-5, "atol": 1e-5})  # fmt: skip
    assert each.min() > 1000


@precisions
def test_padding_and_labels_that_do_not_fit(dtype, close):
    rng = np.random.default_rng(0)
    y = np.array([[1, 1, 2], [1, 1, 2], [1, 2, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0], [3, 3, 3]])
    lengths = np.array([4, 3, 2, 5, 0, 0, 1])
    each = check(y, rng.normal(0, 2, (7, 6, 4)), lengths, dtype, close)
    assert np.isinf(each).tolist() == [False, True, False, False, True, False, True]
