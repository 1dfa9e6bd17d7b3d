"""The fusion "activation": a layer's bias and its activation are one step, after a max-pooling where that is the
same."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from nnctl.engine.fusions.bias_activation import Epilogue
from nnctl.engine.graph import Graph, Node
from nnctl.engine.steps import Step
from nnctl.nn.activations import Activation
from nnctl.nn.layers.activation import Applies
from nnctl.nn.layers.base import Shape


def fused_activations(steps: list[Step], graph: Graph, trained: Container[str], shapes: dict[int, Shape]) -> list[Step]:
    """The steps, with each layer's bias moved to the activation after it, and monotone activations moved behind the
    max-pooling that follows them, where there are fewer numbers.

    trained: the weights that are trained, as "node/name". shapes: of each slot's tensor; brought up to date.
    """
    return _behind_pooling(_with_bias(steps, graph, trained), graph, shapes)


def is_outer(step: Step, before: Step | None) -> bool:
    """Whether a step is the activation of the layer that `before` calls: both come from one node."""
    return before is not None and before.number == step.number


def _with_bias(steps: list[Step], graph: Graph, trained: Container[str]) -> list[Step]:
    fused: list[Step] = []
    for step in steps:
        before = fused[-1] if fused else None
        # the activation of an output is left alone: its loss may be fused with it
        if before and is_outer(step, before) and before.name not in graph.outputs:
            function = _function(step)
            if Epilogue.fits(before.layer, function):
                weights, owner = dict(before.weights), before.owner
                bias = weights.pop("bias")
                fused[-1] = replace(
                    before, layer=before.layer.model_copy(update={"use_bias": False}), weights=weights,
                    trains=any(f"{owner}/{name}" in trained for name in weights),
                )  # fmt: skip
                step = replace(step, layer=Epilogue(activation=function), owner=owner, weights={"bias": bias},
                               trains=f"{owner}/bias" in trained)  # fmt: skip
        fused.append(step)
    return fused


def _behind_pooling(steps: list[Step], graph: Graph, shapes: dict[int, Shape]) -> list[Step]:
    moved: list[Step] = []
    waiting: dict[int, Step] = {}  # by the number of the pooling that comes first
    for before, step in zip([None, *steps], steps, strict=False):
        if is_outer(step, before):
            number = _pooling_after(graph.nodes[step.number], _function(step), graph)
            if number is not None:
                waiting[number] = step
                continue
        end = waiting.pop(step.number, None)
        if end is None:
            moved.append(step)
            continue
        # the slot between the two now holds what the pooling gives
        shapes[end.target] = shapes[step.target]
        moved.append(replace(step, sources=end.sources, targets=end.targets))
        moved.append(replace(
            end, name=f"{step.name}.{_function(end).kind}", sources=end.targets, targets=step.targets,
            owner=end.owner if end.weights else step.owner, number=step.number,
            overwrite=not (_function(end).needs_input or step.layer.keeps_output),
        ))  # fmt: skip
    return moved


def _pooling_after(node: Node, function: Activation, graph: Graph) -> int | None:
    """The number of the node that takes the largest of this node's outputs and is all that uses them, if there is one.
    For a monotone activation f, max f(x) = f(max x)."""
    if not function.monotone or graph.consumers(node.name) != 1:
        return None
    for number, other in enumerate(graph.nodes):
        if node.name in other.sources and other.layer.takes_largest and other.layer.outer_activation() is None:
            return number
    return None


def _function(step: Step) -> Activation:
    assert isinstance(step.layer, Applies)
    return step.layer.function
