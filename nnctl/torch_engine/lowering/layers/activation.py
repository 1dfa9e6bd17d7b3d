"""Activation functions as layers of their own."""

from nnctl.nn.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from nnctl.torch_engine.lowering.activations import activation
from nnctl.torch_engine.lowering.layers.shared import real
from nnctl.torch_engine.lowering.table import lowers


@lowers(Activation, ReLU, LeakyReLU, ELU, Softmax)
def applied(layer, w, x, call):
    return activation(layer.function, real(x, call))
