"""A Sequential or Functional model of Keras as the entries of `layers:`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnctl.config.connections import SPECIAL
from nnctl.engine.graph import Node
from nnctl.errors import InputError
from nnctl.interop.keras.graph import Tensor
from nnctl.interop.keras.layers import ROWS
from nnctl.interop.keras.masks import All, Mask, mask_after
from nnctl.interop.keras_import.components import layer_entry
from nnctl.nn.layers.base import layers

Key = tuple[str, int, int]  # a tensor: the layer's name in Keras, the number of the call, the number of the output
ANY = All(Tensor(""))  # some mask
# Operations of keras.ops that do what the layer of the same name does.
OF_TWO_TENSORS = ("Add", "Subtract", "Multiply", "Maximum", "Minimum")
MASKS = ("mask", "query_mask", "value_mask", "key_mask")
SILENT = (*MASKS, "training", "return_attention_scores")  # arguments of a call that need not be written


@dataclass
class Network:
    """What a config says of it.

    inputs: name -> shape. entries: {kind: arguments} or {"shared": arguments}, with their names. outputs: names.
    order: (name in Keras, class) of the layers in the model's order, by which the file numbers weights. names: name in
    Keras -> name in the config.
    """

    inputs: dict[str, list[int | None]] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    order: list[tuple[str, str]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)


def network_of(config: Any) -> Network:
    """The network of a config.json. Raises InputError, which names the layer, for what nnctl does not have."""
    kind = config["class_name"]
    if kind not in ("Sequential", "Functional", "Model"):
        raise InputError(f"the model is a {kind}; only Sequential and Functional models can be imported",
                         hint="rebuild it from Keras' layers")  # fmt: skip
    reader = _Reader(config["config"]["layers"])
    return reader.sequential(config["config"]) if kind == "Sequential" else reader.functional(config["config"])


class _Reader:
    def __init__(self, given: list[Any]):
        self.given = given
        self.result = Network()
        self.tensors: dict[Key, str] = {}
        self.makes: dict[str, dict[str, Any]] = {}  # name in Keras -> {kind: arguments}
        self.operations: set[str] = set()  # names in Keras of those that are no layers
        self.masked: set[str] = set()  # the tensors that have a mask in nnctl

    # The two kinds of models

    def sequential(self, config: Any) -> Network:
        above, first = None, self.given[0] if self.given else None
        if first is None or first["class_name"] != "InputLayer":
            shape = config.get("build_input_shape")
            if not shape:
                raise InputError(
                    "the model has never been built, so it has no weights", hint="call it once, and save it"
                )
            above = self._input("input", shape)
        for each in self.given:
            name = self._declare(each)
            if each["class_name"] == "InputLayer":
                above = self._input(name, each["config"]["batch_shape"])
                continue
            assert above is not None  # the first layer has made an input
            self._add(name, [above], 0)
            above = self.tensors[name, 0, 0]
        if not self.result.entries:
            raise InputError("the model has no layers")
        self.result.outputs = [str(above)]
        return self.result

    def functional(self, config: Any) -> Network:
        waiting: list[tuple[str, int, Any]] = []
        for each in self.given:
            name = self._declare(each)
            if each["class_name"] == "InputLayer":
                self._input(name, each["config"]["batch_shape"])
            else:
                waiting += [(name, number, node) for number, node in enumerate(each["inbound_nodes"])]
        while waiting:
            left = []
            for name, number, node in waiting:
                first = number == 0 or (name, number - 1, 0) in self.tensors  # a layer's calls keep their order
                if first and all(key in self.tensors for key in _tensors(node)):
                    self._call(name, number, node)
                else:
                    left.append((name, number, node))
            if len(left) == len(waiting):
                raise InputError("the layers depend on each other in a circle")
            waiting = left
        self.result.outputs = [self._output(key) for key in _places(config["output_layers"])]
        order = [_places([key])[0][0] for key in _as_list(config["input_layers"])]
        self.result.inputs = {self.result.names[name]: self.result.inputs[self.result.names[name]] for name in order}
        return self.result

    # Layers

    def _declare(self, given: Any) -> str:
        """Notes a layer and its name."""
        name = given["config"]["name"]
        own = re.sub(r"[^\w-]", "_", name)[:90] or "layer"
        taken = {*self.result.names.values(), *SPECIAL}
        unused = next(each for each in (own, *(f"{own}_{i}" for i in range(2, 9999))) if each not in taken)
        self.result.names[name] = unused
        if self._is_operation(given):
            self.operations.add(name)
        else:
            self.result.order.append((name, given["class_name"]))
        if given["class_name"] != "InputLayer" and not self._is_mask(given):
            if self._is_operation(given) and given["class_name"] not in OF_TWO_TENSORS:
                what = f"the operation {given['class_name']} of keras.ops"
                raise InputError(f"{name!r} is {what}, which nnctl does not have", hint="use a layer instead")
            try:
                self.makes[name] = layer_entry(given)
            except InputError as error:
                [problem] = error.problems
                raise InputError(f"layer {name!r}: {problem.message}", hint=problem.hint) from None
        return str(name)

    def _is_operation(self, given: Any) -> bool:
        return str(given.get("module")).startswith("keras.src.ops")

    def _is_mask(self, given: Any) -> bool:
        """Whether it is an operation that computes a mask, as files have them: nnctl makes masks itself."""
        return self._is_operation(given) and given["class_name"] in (
            "NotEqual", "Equal", "Any", "All", "LogicalOr", "LogicalAnd", "Concatenate", "ExpandDims", "BroadcastTo",
            "OnesLike", "Ones", "Cast", "Squeeze", "Shape",
        )  # fmt: skip

    def _input(self, name: str, batch_shape: list[int | None]) -> str:
        own = self.result.names.setdefault(name, name)
        self.result.inputs[own] = list(batch_shape[1:])
        self.tensors[name, 0, 0] = own
        return own

    def _call(self, name: str, number: int, node: Any) -> None:
        if name not in self.makes:  # a mask
            self._check_mask(name, node)
            self.tensors[name, number, 0] = ""
            return
        [kind] = self.makes[name]
        row = ROWS[kind]
        if kind in OF_TWO_TENSORS and name in self.operations and len(_tensors(node)) != 2:
            raise InputError(f"{name!r} is the operation {kind} with a number, which nnctl does not have",
                             hint="use a Rescaling layer instead")  # fmt: skip
        named = {key: value for key, value in node["kwargs"].items() if value is not None and key not in SILENT}
        more = {key: True for key in row.call if named.pop(key, False)}
        starts = [self.tensors[key] for key in _places(named.pop("initial_state", []))]
        taken = [self.tensors[key] for value in (*node["args"], *(named.pop(k, None) for k in ("value", "key")))
                 for key in _places(value)]  # fmt: skip
        if named or "" in taken:
            what = f"is called with {next(iter(named))}" if named else "takes a mask as if it were a tensor"
            raise InputError(f"layer {name!r}: {kind} {what}, which nnctl does not have")
        taken = self._with_masks_of(name, node, taken)
        if row.inputs == "arguments" and len(set(taken)) == 1:
            taken = taken[:1]
        self._add(name, taken, number, starts, more)
        own = self.tensors[name, number, 0]
        shapes = [Tensor("", shape=tuple(shape[1:])) for shape in _shapes(node)]
        masks: list[Mask | None] = [ANY if each in self.masked else None for each in taken]
        layer: Any = layers.build({kind: {**self.makes[name][kind], **more}})
        if mask_after(Node(own, layer, tuple(taken)), shapes, masks) is not None:
            self.masked.add(own)

    def _with_masks_of(self, name: str, node: Any, taken: list[str]) -> list[str]:
        """The tensors that a call takes, with masks as the file has them: a Reshape ends a mask that the call does not
        take. Raises InputError for a mask that nnctl does not make."""
        [kind] = self.makes[name]
        if not ROWS[kind].masks or ROWS[kind].inputs == "arguments":
            return taken  # MultiHeadAttention finds the masks of its inputs when it is called
        given = [node["kwargs"].get(key) for key in ROWS[kind].masks]
        given = given[0] if isinstance(given[0], list) and _places(given[0]) else given
        found = []
        for place, tensor in enumerate(taken):
            mask = given[place] if place < len(given) else None
            if mask is not None and tensor not in self.masked:
                raise InputError(f"layer {name!r}: {kind} takes a mask that nnctl does not make of its input")
            found.append(
                tensor if mask is not None or tensor not in self.masked else self._unmasked(tensor, node, place)
            )
        return found

    def _unmasked(self, tensor: str, node: Any, place: int) -> str:
        """The name of the same tensor without its mask."""
        own = self._unused(f"{tensor.replace('.', '_')}_unmasked")
        shape = _shapes(node)[place][1:]
        if None in shape[1:]:
            raise InputError(f"a mask of {tensor!r} ends where nnctl would pass it on")
        target = [-1 if size is None else size for size in shape]
        self.result.entries.append({"Reshape": {"target_shape": target, "name": own, "from": tensor}})
        return own

    def _check_mask(self, name: str, node: Any) -> None:
        """Raises InputError for a mask that is not that of a Masking or an Embedding, which nnctl makes, too."""
        [given] = (each for each in self.given if each["config"]["name"] == name)
        if given["class_name"] != "NotEqual":
            return
        [key], [value] = _places(node["args"]), [each for each in node["args"] if not _places(each)]
        for each in self.given:
            config, inside = each["config"], each.get("inbound_nodes") or []
            makes = {"Masking": config.get("mask_value"), "Embedding": 0 if config.get("mask_zero") else None}
            if makes.get(each["class_name"]) == value and any(_places(other["args"]) == [key] for other in inside):
                return
        raise InputError(f"{name!r} compares a tensor with {value}, which is not the mask of a Masking or an Embedding",
                         hint="only masks that these layers make can be imported")  # fmt: skip

    def _add(self, name: str, taken: list[str], number: int, starts: list[str] | None = None,
             more: Mapping[str, Any] | None = None) -> None:  # fmt: skip
        [(kind, arguments)] = self.makes[name].items()
        own = self.result.names[name]
        entry = own if number == 0 else self._unused(f"{own}_{number + 1}")
        wiring: dict[str, Any] = {"name": entry}
        above = self.result.entries[-1] if self.result.entries else None
        last = next(iter(above.values()))["name"] if above else next(iter(self.result.inputs), "")
        if taken != [last] or (above is None and len(self.result.inputs) > 1):
            wiring["from"] = taken[0] if len(taken) == 1 else taken
        if starts:
            wiring["initial_state"] = starts
        self.result.entries.append({kind: {**arguments, **(more or {}), **wiring}} if number == 0 else
                                   {kind: {"shared": own, **wiring}})  # fmt: skip
        layer: Any = layers.build({kind: {**arguments, **(more or {})}})
        for output, state in enumerate(("", *layer.state_names())):
            self.tensors[name, number, output] = f"{entry}.{state}" if state else entry

    def _output(self, key: Key) -> str:
        """The name of an output; a state, or an input, is passed on by a layer, since outputs are layers."""
        name = self.tensors[key]
        if "." not in name and name not in self.result.inputs:
            return name
        own = self._unused(f"{name.replace('.', '_')}_output")
        self.result.entries.append({"Activation": {"activation": "linear", "name": own, "from": name}})
        return own

    def _unused(self, name: str) -> str:
        taken = {*self.result.names.values(), *(next(iter(e.values()))["name"] for e in self.result.entries)}
        return next(each for each in (name, *(f"{name}_{i}" for i in range(2, 9999))) if each not in taken)


def _shapes(node: Any) -> list[list[int | None]]:
    """The shapes of the tensors that a call takes, without those that are masks."""
    values = [*node["args"], *(node["kwargs"].get(key) for key in ("value", "key"))]
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return [each["config"]["shape"] for each in flat if isinstance(each, dict) and "config" in each]


def _tensors(node: Any) -> list[Key]:
    """The tensors that a call takes."""
    if not isinstance(node, dict):
        raise InputError("the file was written by Keras 2", hint="load it in Keras 3, and save it again")
    return [key for value in (*node["args"], *node["kwargs"].values()) for key in _places(value)]


def _places(value: Any) -> list[Key]:
    """The tensors in an argument of a call, or in `output_layers`."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        name, call, output = value["config"]["keras_history"]
        return [(name, call, output)]
    if isinstance(value, dict) and "class_name" not in value:  # outputs by name
        value = list(value.values())
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        return [(value[0], value[1], value[2])]
    return [key for each in value for key in _places(each)] if isinstance(value, list) else []


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return [value] if value and isinstance(value[0], str) else list(value)
