"""How much there is to do in an iteration: what threads and compiled kernels are chosen by."""

from __future__ import annotations

from collections.abc import Callable

from nnctl.engine.program import Program
from nnctl.layers.base import Layer


def multiply_adds(program: Program, counts: Callable[[Layer], bool] = lambda layer: True) -> int:
    """Multiply-adds of one sample's forward pass, of the layers that count."""
    nodes = (node for node in program.graph.nodes if counts(node.layer))
    return sum(node.layer.multiply_adds(program.graph.given(node)) for node in nodes)


def calls(program: Program) -> int:
    """How often an iteration enters NumPy for a layer, or a step of one, roughly."""
    return sum(node.layer.calls(program.graph.given(node)) for node in program.graph.nodes)
