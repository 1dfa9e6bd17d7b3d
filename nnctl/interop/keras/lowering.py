"""A model of nnctl as one of Keras."""

from __future__ import annotations

from typing import Any

from nnctl.engine.graph import Graph, Node, states_of
from nnctl.engine.program import Program
from nnctl.errors import InputError
from nnctl.interop.keras.graph import Call, KerasLayer, KerasModel, Tensor
from nnctl.interop.keras.layers import keras_layer, row_of, weight_paths
from nnctl.interop.keras.objects import KerasObject


def lower(program: Program, name: str) -> KerasModel:
    """The model of a program, with its weights, in Keras. Raises InputError, which names the layer, for what Keras does
    not have."""
    return _Lowering(program, name).run()


class _Lowering:
    """tensors: by nnctl's name of an input, a layer or a state."""

    def __init__(self, program: Program, name: str):
        self.program, self.graph = program, program.graph
        self.dtype = program.dtype.name
        self.result = KerasModel(name, {}, [], [], [], _is_sequential(program.graph))
        self.tensors: dict[str, Tensor] = {}

    def run(self) -> KerasModel:
        for name in self.graph.inputs:
            self._input(name)
        for node in self.graph.nodes:
            self._node(node)
        self.result.outputs = [self.tensors[name] for name in self.graph.outputs]
        return self.result

    def _input(self, name: str) -> None:
        shape = self.graph.shapes[name]
        takers = [node.layer.kind for node in self.graph.nodes if name in node.sources]
        dtype = "int32" if set(takers) == {"Embedding"} else self.dtype
        arguments = {"batch_shape": (None, *shape), "dtype": dtype}
        self.result.layers[name] = KerasLayer(name, KerasObject("keras.layers", "InputLayer", arguments))
        self.tensors[name] = Tensor(name, shape=shape, dtype=dtype)
        self.result.inputs.append(self.tensors[name])

    def _node(self, node: Node) -> None:
        owner = self.graph.owner(node)
        if owner not in self.result.layers:
            self.result.layers[owner] = self._layer(node, owner)
        number = len(self.result.calls_of(owner))
        self.result.calls.append(self._call(node, owner))
        for output, name in enumerate((node.name, *states_of(node))):
            self.tensors[name] = Tensor(owner, number, output, self.graph.shapes[name], self.dtype)

    def _layer(self, node: Node, owner: str) -> KerasLayer:
        try:
            made = keras_layer(node.layer)
        except InputError as error:
            [problem] = error.problems
            raise InputError(f"layer {node.name!r}: {problem.message}", node.where, problem.hint) from None
        weights = self.program.weights_of(owner)
        paths = weight_paths(node.layer, tuple(weights))
        arrays = {paths[name]: array for name, array in weights.items()}
        dtype = KerasObject("keras", "DTypePolicy", {"name": self.dtype})
        return KerasLayer(owner, KerasObject(made.module, made.name, {**made.arguments, "dtype": dtype}), arrays)

    def _call(self, node: Node, owner: str) -> Call:
        row = row_of(node.layer)
        taken: list[Any] = [self.tensors[source] for source in node.sources]
        named: dict[str, Any] = {name: True for name in row.call if getattr(node.layer, name)}
        if not node.layer.merges:
            return Call(owner, (taken[0],), named)
        if row.inputs == "list":
            return Call(owner, (taken,), named)
        if row.inputs == "states":
            if len(taken) > 1:
                named["initial_state"] = taken[1:]
            return Call(owner, (taken[0],), named)
        return Call(owner, tuple(taken if len(taken) > 1 else taken * 2), named)


def _is_sequential(graph: Graph) -> bool:
    """Whether each layer takes one tensor, that of the layer before, and nothing else is used."""
    names = [*graph.inputs, *(node.name for node in graph.nodes)]
    return (
        len(graph.inputs) == 1
        and graph.outputs == (graph.nodes[-1].name,)
        and all(node.sources == (before,) for before, node in zip(names, graph.nodes, strict=False))
        and all(node.shared is None and not states_of(node) for node in graph.nodes)
        and all(not node.layer.merges or row_of(node.layer).inputs == "states" for node in graph.nodes)
    )
