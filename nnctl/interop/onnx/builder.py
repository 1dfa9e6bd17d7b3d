"""Writes the nodes of an ONNX graph: their names, their constants and weights, and which of them are used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnctl.extras import require

Array = np.ndarray
Shape = tuple[int | None, ...]

# The versions of the operators and of the file format: of 2022, which every runtime in use reads.
OPSET, ML_OPSET, IR = 17, 3, 8
ML = "ai.onnx.ml"


@dataclass(frozen=True)
class Tensor:
    """A tensor of the graph: its name, its shape without the batch axis (None is a length that varies), and the name of
    its mask, (batch, steps) bool, False where a step is padding."""

    name: str
    shape: Shape
    mask: str | None = None

    @property
    def rank(self) -> int:
        """The number of axes, with the batch axis."""
        return len(self.shape) + 1


class Builder:
    """A graph that is being written. A node's inputs are names of tensors; a number or an array stands for a constant
    (float32 from a Python number), a list of integers for an int64 constant, None for an input that is left out.

    scope: the beginning of the names of new tensors: the layer that is being written.
    channels_first: the name of a tensor (rows, *positions, channels) -> that of the same values as (rows, channels,
    *positions), for those that have been computed in this order.
    """

    def __init__(self, root: Builder | None = None):
        self.onnx: Any = require("onnx", "exporting to ONNX")
        self.scope = ""
        self.nodes: list[Any] = []
        self.channels_first: dict[str, str] = {}
        self._root = root or self
        if root is None:
            self.inputs: dict[str, Any] = {}
            self.outputs: dict[str, Any] = {}
            self._initializers: dict[str, Any] = {}
            self._constants: dict[Any, str] = {}
            self._taken: set[str] = set()

    # Nodes

    def add(self, op: str, *inputs: Any, **attributes: Any) -> str:
        """A node with one output; returns the output's name."""
        [output] = self.several(op, *inputs, outputs=1, **attributes)
        return output

    def several(self, op: str, *inputs: Any, outputs: int, domain: str = "", **attributes: Any) -> list[str]:
        """A node with several outputs; returns their names."""
        scope = self._root.scope or "model"
        name = self.unused(f"{scope}/{op}")
        results = [name if i == 0 else self.unused(f"{scope}/{op}_output") for i in range(outputs)]
        given = [self.name(x) for x in inputs]
        self.nodes.append(self.onnx.helper.make_node(op, given, results, name=name, domain=domain, **attributes))
        return results

    def name(self, x: Any) -> str:
        """The name of an input of a node, which may be a constant."""
        if x is None:
            return ""
        if isinstance(x, str):
            return x
        if isinstance(x, Tensor):
            return x.name
        if isinstance(x, list):
            return self.constant(np.array(x, np.int64))
        return self.constant(np.asarray(x, None if isinstance(x, np.ndarray | np.generic) else np.float32))

    def unused(self, name: str) -> str:
        """The name, with a number if it is taken."""
        taken, new, n = self._root._taken, name, 2
        while new in taken:
            new, n = f"{name}_{n}", n + 1
        taken.add(new)
        return new

    # Constants

    def constant(self, value: Array) -> str:
        """A constant; the same value is stored once."""
        words = tuple(value.reshape(-1)) if value.dtype.kind in "OU" else value.tobytes()
        key = (value.dtype.str, value.shape, words)
        known = self._root._constants
        if key not in known:
            known[key] = self._store(self.unused("constant"), value)
        return known[key]

    def weight(self, name: str, value: Array) -> str:
        """A weight by its name in nnctl; one that several layers use is stored once."""
        key = (name, value.shape, value.tobytes())
        known = self._root._constants
        if key not in known:
            known[key] = self._store(self.unused(name), np.ascontiguousarray(value, dtype=np.float32))
        return known[key]

    def _store(self, name: str, value: Array) -> str:
        if value.dtype.kind in "OU":
            words = [str(word).encode() for word in value.reshape(-1)]
            tensor = self.onnx.helper.make_tensor(name, self.onnx.TensorProto.STRING, value.shape, words)
        else:
            tensor = self.onnx.numpy_helper.from_array(value, name)
        self._root._initializers[name] = tensor
        return name

    # What is often needed

    def cast(self, x: str, to: str) -> str:
        """x as another type: "FLOAT", "INT64", "BOOL"."""
        return self.add("Cast", x, to=getattr(self.onnx.TensorProto, to))

    def transpose(self, x: str, order: Sequence[int]) -> str:
        return x if list(order) == list(range(len(order))) else self.add("Transpose", x, perm=list(order))

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        """As NumPy's reshape; 0 keeps the size of an axis."""
        return self.add("Reshape", x, list(shape))

    def length(self, x: str, axis: int, known: int | None) -> str:
        """The size of an axis, int64 (1,)."""
        if known is not None:
            return self.name([known])
        return self.add("Slice", self.add("Shape", x), [axis], [axis + 1])

    def positions(self, x: str, axis: int, known: int | None) -> str:
        """0, 1, 2, ... along an axis: int64 (size,)."""
        if known is not None:
            return self.constant(np.arange(known, dtype=np.int64))
        count = self.add("Squeeze", self.length(x, axis, known), [0])
        return self.add("Range", self.constant(np.array(0, np.int64)), count, self.constant(np.array(1, np.int64)))

    def features_of_mask(self, mask: str) -> str:
        """A mask as 0 and 1 with an axis for features: (batch, steps, 1) float32."""
        return self.add("Unsqueeze", self.cast(mask, "FLOAT"), [-1])

    def first(self, x: Tensor) -> str:
        """x with the channels before the positions."""
        if x.name not in self.channels_first:
            self.channels_first[x.name] = self.transpose(x.name, [0, x.rank - 1, *range(1, x.rank - 1)])
        return self.channels_first[x.name]

    def last(self, y: str, rank: int) -> str:
        """A result with the channels before the positions, with them at the end; that it was first is remembered, so
        that a following layer reads it without a transpose, and `used` removes the one here if nothing needs it."""
        result = self.transpose(y, [0, *range(2, rank), 1])
        self.channels_first[result] = y
        return result

    def sum_to_one(self, x: str) -> bool:
        """Whether a tensor is a softmax over its last axis."""
        return any(node.op_type == "Softmax" and x in node.output for node in self.nodes)

    # The graph

    def input(self, name: str, kind: str, shape: Sequence[int | None], doc: str = "") -> str:
        """Declares an input. kind: "FLOAT", "STRING", ...; shape: without the batch axis."""
        self._taken.add(name)
        self.inputs[name] = self._described(name, kind, shape, doc)
        return name

    def output(self, x: str, name: str, kind: str, shape: Sequence[int | None], doc: str = "") -> None:
        """Makes a tensor an output of this name, which must be reserved before (see `unused`)."""
        self.nodes.append(self.onnx.helper.make_node("Identity", [x], [name], name=self.unused(f"{name}/Identity")))
        self.outputs[name] = self._described(name, kind, shape, doc)

    def _described(self, name: str, kind: str, shape: Sequence[int | None], doc: str = "") -> Any:
        axes = ["batch", *(f"{name}_axis_{at}" if n is None else n for at, n in enumerate(shape, 1))]
        return self.onnx.helper.make_tensor_value_info(name, getattr(self.onnx.TensorProto, kind), axes, doc)

    def body(self) -> Builder:
        """The graph of a loop's body, whose nodes may use tensors of this one."""
        return Builder(self._root)

    def graph(self, name: str, doc: str = "") -> Any:
        """The finished graph, without nodes and constants that no output needs."""
        nodes = used(self.nodes, self.outputs)
        names = {each for node in nodes for each in names_in(node)}
        kept = [tensor for name, tensor in self._initializers.items() if name in names]
        return self.onnx.helper.make_graph(nodes, name, list(self.inputs.values()), list(self.outputs.values()), kept,
                                           doc)  # fmt: skip


def used(nodes: Sequence[Any], outputs: Any) -> list[Any]:
    """The nodes that these outputs depend on."""
    needed, kept = set(outputs), []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            needed |= names_in(node)
            kept.append(node)
    return kept[::-1]


def names_in(node: Any) -> set[str]:
    """The names of all tensors that a node reads, also in the bodies of its loops."""
    names = set(node.input)
    for attribute in node.attribute:
        names |= {name for inner in attribute.g.node for name in names_in(inner)}
        names |= {output.name for output in attribute.g.output}
    return names


@dataclass(frozen=True)
class Weights:
    """The weights of a layer: arrays by name. owner: the layer that has them."""

    builder: Builder
    owner: str
    arrays: Mapping[str, Array] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    def stored(self, name: str, value: Array | None = None) -> str:
        """The weight as a constant of the graph. value: the weight as the operator wants it, if in another layout."""
        return self.builder.weight(f"{self.owner}/{name}", self.arrays[name] if value is None else value)

    def inside(self, name: str) -> Weights:
        """The weights below a name: those of `forward/kernel` is `kernel`."""
        below = {key.removeprefix(f"{name}/"): w for key, w in self.arrays.items() if key.startswith(f"{name}/")}
        return Weights(self.builder, f"{self.owner}/{name}", below)
