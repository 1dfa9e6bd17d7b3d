"""Components of other packages: refused, or computed by their own torch_forward."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from passes import Case, agree, by_numpy, by_torch

from nnctl.errors import InputError
from nnctl.nn.activations import Activation
from nnctl.nn.layers import Layer
from nnctl.nn.layers.dense import Dense
from nnctl.nn.losses import losses
from nnctl.nn.losses.regression import MeanSquaredError
from nnctl.nn.regularizers import L1
from nnctl.torch_engine.lowering.activations import activation
from nnctl.torch_engine.lowering.losses import loss_values, loss_values_of_logits
from nnctl.torch_engine.lowering.regularizers import penalty
from nnctl.torch_engine.lowering.table import lowered


class Doubled(Layer):
    """y = 2 x, which the torch engine does not know."""

    kind = "Doubled"

    def forward(self, w, x, call):
        return 2 * x, None

    def backward(self, w, grads, saved, dy, call):
        return 2 * dy


class DoubledInTorch(Doubled):
    def torch_forward(self, w, x, call):
        assert call.training
        return 2 * x


class OtherDense(Dense):
    """A layer of another package may derive from one of nnctl and compute something else."""

    kind = "OtherDense"


class Square(Activation):
    kind = "square"


class SquareInTorch(Square):
    def torch_forward(self, x):
        return x * x


class OtherLoss(MeanSquaredError):
    kind = "other_mse"


class LossInTorch(OtherLoss):
    def torch_forward(self, y, p):
        return (p - y).sum(dim=-1)


class OtherPenalty(L1):
    kind = "other_l1"


class PenaltyInTorch(OtherPenalty):
    def torch_forward(self, w):
        return w.sum()


def test_a_layer_of_another_package_is_refused():
    with pytest.raises(InputError, match="the torch engine cannot compute the layer Doubled") as caught:
        lowered(Doubled())
    assert caught.value.problems[0].hint == "use --engine numpy, or give the class a method torch_forward"


def test_a_class_derived_from_one_of_nnctl_is_another_layer():
    with pytest.raises(InputError, match="the layer OtherDense"):
        lowered(OtherDense(units=3))


def test_a_layer_brings_its_own_function():
    x = np.random.default_rng(0).normal(size=(3, 4))
    case = Case(DoubledInTorch(), {}, [x], [None], True)
    agree(by_numpy(case), by_torch(case), rtol=1e-12)


def test_activations_losses_and_regularizers_of_other_packages():
    x = torch.tensor([[1.0, 2.0]])
    with pytest.raises(InputError, match="the activation square"):
        activation(Square(), x)
    assert activation(SquareInTorch(), x).tolist() == [[1, 4]]
    with pytest.raises(InputError, match="the loss other_mse"):
        loss_values(OtherLoss(), x, x)
    assert loss_values(LossInTorch(), x, 3 * x).tolist() == [6]
    with pytest.raises(InputError, match="the regularizer other_l1"):
        penalty(OtherPenalty(), x)
    assert penalty(PenaltyInTorch(), x).item() == 3


def test_a_loss_without_a_form_for_logits_is_refused_there():
    with pytest.raises(InputError, match="give the class a method torch_forward_logits"):
        loss_values_of_logits(losses.build("mse"), torch.zeros(2, 1), torch.zeros(2, 1))
