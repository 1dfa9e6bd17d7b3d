"""build_model(): the network as `keras.Sequential`, or by the functional API."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import Any

from nnctl.interop.keras.graph import Call, KerasLayer, KerasModel, Tensor
from nnctl.interop.keras_code.formatting import (
    STEP,
    Bracket,
    Expression,
    call,
    listed,
    made,
    named,
    snake,
    statement,
    text,
    value_of,
)

RESERVED = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "keras", "layers", "np", "Path"))


def build_model_code(model: KerasModel, dtype: str) -> list[str]:
    """The lines of the function."""
    lines = ["def build_model():", f'{STEP}"""The network, with new weights."""']
    if dtype != "float32":
        lines.append(f'{STEP}keras.config.set_floatx("{dtype}")')
    body = _sequential(model) if model.sequential else _Functional(model).lines()
    return [*lines, *body]


def layer_code(layer: KerasLayer) -> Bracket:
    """The call that makes a layer, with its name."""
    given = layer.made
    if given.name == "InputLayer":
        arguments = given.arguments
        dtype = {} if arguments["dtype"].startswith("float") else {"dtype": text(arguments["dtype"])}
        return call("keras.Input", value_of(arguments["batch_shape"][1:]), **dtype, name=text(layer.name))
    expression = made(given)
    assert isinstance(expression, Bracket)
    return Bracket(expression.head, (*expression.items, named("name=", text(layer.name))), expression.tail)


def _sequential(model: KerasModel) -> list[str]:
    items = [layer_code(layer) for layer in model.layers.values()]
    # one layer a line, also where all would fit into one
    lines = [line for item in items for line in statement(item.then(","), STEP * 3)]
    return [f"{STEP}return keras.Sequential(", f"{STEP * 2}[", *lines, f"{STEP * 2}],",
            f"{STEP * 2}name={text(model.name)},", f"{STEP})"]  # fmt: skip


class _Functional:
    """variables: of each tensor (layer, call, output). makers: of the layers that are called more than once."""

    def __init__(self, model: KerasModel):
        self.model = model
        self.explicit = needs_masks(model)
        self.variables: dict[tuple[str, int, int], str] = {}
        self.makers: dict[str, str] = {}
        self.taken: set[str] = set(RESERVED)

    def lines(self) -> list[str]:
        lines = []
        for tensor in self.model.inputs:
            lines += self._assign([tensor], layer_code(self.model.layers[tensor.layer]))
        seen: dict[str, int] = {}
        for each in self.model.calls:
            number = seen.setdefault(each.layer, 0)
            seen[each.layer] += 1
            if self._is_for_masks_only(each) and not self.explicit:
                continue
            lines += self._call(each, number)
        inputs = [self._variable(tensor) for tensor in self.model.inputs]
        outputs = [self._variable(tensor) for tensor in self.model.outputs]
        ends: list[Expression] = [each[0] if len(each) == 1 else listed(each) for each in (inputs, outputs)]
        return [*lines, *statement(call("return keras.Model", *ends, name=text(self.model.name)), STEP)]

    def _call(self, each: Call, number: int) -> list[str]:
        layer = self.model.layers[each.layer]
        arguments = [self._argument(value) for value in each.arguments]
        more = {name: self._argument(value) for name, value in each.named.items()
                if self.explicit or not _is_mask(name)}  # fmt: skip
        outputs = [Tensor(each.layer, number, output) for output in range(each.outputs)]
        if not layer.is_layer:
            more |= {name: value_of(value) for name, value in layer.made.arguments.items() if value is not False}
            return self._assign(outputs, call(f"keras.ops.{snake(layer.made.name)}", *arguments, **more))
        lines = []
        again = len(self.model.calls_of(each.layer)) > 1
        if again and number == 0:
            self.makers[each.layer] = self._free(f"{each.layer}_layer")
            lines = statement(layer_code(layer).before(f"{self.makers[each.layer]} = "), STEP)
        if again:
            return [*lines, *self._assign(outputs, call(self.makers[each.layer], *arguments, **more))]
        taken = ", ".join(self._flat(value) for value in (*arguments, *(named(f"{k}=", v) for k, v in more.items())))
        return self._assign(outputs, layer_code(layer).then(f"({taken})"), "return_attention_scores" in each.named)

    def _assign(self, outputs: list[Tensor], value: Bracket, first_of_two: bool = False) -> list[str]:
        """variable = value."""
        names = [self._new(tensor) for tensor in outputs] + (["_"] if first_of_two else [])
        return statement(value.before(f"{', '.join(names)} = "), STEP)

    def _is_for_masks_only(self, each: Call) -> bool:
        return not self.model.layers[each.layer].is_layer and self.model.layers[each.layer].made.name != "Add"

    # Variables

    def _new(self, tensor: Tensor) -> str:
        key = (tensor.layer, tensor.call, tensor.output)
        base = self.model.names.get(key, tensor.layer)
        self.variables[key] = self._free(base)
        return self.variables[key]

    def _variable(self, tensor: Tensor) -> str:
        return self.variables[(tensor.layer, tensor.call, tensor.output)]

    def _free(self, base: str) -> str:
        name = re.sub(r"\W", "_", base)
        name = name if name.isidentifier() else f"x_{name}"
        name = next(each for each in (name, *(f"{name}_{i}" for i in range(2, 9999))) if each not in self.taken)
        self.taken.add(name)
        return name

    def _argument(self, value: Any) -> Expression:
        if isinstance(value, list):
            return listed([self._argument(each) for each in value])
        return self._variable(value) if isinstance(value, Tensor) else value_of(value)

    def _flat(self, value: Expression) -> str:
        return value if isinstance(value, str) else value.flat()


def _is_mask(name: str) -> bool:
    return name in ("mask", "query_mask", "value_mask", "key_mask")


def needs_masks(model: KerasModel) -> bool:
    """Whether the script must say where masks go: Keras hands them on by itself only to layers of one tensor."""
    for each in model.calls:
        masks = [value for name, value in each.named.items() if _is_mask(name)]
        flat = [mask for mask in masks for mask in (mask if isinstance(mask, list) else [mask])]
        others = [tensor for tensor in each.tensors if tensor not in flat]
        if flat and len(others) > 1:
            return True
        if model.layers[each.layer].made.name == "Add" and not model.layers[each.layer].is_layer:
            return True
    return False
