"""How much there is to do in an iteration: what threads and compiled kernels are chosen by."""

from __future__ import annotations

from nnctl.engine.program import Program


def multiply_adds(program: Program) -> int:
    """Multiply-adds of one sample's forward pass."""
    graph = program.graph
    total = 0
    for node in graph.nodes:
        shapes = [graph.shapes[source] for source in node.sources]
        total += node.layer.multiply_adds(shapes if node.layer.merges else shapes[0])
    return total


def calls(program: Program) -> int:
    """How often an iteration enters NumPy for a layer, or a step of one, roughly."""
    graph = program.graph
    total = 0
    for node in graph.nodes:
        shapes = [graph.shapes[source] for source in node.sources]
        total += node.layer.calls(shapes if node.layer.merges else shapes[0])
    return total
