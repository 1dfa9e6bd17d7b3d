"""Which losses and activations compiled kernels compute: what the classes state, and not what they inherit."""

import pytest

from nnctl import kernels
from nnctl.engine.graph import Graph, Node
from nnctl.engine.objective import Objective
from nnctl.engine.program import Program
from nnctl.nn.activations import activations
from nnctl.nn.layers import layers
from nnctl.nn.losses import losses

numba = pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")


def objective(loss, activation="sigmoid"):
    layer = layers.build({"Dense": {"units": 3, "activation": activation}})
    program = Program(Graph.build([Node("d", layer, ("x",))], {"x": (2,)}, ["d"]))
    return Objective.of(program.heads[0], loss, 1.0)


@numba
def test_the_numbers_are_those_of_the_kernels():
    from nnctl.kernels.ops import dense

    numbers = {name: cls.own("kernel_number") for family in (losses, activations) for name, cls in family.items()}
    assert {name: number for name, number in numbers.items() if number is not None} == {
        "sparse_categorical_crossentropy": dense.SPARSE, "categorical_crossentropy": dense.CATEGORICAL,
        "binary_crossentropy": dense.BINARY, "mse": dense.SQUARED,
        "relu": dense.RELU, "tanh": dense.TANH, "sigmoid": dense.SIGMOID,
    }  # fmt: skip


def test_only_a_loss_with_default_arguments_is_compiled():
    assert objective(losses.build("binary_crossentropy")).compiled == 2
    assert objective(losses.build({"binary_crossentropy": {"label_smoothing": 0.1}})).compiled is None
    assert objective(losses.build("binary_crossentropy"), "relu").compiled is None  # not fused
    assert objective(losses.build("mse"), "relu").compiled == 3
    assert objective(losses.build("mae")).compiled is None


def test_a_loss_of_another_formula_does_not_inherit_the_kernel():
    class Focal(losses["binary_crossentropy"]):
        pass

    assert objective(Focal()).compiled is None


@pytest.mark.parametrize("name", list(losses))
def test_every_loss_is_fused_with_the_activation_that_it_names(name):
    loss = losses.build(name)
    assert objective(loss, loss.fuses or "relu").fused == loss.can_fuse()
