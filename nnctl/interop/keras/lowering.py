"""A model of nnctl as one of Keras."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from nnctl.data import Preprocessing
from nnctl.engine.graph import Graph, Node, states_of
from nnctl.engine.program import Program
from nnctl.errors import InputError
from nnctl.interop.keras.graph import Call, KerasLayer, KerasModel, Tensor
from nnctl.interop.keras.layers import keras_layer, row_of, weight_paths
from nnctl.interop.keras.masks import OPERATIONS, Differs, Mask, mask_after, mask_tensor, may_do_nothing
from nnctl.interop.keras.objects import KerasObject
from nnctl.nn.layers.base import Shape

# What marks a padded time step in an input whose padding nnctl knows from lengths: no data have it by chance.
PADDING = -1e9


def lower(program: Program, name: str, padded: Collection[str] = ()) -> KerasModel:
    """The model of a program, with its weights, in Keras.

    padded: inputs whose padded steps nnctl knows by lengths; in Keras they are those that are all `padding`.
    Raises InputError, which names the layer, for what Keras does not have.
    """
    return _Lowering(program, name, padded).run()


class _Lowering:
    """tensors, masks: by nnctl's name of an input, a layer or a state."""

    def __init__(self, program: Program, name: str, padded: Collection[str]):
        self.program, self.graph, self.padded = program, program.graph, padded
        self.dtype = program.dtype.name
        self.result = KerasModel(name, {}, [], [], [], sequential=False)
        self.tensors: dict[str, Tensor] = {}
        self.masks: dict[str, Mask | None] = {}
        self.made_masks: dict[Mask, Tensor] = {}
        self.has_masks = bool(padded) or any(node.layer.makes_mask for node in self.graph.nodes)

    def run(self) -> KerasModel:
        for name in self.graph.inputs:
            self._input(name)
        self.result.sequential = _is_list(self.graph) and not self._needs_masks_apart()
        for node in self.graph.nodes:
            self._node(node)
        self.result.outputs = [self.tensors[name] for name in self.graph.outputs]
        return self.result

    # Layers and their calls

    def _input(self, name: str) -> None:
        shape = self.graph.shapes[name]
        takers = {node.layer.kind for node in self.graph.nodes if name in node.sources}
        dtype = "int32" if takers == {"Embedding"} else self.dtype
        arguments = {"batch_shape": (None, *shape), "dtype": dtype}
        self.result.layers[name] = KerasLayer(name, KerasObject("keras.layers", "InputLayer", arguments))
        tensor = Tensor(name, shape=shape, dtype=dtype)
        self.result.inputs.append(tensor)
        self.tensors[name], self.masks[name] = tensor, None
        if name not in self.padded or len(shape) < 2:
            return
        self.result.padding[name] = 0.0
        if any(self._heeds_mask(node, tensor) for node in self.graph.nodes if name in node.sources):
            self.result.padding[name] = PADDING
            masking = KerasObject("keras.layers", "Masking", {"mask_value": PADDING})
            self.tensors[name] = self._apply(f"{name}_padding", masking, (tensor,), shape)
            self.masks[name] = Differs(tensor, PADDING, features=True)

    def _node(self, node: Node) -> None:
        owner = self.graph.owner(node)
        given = [self.masks[source] for source in node.sources]
        if owner not in self.result.layers:
            self.result.layers[owner] = self._layer(node, owner)
        taken = [self.tensors[source] for source in node.sources]
        if row_of(node.layer).inputs == "arguments":
            taken = [self._own_copy(source) for source in node.sources]
        call = self._call(node, owner, taken, given)
        number = len(self.result.calls_of(owner))
        outputs = (node.name, *states_of(node))
        self.result.calls.append(replace(call, outputs=len(outputs)))
        for output, name in enumerate(outputs):
            self.result.names[owner, number, output] = name
            self.tensors[name] = Tensor(owner, number, output, self.graph.shapes[name], self.dtype)
            self.masks[name] = None
        self.masks[node.name] = mask = mask_after(node, taken, given)
        shape = self.graph.shapes[node.name]
        if mask is None and given[0] is not None and may_do_nothing(node.layer, taken[0].shape, shape):
            plus_zero = KerasObject(OPERATIONS, "Add")
            self.tensors[node.name] = self._apply(f"{node.name}_unmasked", plus_zero,
                                                  (self.tensors[node.name], 0.0), shape)  # fmt: skip

    def _layer(self, node: Node, owner: str) -> KerasLayer:
        try:
            made = keras_layer(node.layer)
        except InputError as error:
            [problem] = error.problems
            raise InputError(f"layer {node.name!r}: {problem.message}", node.where, problem.hint) from None
        if node.layer.kind == "Softmax" and self.has_masks:  # Keras' layer would apply the mask to the classes
            made = KerasObject(made.module, "Activation", {"activation": "softmax"})
        weights = self.program.weights_of(owner)
        paths = weight_paths(node.layer, tuple(weights))
        arrays = {paths[name]: array for name, array in weights.items()}
        trained = frozenset(path for name, path in paths.items() if f"{owner}/{name}" in self.program.spans)
        return KerasLayer(owner, self._typed(made), arrays, trained, tuple(weights))

    def _typed(self, made: KerasObject) -> KerasObject:
        """The layer, and layers inside of it, with the type of its numbers."""
        inside = {name: self._typed(value) for name, value in made.arguments.items()
                  if isinstance(value, KerasObject) and value.module == made.module}  # fmt: skip
        return made.with_arguments(**inside, dtype=KerasObject("keras", "DTypePolicy", {"name": self.dtype}))

    def _call(self, node: Node, owner: str, taken: list[Tensor], masks: list[Mask | None]) -> Call:
        row = row_of(node.layer)
        named: dict[str, Any] = {name: True for name in row.call if getattr(node.layer, name)}
        listed = node.layer.merges and row.inputs == "list"
        if row.masks and not self.result.sequential:
            tensors = [mask and self._mask(mask) for mask in masks]
            if listed and any(tensors):
                named["mask"] = tensors
            elif not listed:
                named |= {name: mask for name, mask in zip(row.masks, tensors, strict=False) if mask}
        if listed:
            return Call(owner, (taken,), named)
        if row.inputs == "states" and len(taken) > 1:
            named["initial_state"] = taken[1:]
        if row.inputs == "arguments":
            if len(taken) == 1:
                named |= {"value_mask": named["query_mask"]} if "query_mask" in named else {}
                taken = taken * 2
            if "query_mask" in named or "value_mask" in named:
                named["return_attention_scores"] = True  # without them, Keras may compute padded steps in another way
            return Call(owner, tuple(taken), named)
        return Call(owner, (taken[0],), named)

    def _apply(self, name: str, made: KerasObject, arguments: tuple[Any, ...], shape: Shape) -> Tensor:
        """The output of a further layer or operation, of a name like this one."""
        taken = {*self.result.layers, *(node.name for node in self.graph.nodes)}
        unused = next(each for each in (name, *(f"{name}_{i}" for i in range(1, 9999))) if each not in taken)
        is_layer = made.module == "keras.layers"
        self.result.layers[unused] = KerasLayer(unused, self._typed(made) if is_layer else made)
        self.result.calls.append(Call(unused, arguments))
        return Tensor(unused, shape=shape, dtype=self.dtype if is_layer or made.name == "Add" else "bool")

    # Masks

    def _heeds_mask(self, node: Node, tensor: Tensor) -> bool:
        """Whether a mask of its input changes what a layer gives, or goes on."""
        masks: list[Mask | None] = [Differs(tensor, PADDING, features=True)] * len(node.sources)
        return bool(row_of(node.layer).masks) or mask_after(node, [tensor] * len(masks), masks) is not None

    def _mask(self, mask: Mask) -> Tensor:
        if mask not in self.made_masks:
            self.made_masks[mask] = mask_tensor(mask, self._apply)
        return self.made_masks[mask]

    def _own_copy(self, source: str) -> Tensor:
        """The tensor, or a copy where others use it, too: Keras' MultiHeadAttention takes the mask off its inputs."""
        if self.masks[source] is None or self.graph.consumers(source) == 1:
            return self.tensors[source]
        times_one = KerasObject("keras.layers", "Rescaling", {"scale": 1.0, "offset": 0.0})
        return self._apply(f"{source}_copy", times_one, (self.tensors[source],), self.graph.shapes[source])

    def _needs_masks_apart(self) -> bool:
        """Whether a list of layers would lose or keep a mask in Keras against nnctl."""
        shapes = self.graph.shapes
        return self.has_masks and any(
            may_do_nothing(node.layer, shapes[node.sources[0]], shapes[node.name]) for node in self.graph.nodes
        )


def _is_list(graph: Graph) -> bool:
    """Whether each layer takes one tensor, that of the layer before, and nothing else is used."""
    names = [*graph.inputs, *(node.name for node in graph.nodes)]
    return (
        len(graph.inputs) == 1
        and graph.outputs == (graph.nodes[-1].name,)
        and all(node.sources == (before,) for before, node in zip(names, graph.nodes, strict=False))
        and all(node.shared is None and not states_of(node) for node in graph.nodes)
        and all(not node.layer.merges or row_of(node.layer).inputs == "states" for node in graph.nodes)
    )


def padded_inputs(preprocessing: Preprocessing) -> tuple[str, ...]:
    """The inputs whose padded time steps nnctl knows by the lengths of the sequences."""
    return tuple(
        name
        for name, entry in preprocessing.inputs.items()
        if len(entry.shape) > 1 and (getattr(entry, "lengths", None) is not None or preprocessing.dataset.sequence)
    )
