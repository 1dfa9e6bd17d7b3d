"""The module's code: one walk over the graph, in which each layer adds its lines to `__init__` and to `forward`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nnctl.engine.graph import Graph, Node, states_of
from nnctl.errors import InputError
from nnctl.interop.torch_code.activations import applied
from nnctl.interop.torch_code.copied import definitions
from nnctl.interop.torch_code.layers import LAYERS
from nnctl.interop.torch_code.module_names import ATTRIBUTES
from nnctl.interop.torch_code.python_text import IN_TRAINING, RESERVED, identifier
from nnctl.interop.torch_code.statements import REFERENCE, Statements
from nnctl.nn.layers.activation import Applies
from nnctl.nn.layers.base import Array, Layer, Shape

# The axes of a tensor in PyTorch's order, by their number without the rows.
AXES = {2: ("rows", "features", "steps"), 3: ("rows", "channels", "height", "width")}


@dataclass(frozen=True)
class Tensor:
    """A tensor in `forward`.

    code: a variable. shape: without the rows, in the order of nnctl, features last. first: the features come right
    after the rows, as PyTorch's convolutions take them. mask: the variable that says which steps are real, or None.
    name: of the layer that it comes from.
    """

    code: str
    shape: Shape
    first: bool = False
    mask: str | None = None
    name: str = ""

    @property
    def axis(self) -> int:
        """The axis of the features."""
        return 1 if self.first else -1


@dataclass
class Call:
    """What a layer's function is given: the layer, its inputs and weights; and what it adds its code with.

    name: of the attribute. owner: the node whose weights it uses. shape: of the (first) input. weights: by nnctl's
    names. frozen: whether none is trained. owns: whether it shares the weights of no other layer.
    """

    layer: Any
    name: str
    owner: str
    tensors: list[Tensor]
    output: Shape
    weights: Mapping[str, Array]
    frozen: bool
    builder: Builder
    owns: bool = True

    @property
    def shape(self) -> Shape:
        return self.tensors[0].shape

    @property
    def first(self) -> bool:
        """Whether the features of the first input come right after its rows."""
        return self.tensors[0].first

    @property
    def mask(self) -> str | None:
        return self.tensors[0].mask

    def x(self, number: int = 0, *, first: bool = False) -> str:
        """The variable of an input, with its features last or right after the rows."""
        self.tensors[number] = tensor = self.builder.ordered(self.tensors[number], first)
        return tensor.code

    def same(self) -> str:
        """The variable of the first input, whatever the order of its axes."""
        return self.tensors[0].code

    def module(self, code: str, weights: Mapping[str, Array | None] | None = None, *, suffix: str = "",
               comment: str = "", fixed: Collection[str] = ()) -> str:  # fmt: skip
        """Adds `self.name = code` to `__init__`, with its weights by PyTorch's names, of which the `fixed` ones are
        not trained, and returns `self.name`. Does nothing for a layer that shares the weights of another."""
        name = f"{self.name}{suffix}"
        if self.owns:
            self.builder.add_module(name, code, weights or {}, comment, None if self.frozen else fixed)
        return f"self.{name}"

    def let(self, name: str, value: str, comment: str = "", *, passing: bool = False) -> str:
        """A statement that gives a value a name; returns the variable."""
        variable = self.builder.body.variable(name, passing=passing)
        self.builder.body.assign(variable, value, comment)
        return variable

    def variable(self, name: str, *, passing: bool = False) -> str:
        """A new variable, which `assign` gives a value. passing: it may be called x."""
        return self.builder.body.variable(name, passing=passing)

    def assign(self, targets: str, value: str) -> None:
        self.builder.body.assign(targets, value)

    def translate(self, call: Call) -> Result:
        """What the function of another layer, inside of this one, gives."""
        return translated(call)

    def differs(self, sentence: str) -> None:
        """Says what the layer does differently from nnctl in training."""
        if sentence not in self.builder.differs:
            self.builder.differs.append(sentence)

    def trains(self, prefix: str) -> bool:
        """Whether any weight whose name begins so is trained."""
        return self.builder.trains(self.owner, prefix)

    def result(self, value: str, *, first: bool = False, mask: str | None = None, comment: str = "",
               states: Sequence[str] = ()) -> Result:  # fmt: skip
        return Result(value, first, mask, comment, states)

    def alike(self, value: str, **more: Any) -> Result:
        """A result whose axes have the order of the first input's."""
        return Result(value, self.first, **more)


@dataclass(frozen=True)
class Result:
    """What a layer gives: its code, the order of its axes, its mask if it is not that of its input, a comment for its
    line. states: the code of its further outputs."""

    value: str
    first: bool = False
    mask: str | None = None
    comment: str = ""
    states: Sequence[str] = ()


@dataclass
class Builder:
    """The parts of the generated class.

    inputs: the parameter of forward for each input. init: the lines of `__init__`. weights: by PyTorch's names.
    outputs: the variables that the body returns. after: the activations that `forward` applies to them. names: the
    attributes of the nodes that own weights. masks: which steps are real, by output. still: the attributes that are in
    inference mode in training, too. differs: what training does differently from nnctl, as sentences.
    """

    graph: Graph
    weights: Mapping[str, Array]
    trainable: Collection[str]
    lengths: Collection[str]
    fused: Collection[str]
    inputs: dict[str, str] = field(init=False)
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
        self.inputs = {}
        for name in graph.inputs:
            self.inputs[name] = "x" if len(graph.inputs) == 1 else identifier(name, taken | set(self.inputs.values()))
        self.lengths_of = {name: "lengths" if len(graph.inputs) == 1 else f"{self.inputs[name]}_lengths"
                           for name in self.lengths}  # fmt: skip
        self.body = Statements([*self.inputs.values(), *self.lengths_of.values()])
        self._modules = {*ATTRIBUTES}
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
        if owner not in self.names:
            self.names[owner] = identifier(owner, self._modules)
            self._modules.add(self.names[owner])
        own = {key.removeprefix(f"{owner}/"): value for key, value in self.weights.items()
               if key.startswith(f"{owner}/")}  # fmt: skip
        tensors = [self.tensors[source] for source in node.sources]
        if node.name in self.fused and isinstance(node.layer, Applies):
            self.after[node.name], self.tensors[node.name] = node.layer.function, tensors[0]
            return
        call = Call(node.layer, self.names[owner], owner, tensors, self.graph.shapes[node.name], own,
                    not self.trains(owner), self, node.shared is None)  # fmt: skip
        result = translated(call)
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
            self.tensors[name] = Tensor(call.let(code, state), self.graph.shapes[name], name=code)

    def _named(self, value: str, comment: str, node: Node, call: Call) -> str:
        """The variable with that value, which may be one already: an input where the layer does nothing."""
        if REFERENCE.fullmatch(value):
            if comment:
                self.body.remark(comment)
            return value
        code = self.body.variable(identifier(node.name, ()), passing=True)
        self.body.assign(code, value, comment)
        return code


def translated(call: Call) -> Result:
    """What the layer's function adds. Raises InputError for a layer that is not in the table."""
    layer: Layer = call.layer
    function = LAYERS.get(layer.kind)
    if function is None:
        raise InputError(f"layer {call.name!r} ({layer.kind}) cannot be written in PyTorch",
                         hint="replace it with layers of nnctl, or export with --to onnx")  # fmt: skip
    return function(call)
