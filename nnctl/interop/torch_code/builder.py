"""The module's code: one walk over the graph, in which each layer adds its lines to `__init__` and to `forward`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nnctl.engine.graph import Graph, Node, states_of
from nnctl.errors import InputError
from nnctl.interop.torch_code.activations import applied
from nnctl.interop.torch_code.calls import Call, Result, Tensor
from nnctl.interop.torch_code.copied import definitions
from nnctl.interop.torch_code.layers import LAYERS
from nnctl.interop.torch_code.module_names import ATTRIBUTES
from nnctl.interop.torch_code.python_text import IN_TRAINING, RESERVED, identifier
from nnctl.interop.torch_code.statements import REFERENCE, Statements
from nnctl.nn.layers.activation import Applies
from nnctl.nn.layers.base import Array

# The axes of a tensor in PyTorch's order, by their number without the rows.
AXES = {2: ("rows", "features", "steps"), 3: ("rows", "channels", "height", "width")}


@dataclass
class Builder:
    """The parts of the generated class.

    weights, trainable: nnctl's, by "layer/kernel". lengths: the inputs that come with lengths. fused: the outputs whose
    last activation the loss includes.

    inputs, lengths_of: the parameters of forward by input. init: the lines of `__init__`, with comments. state: the
    weights by PyTorch's names. tensors: by the names of inputs, layers and states. outputs: the variables that the body
    returns. after: the activations that `forward` applies to them. names: the
    attributes of the nodes that own weights. masks: which steps are real, by output. still: the attributes that are in
    inference mode in training, too. differs: what training does differently from nnctl, as sentences.
    """

    graph: Graph
    weights: Mapping[str, Array]
    trainable: Collection[str]
    lengths: Collection[str]
    fused: Collection[str]
    inputs: dict[str, str] = field(default_factory=dict)
    lengths_of: dict[str, str] = field(default_factory=dict)
    init: list[tuple[str, str]] = field(default_factory=list)
    state: dict[str, Array] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    body: Statements = field(init=False)
    names: dict[str, str] = field(default_factory=dict)
    masks: dict[str, str] = field(default_factory=dict)
    still: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        graph = self.graph
        taken = {*RESERVED, *IN_TRAINING, *definitions()}
        for name in graph.inputs:
            self.inputs[name] = "x" if len(graph.inputs) == 1 else identifier(name, taken | set(self.inputs.values()))
        taken |= set(self.inputs.values())
        for name in (each for each in graph.inputs if each in self.lengths):
            wanted = "lengths" if len(graph.inputs) == 1 else identifier(f"{self.inputs[name]}_lengths", taken)
            self.lengths_of[name] = wanted
            taken.add(wanted)
        self.body = Statements([*self.inputs.values(), *self.lengths_of.values()])
        self._attributes: dict[tuple[str, str], str] = {}
        for node in graph.nodes:
            if node.shared is None:
                self.names[node.name] = self.attribute(node.name, node.name)
        for name in graph.inputs:
            self.tensors[name] = self._given(name)
        for node in graph.nodes:
            self._add(node)
            self.body.end_layer()
        for name in graph.outputs:
            tensor = self.ordered(self.tensors[name], first=False)
            self.outputs.append(tensor.code)
            if tensor.mask:
                self.masks[name] = tensor.mask

    def attribute(self, owner: str, wanted: str) -> str:
        """The attribute of a node that is to have this name, or one like it if the name is taken."""
        if (owner, wanted) not in self._attributes:
            methods = {"real_steps", *(f"real_steps_of_{identifier(name, ())}" for name in self.graph.outputs)}
            self._attributes[owner, wanted] = identifier(wanted, {*ATTRIBUTES, *methods, *self._attributes.values()})
        return self._attributes[owner, wanted]

    @property
    def output_names(self) -> list[str]:
        """A variable for each output, where the model is called."""
        if len(self.graph.outputs) == 1:
            return ["prediction"]
        names: list[str] = []
        for output in self.graph.outputs:
            names.append(identifier(output, {*RESERVED, *IN_TRAINING, *definitions(), *self.inputs.values(), *names}))
        return names

    @property
    def parameters(self) -> list[str]:
        """The parameters of forward: the inputs, and the lengths of those whose padding matters."""
        return [*self.inputs.values(), *self.body.used(list(self.lengths_of.values()), ", ".join(self.outputs))]

    @property
    def in_training(self) -> list[str]:
        """The parameters of train: those of forward, and the lengths that only the losses need."""
        used = {name for mask in self.masks.values() for name in self.parameters_of(mask)}
        return [*self.parameters, *(name for name in self.lengths_of.values()
                                    if name in used and name not in self.parameters)]  # fmt: skip

    def parameters_of(self, mask: str) -> list[str]:
        """The parameters of the method that gives the mask of an output."""
        return self.body.used([*self.inputs.values(), *self.lengths_of.values()], mask)

    def mask_method(self, output: str) -> str:
        """The name of that method."""
        return "real_steps" if len(self.masks) == 1 else f"real_steps_of_{identifier(output, ())}"

    def lines(self) -> list[str]:
        """The body of forward, or of logits where `after` is not empty."""
        return self.body.lines(", ".join(self.outputs))

    def ordered(self, tensor: Tensor, first: bool) -> Tensor:
        """The tensor with its features right after the rows, or last."""
        rank = len(tensor.shape)
        if tensor.first == first or rank < 2:
            return replace(tensor, first=first)
        if rank == 2:
            value = f"{tensor.code}.transpose(1, 2)"
        else:
            order = (0, rank, *range(1, rank)) if first else (0, *range(2, rank + 1), 1)
            value = f"{tensor.code}.permute{order}"
        moved = self.body.variable(f"{tensor.name}_{'first' if first else 'last'}", passing=True)
        words = AXES.get(rank)
        self.body.assign(
            moved, value, f"({', '.join(words if first else (words[0], *words[2:], words[1]))})" if words else ""
        )
        return replace(tensor, code=moved, first=first)

    def trains(self, owner: str, prefix: str = "") -> bool:
        """Whether any weight of a node, whose name begins so, is trained."""
        return any(key.startswith(f"{owner}/{prefix}") for key in self.trainable)

    def add_module(self, name: str, code: str, weights: Mapping[str, Array | None], comment: str,
                   fixed: Collection[str] | None) -> None:  # fmt: skip
        """A line of `__init__`. fixed: weights that are not trained, None for all."""
        self.init.append((f"self.{name} = {code}", comment))
        if weights and fixed is None:
            self.init.append((f"self.{name}.requires_grad_(False)", "trainable: false"))
        for weight in fixed or ():
            self.init.append((f"self.{name}.{weight}.requires_grad_(False)", ""))
        for weight, value in weights.items():
            if value is not None:
                self.state[f"{name}.{weight}"] = np.asarray(value, order="C")

    def _given(self, name: str) -> Tensor:
        """An input."""
        code = self.body.parameter(self.inputs[name])
        if name not in self.lengths_of:
            return Tensor(code, self.graph.shapes[name], name=self.inputs[name])
        mask = self.body.variable("mask")
        lengths = self.body.parameter(self.lengths_of[name])
        steps = f"torch.arange({code}.shape[1], device={code}.device)"
        self.body.assign(mask, f"{steps} < {lengths}[:, None]", "which steps are real")
        return Tensor(code, self.graph.shapes[name], mask=mask, name=self.inputs[name])

    def _add(self, node: Node) -> None:
        """The statements of a node."""
        owner = self.graph.owner(node)
        own = {key.removeprefix(f"{owner}/"): value for key, value in self.weights.items()
               if key.startswith(f"{owner}/")}  # fmt: skip
        tensors = [self.tensors[source] for source in node.sources]
        if node.name in self.fused and isinstance(node.layer, Applies):
            self.after[node.name], self.tensors[node.name] = node.layer.function, tensors[0]
            return
        call = Call(node.layer, self.names[owner], owner, tensors, self.graph.shapes[node.name], own,
                    not self.trains(owner), self, node.shared is None)  # fmt: skip
        result = self.translated(call)
        value, function = result.value, node.layer.outer_activation()
        mask = call.mask if result.mask is None and node.layer.passes_mask else result.mask
        tensor = Tensor("", call.output, result.first and len(call.output) > 1, mask, identifier(node.name, ()))
        if node.name in self.fused:
            self.after[node.name] = function
        else:
            value = applied(function, value, tensor.axis)
        self.tensors[node.name] = replace(tensor, code=self._named(value, result.comment, node, call))
        states = zip(states_of(node), result.states, strict=False) if states_of(node) else ()
        for name, state in states:
            code = identifier(name, ())
            self.tensors[name] = Tensor(call.let(code, state, passing=True), self.graph.shapes[name], name=code)

    def _named(self, value: str, comment: str, node: Node, call: Call) -> str:
        """The variable with that value, which may be one already: an input where the layer does nothing."""
        if REFERENCE.fullmatch(value):
            if comment:
                self.body.remark(comment)
            return value
        code = self.body.variable(identifier(node.name, ()), passing=True)
        self.body.assign(code, value, comment)
        return code

    def translated(self, call: Call) -> Result:
        """What the layer's function adds. Raises InputError for a layer that is not in the table."""
        function = LAYERS.get(call.layer.kind)
        if function is None:
            raise InputError(f"layer {call.owner!r} ({call.layer.kind}) cannot be written in PyTorch",
                             hint="train a model of nnctl's own layers")  # fmt: skip
        result: Result = function(call)
        return result
