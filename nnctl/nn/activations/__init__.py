"""Activations, by shape: pieces of straight lines, smooth curves, and those over a whole axis."""

from nnctl.nn.activations.axis import LogSoftmax, Softmax
from nnctl.nn.activations.base import Activation, ActivationName, activations
from nnctl.nn.activations.piecewise import HardSigmoid, HardSilu, LeakyRelu, Linear, Relu, Relu6
from nnctl.nn.activations.smooth import (
    Elu,
    Exponential,
    Gelu,
    LogSigmoid,
    Mish,
    Selu,
    Sigmoid,
    Silu,
    Softplus,
    Softsign,
    Tanh,
)

__all__ = [
    "Activation",
    "ActivationName",
    "Elu",
    "Exponential",
    "Gelu",
    "HardSigmoid",
    "HardSilu",
    "LeakyRelu",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "Relu",
    "Relu6",
    "Selu",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "activations",
]
