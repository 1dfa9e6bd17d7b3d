"""The fusion "convolution": a convolution and the steps after it become one step, in any model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from nnctl.engine.fusions.bias_activation import Epilogue
from nnctl.engine.fusions.conv_add_relu import Summed
from nnctl.engine.fusions.conv_pool_relu import Ended
from nnctl.engine.graph import Graph
from nnctl.engine.steps import Head, Step
from nnctl.nn.layers.activation import Applies
from nnctl.nn.layers.merge import Add


def fused_convolutions(steps: list[Step], heads: list[Head], graph: Graph) -> list[Step]:
    """The steps, with each convolution fused with what follows it: max-pooling, bias and relu, or a sum and relu."""
    return _summed(_ended(steps, heads), heads, graph)


def _uses(steps: Sequence[Step], heads: Sequence[Head]) -> Counter[int]:
    """How often each slot is read."""
    return Counter([source for step in steps for source in step.sources] + [head.slot for head in heads])


def _ended(steps: list[Step], heads: list[Head]) -> list[Step]:
    """Fuses each convolution with the max-pooling, bias and relu that follow it."""
    made_by = {target: step for step in steps for target in step.targets}
    uses = _uses(steps, heads)
    gone: set[int] = set()
    instead: dict[int, Step] = {}
    for end in steps:
        if not isinstance(end.layer, Epilogue):
            continue
        before = made_by[end.sources[0]]
        pool, convolution = (None, before) if before.owner == end.owner else (before, made_by.get(before.sources[0]))
        if convolution is None or convolution.owner != end.owner or any(
            uses[step.target] != 1 for step in (convolution, pool) if step is not None
        ):  # fmt: skip
            continue
        if not Ended.fits(convolution.layer, pool.layer if pool else None, end.layer):
            continue
        layer = Ended(convolution=convolution.layer, pool=pool and pool.layer, end=end.layer)
        name = f"{convolution.name}+{pool.name}" if pool else convolution.name
        instead[id(end)] = replace(
            convolution, name=name, layer=layer, targets=end.targets, weights={**convolution.weights, **end.weights},
            trains=convolution.trains or end.trains, overwrite=False,
        )  # fmt: skip
        gone |= {id(convolution), id(pool)}
    return [instead.get(id(step), step) for step in steps if id(step) not in gone]


def _summed(steps: list[Step], heads: list[Head], graph: Graph) -> list[Step]:
    """Fuses each convolution whose only use is a sum of two with that sum and a relu after it."""
    made_by = {target: step for step in steps for target in step.targets}
    user = {source: step for step in steps for source in step.sources}
    uses = _uses(steps, heads)
    nodes = {node.name: node for node in graph.nodes}
    gone: set[int] = set()
    instead: dict[int, Step] = {}
    for add in steps:
        if not isinstance(add.layer, Add) or len(add.sources) != 2 or len(set(add.sources)) != 2:
            continue
        shape, *others = {graph.shapes[source] for source in nodes[add.name].sources}
        if others or None in shape:  # one is broadcast, or may have to be
            continue
        found = [
            slot for slot in add.sources if uses[slot] == 1 and slot in made_by and Summed.can_sum(made_by[slot].layer)
        ]
        if not found:
            continue
        slot = found[0]  # if both are convolutions, the first one
        [shortcut] = [source for source in add.sources if source != slot]
        convolution, last = made_by[slot], add
        relu = user.get(add.target)
        if relu and uses[add.target] == 1 and isinstance(relu.layer, Applies) and relu.layer.function.is_plain_relu:
            last = relu
        instead[id(last)] = _sum(convolution, add, last, shortcut)
        gone |= {id(convolution), id(add)} - {id(last)}
    return [instead.get(id(step), step) for step in steps if id(step) not in gone]


def _sum(convolution: Step, add: Step, last: Step, shortcut: int) -> Step:
    relu = last.layer if last is not add else None
    layer = Summed(convolution=convolution.layer, end=relu, wants_dx=convolution.wants_dx)
    names = dict.fromkeys((convolution.name, add.name, last.name))
    return replace(convolution, name="+".join(names), layer=layer, sources=(convolution.sources[0], shortcut),
                   targets=last.targets, wants_dx=last.wants_dx, overwrite=False)  # fmt: skip
