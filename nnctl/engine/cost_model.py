"""How much there is to do in an iteration: what threads and compiled kernels are chosen by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod

from nnctl.engine.program import Program
from nnctl.nn.layers.base import Layer, Shape


def multiply_adds(program: Program, counts: Callable[[Layer], bool] = lambda layer: True) -> int:
    """Multiply-adds of one sample's forward pass, of the layers that count."""
    nodes = (node for node in program.graph.nodes if counts(node.layer))
    return sum(node.layer.multiply_adds(program.graph.given(node)) for node in nodes)


def calls(program: Program) -> int:
    """How often an iteration enters NumPy for a layer, or a step of one, roughly."""
    return sum(node.layer.calls(program.graph.given(node)) for node in program.graph.nodes)


def row_bytes(program: Program) -> int:
    """Of one sample's outputs of all layers; what varies counts as 1."""
    return _bytes(program, (program.graph.shapes[node.name] for node in program.graph.nodes))


def made_bytes(program: Program) -> int:
    """Of what the steps leave in memory for one sample, roughly: what is between layers done as one is not there, what
    recurrent layers keep for themselves is."""
    kept = 0
    for step in program.steps:
        given = [program.slot_shapes[source] for source in step.sources]
        kept += step.layer.scratch(given if step.layer.merges else given[0])
    made = (program.slot_shapes[target] for step in program.steps for target in step.targets)
    return _bytes(program, made) + program.dtype.itemsize * kept


def input_bytes(program: Program) -> int:
    """Of one sample's inputs."""
    return _bytes(program, (program.graph.shapes[name] for name in program.graph.inputs))


def _bytes(program: Program, shapes: Iterable[Shape]) -> int:
    return program.dtype.itemsize * sum(prod(n or 1 for n in shape) for shape in shapes)
