"""The graph: which layer takes which tensor, in what order, and every shape, before any memory is allocated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnctl.errors import InputError, ShapeError
from nnctl.nn.layers.base import Layer, Shape, Weight, show


@dataclass(frozen=True)
class Node:
    """One entry of a config's `layers:` list.

    sources: names of the inputs or nodes it takes. shared: the earlier node whose weights it applies again.
    where: `iris.yaml:4:5: layers[1]`, for error messages. word_vectors: the file that an Embedding's `weights` names.
    """

    name: str
    layer: Layer
    sources: tuple[str, ...]
    shared: str | None = None
    where: str | None = None
    word_vectors: str | None = None


@dataclass(frozen=True)
class Graph:
    """A model's nodes, each after all of its sources, with every shape known.

    shapes: by the name of an input, a node, or a node's state (`encoder.h`).
    weights: by the name of the node that owns them.
    """

    inputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    shapes: Mapping[str, Shape]
    weights: Mapping[str, Mapping[str, Weight]]

    @classmethod
    def build(cls, nodes: Sequence[Node], inputs: Mapping[str, Shape], outputs: Sequence[str]) -> Graph:
        """Orders the nodes and infers every shape. Raises InputError for a name that leads nowhere or a
        cycle, ShapeError for a tensor that does not fit its layer."""
        ordered = _in_order(nodes, inputs, outputs)
        shapes: dict[str, Shape] = dict(inputs)
        weights: dict[str, Mapping[str, Weight]] = {}
        for node in ordered:
            incoming = [shapes[source] for source in node.sources]
            argument = incoming if node.layer.merges else incoming[0]
            try:
                shapes[node.name] = node.layer.output_shape(argument)
                shapes |= zip(states_of(node), node.layer.state_shapes(argument), strict=True)
                own = node.layer.weights(argument)
            except ShapeError as error:
                raise _placed(error, node, incoming) from None
            if node.shared is None:
                weights[node.name] = own
            else:
                _same_weights(node, own, weights[node.shared])
        return cls(tuple(inputs), tuple(ordered), tuple(outputs), shapes, weights)

    def consumers(self, name: str) -> int:
        """How many times a tensor is used, as a source or as an output."""
        return sum(node.sources.count(name) for node in self.nodes) + self.outputs.count(name)

    def given(self, node: Node) -> Any:
        """The shape that a node's layer is given: a list of them where it merges."""
        shapes = [self.shapes[source] for source in node.sources]
        return shapes if node.layer.merges else shapes[0]

    def owner(self, node: Node) -> str:
        """The name of the node whose weights this node uses."""
        return node.shared or node.name


def states_of(node: Node) -> tuple[str, ...]:
    """The names of a node's further outputs: encoder.h, encoder.c."""
    return tuple(f"{node.name}.{state}" for state in node.layer.state_names())


def _placed(error: ShapeError, node: Node, incoming: Sequence[Shape]) -> ShapeError:
    problem = error.problems[0]
    sources = ", ".join(f"{source!r} {show(shape)}" for source, shape in zip(node.sources, incoming, strict=True))
    message = f"layer {node.name!r} ({node.layer.kind}) does not fit its input {sources}: {problem.message}"
    return ShapeError(message, where=node.where, hint=problem.hint)


def _same_weights(node: Node, own: Mapping[str, Weight], shared: Mapping[str, Weight]) -> None:
    mine = {name: weight.shape for name, weight in own.items()}
    theirs = {name: weight.shape for name, weight in shared.items()}
    if mine != theirs:
        raise ShapeError(
            f"layer {node.name!r} cannot share the weights of {node.shared!r}: its input asks for {mine}, "
            f"those weights are {theirs}",
            where=node.where,
            hint="inputs of a shared layer must have the same shape",
        )


def _in_order(nodes: Sequence[Node], inputs: Mapping[str, Shape], outputs: Sequence[str]) -> list[Node]:
    """The nodes, each after its sources (a depth-first walk without recursion, keeping the given order)."""
    by_name = {node.name: node for node in nodes}
    makers = by_name | {state: node for node in nodes for state in states_of(node)}
    for node in nodes:
        for source in (*node.sources, *([node.shared] if node.shared else [])):
            if source not in makers and source not in inputs:
                known = ", ".join([*inputs, *makers])
                raise InputError(f"layer {node.name!r} takes {source!r}, which does not exist", where=node.where,
                                 hint=f"known: {known}")  # fmt: skip
        if not node.layer.takes(len(node.sources)):
            raise InputError(
                f"layer {node.name!r} ({node.layer.kind}) takes {node.layer.taken()}, got {len(node.sources)}",
                where=node.where,
                hint="name them: from: [one, other]" if node.layer.merges else "merge them first: Concatenate or Add",
            )
    for output in outputs:
        if output not in by_name:
            raise InputError(f"output {output!r} is not a layer", hint="known: " + ", ".join(by_name))

    ordered: list[Node] = []
    done: set[str] = set()
    open_: set[str] = set()
    for start in nodes:
        stack = [start]
        while stack:
            node = stack[-1]
            if node.name in done:
                stack.pop()
                continue
            open_.add(node.name)
            before = [*node.sources, *([node.shared] if node.shared else [])]
            waiting = [makers[source] for source in before if source not in inputs and makers[source].name not in done]
            if not waiting:
                done.add(node.name)
                ordered.append(node)
                stack.pop()
            elif waiting[0].name in open_:
                raise InputError(
                    f"layers {waiting[0].name!r} and {node.name!r} wait for each other: the graph has a cycle",
                    where=node.where,
                    hint="a layer cannot take the output of a layer that depends on it",
                )
            else:
                stack.append(waiting[0])
    return ordered
