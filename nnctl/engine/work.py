"""How much there is to do in an iteration: what threads and compiled kernels are chosen by."""

from __future__ import annotations

from nnctl.engine.program import Program


def multiply_adds(program: Program, kind: type = object) -> int:
    """Multiply-adds of one sample's forward pass, of layers of that kind."""
    nodes = (node for node in program.graph.nodes if isinstance(node.layer, kind))
    return sum(node.layer.multiply_adds(program.graph.given(node)) for node in nodes)


def calls(program: Program) -> int:
    """How often an iteration enters NumPy for a layer, or a step of one, roughly."""
    return sum(node.layer.calls(program.graph.given(node)) for node in program.graph.nodes)
