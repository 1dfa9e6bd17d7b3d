"""The cost model: how much work an iteration is. Threads and compiled kernels are chosen by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod

from nnctl.engine.program import Program
from nnctl.nn.layers.base import Layer, Shape


def multiply_adds(program: Program, counts: Callable[[Layer], bool] = lambda layer: True) -> int:
    """Multiply-adds of one sample's forward pass, in the layers that `counts` selects."""
    nodes = (node for node in program.graph.nodes if counts(node.layer))
    return sum(node.layer.multiply_adds(program.graph.given(node)) for node in nodes)


def calls(program: Program) -> int:
    """About how often an iteration calls NumPy for a layer, or for a time step of one."""
    return sum(node.layer.calls(program.graph.given(node)) for node in program.graph.nodes)


def row_bytes(program: Program) -> int:
    """Bytes of one sample's outputs of all layers; an axis of varying length counts as 1."""
    return _bytes(program, (program.graph.shapes[node.name] for node in program.graph.nodes))


def made_bytes(program: Program) -> int:
    """About how many bytes the steps leave in memory for one sample: without what is between fused layers, with what
    recurrent layers keep for themselves."""
    kept = 0
    for step in program.steps:
        given = [program.slot_shapes[source] for source in step.sources]
        kept += step.layer.scratch(given if step.layer.merges else given[0])
    made = (program.slot_shapes[target] for step in program.steps for target in step.targets)
    return _bytes(program, made) + program.dtype.itemsize * kept


def input_bytes(program: Program) -> int:
    """Bytes of one sample's inputs."""
    return _bytes(program, (program.graph.shapes[name] for name in program.graph.inputs))


def _bytes(program: Program, shapes: Iterable[Shape]) -> int:
    return program.dtype.itemsize * sum(prod(n or 1 for n in shape) for shape in shapes)
