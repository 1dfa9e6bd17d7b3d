"""Activations: PyTorch's own functions wherever their values and gradients are nnctl's."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from nnctl.nn import activations as nn
from nnctl.torch_engine.lowering.table import ACTIVATIONS

row = ACTIVATIONS.row


def activation(function: Any, x: Tensor) -> Tensor:
    """f(x); None is the identity. Raises InputError for an activation that the table does not have."""
    return x if function is None else ACTIVATIONS.of(function)(function, x)


@row(nn.Linear)
def linear(function, x):
    return x


@row(nn.Relu)
def relu(function, x):
    if function.is_plain_relu:
        return F.relu(x)
    # no gradient where x is exactly at a bound: so `where`, not `clamp`
    y = torch.where(x <= function.threshold, 0, x)
    if function.max_value is not None:
        y = torch.where(y >= function.max_value, function.max_value, y)
    if function.negative_slope:
        below = x - function.threshold
        y = y + torch.where(below < 0, function.negative_slope * below, 0)
    return y


@row(nn.Relu6)
def relu6(function, x):
    return F.relu6(x)


@row(nn.LeakyRelu)
def leaky_relu(function, x):
    return F.leaky_relu(x, function.negative_slope)


@row(nn.HardSigmoid)
def hard_sigmoid(function, x):
    return F.relu6(x + 3) / 6  # the gradient of F.hardsigmoid is rounded to float32 even in float64


@row(nn.HardSilu)
def hard_silu(function, x):
    return F.hardswish(x)


@row(nn.Sigmoid)
def sigmoid(function, x):
    return torch.sigmoid(x)


@row(nn.LogSigmoid)
def log_sigmoid(function, x):
    return F.logsigmoid(x)


@row(nn.Tanh)
def tanh(function, x):
    return torch.tanh(x)


@row(nn.Softsign)
def softsign(function, x):
    return F.softsign(x)


@row(nn.Softplus)
def softplus(function, x):
    return F.softplus(x, threshold=40)  # from there on x itself, in float64 too


@row(nn.Exponential)
def exponential(function, x):
    return torch.exp(x)


@row(nn.Elu)
def elu(function, x):
    return F.elu(x, function.alpha)


@row(nn.Selu)
def selu(function, x):
    return F.selu(x)


@row(nn.Silu)
def silu(function, x):
    return F.silu(x)


@row(nn.Mish)
def mish(function, x):
    return F.mish(x)


@row(nn.Gelu)
def gelu(function, x):
    return F.gelu(x, approximate="tanh" if function.approximate else "none")


@row(nn.Softmax)
def softmax(function, x):
    return F.softmax(x, dim=-1)


@row(nn.LogSoftmax)
def log_softmax(function, x):
    return F.log_softmax(x, dim=-1)
