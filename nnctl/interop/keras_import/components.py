"""nnctl's layers and other components for Keras' objects, as a config writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnctl.components.component import Declared, plain
from nnctl.components.registry import Choice
from nnctl.errors import InputError
from nnctl.interop.keras.layers import ROWS, Row
from nnctl.interop.keras.objects import INITIALIZERS, REGULARIZERS
from nnctl.nn.activations.base import activations
from nnctl.nn.initializers import initializers
from nnctl.nn.layers.base import layers
from nnctl.nn.regularizers import regularizers

# Arguments that say nothing about what a model computes, and values that mean that an argument is not used.
IGNORED = frozenset((
    "name", "dtype", "seed", "unroll", "zero_output_for_mask", "renorm_momentum", "renorm_clipping", "autocast",
    "quantization_config", "lora_rank", "lora_alpha", "input_axes", "output_axes",
))  # fmt: skip
UNUSED: tuple[Any, ...] = (None, False, "channels_last", -1, [])
Given = Mapping[str, Any]


def shorter(value: Any) -> Any:
    """A number that Keras rounded to float32, as it was written: 0.0010000000474974513 -> 0.001."""
    if isinstance(value, list):
        return [shorter(each) for each in value]
    if not isinstance(value, float) or not abs(value) < 1e38:
        return value
    single = np.float32(value)
    return float(str(single)) if float(single) == value else value


def class_of(given: Any) -> tuple[str, Given]:
    """(class, config) of an object of Keras. Raises InputError for one of another package."""
    module = given.get("module") or ""
    name, config = given["class_name"], given["config"]
    if given.get("registered_name") not in (None, name) or not (module == "keras" or module.startswith("keras.")):
        raise InputError(f"{module + '.' if module else ''}{name} is not a part of Keras")
    if not isinstance(config, dict):
        raise InputError(f"{name} has no config")
    return name, config


def layer_entry(given: Any) -> dict[str, Any]:
    """{kind: arguments} of a layer, those that are not defaults. Raises InputError for what nnctl does not have."""
    kind, config = class_of(given)
    if kind not in ROWS:
        raise InputError(f"nnctl has no layer {kind}", hint=f"it knows {', '.join(sorted(ROWS))}")
    return {kind: _arguments(kind, ROWS[kind], config)}


def _arguments(kind: str, row: Row, config: Given) -> dict[str, Any]:
    fields = layers[kind].model_fields
    named = {row.renamed.get(field, field): field for field in fields if field not in row.call}
    arguments = {}
    for name, value in config.items():
        if name not in named:
            if (name, value) == ("attention_axes", [1]):  # the time steps of (rows, steps, features)
                continue
            if name not in IGNORED and not any(value is each or value == each for each in UNUSED):
                raise InputError(f"{kind} has {name}: {_shown(value)}, which nnctl does not have")
        else:
            arguments[named[name]] = _argument(fields[named[name]], name, value)
    if kind == "Bidirectional":
        _without_copy(arguments)
    if isinstance(arguments.get("axis"), list) and len(arguments["axis"]) == 1:
        [arguments["axis"]] = arguments["axis"]
    try:
        made = layers.build({kind: arguments})
    except ValueError as error:  # pydantic's
        raise InputError(
            f"{kind} has arguments that nnctl does not take: {str(error).splitlines()[-1].strip()}"
        ) from None
    return short(made)


def short(made: Declared) -> dict[str, Any]:
    """A component's arguments that are not defaults, as a config writes them."""
    fields = type(made).model_fields
    usual = type(made)(**{name: getattr(made, name) for name in fields if fields[name].is_required()})
    return {name: plain(getattr(made, name)) for name in fields
            if fields[name].is_required() or getattr(made, name) != getattr(usual, name)}  # fmt: skip


def _argument(field: Any, name: str, value: Any) -> Any:
    """An argument of a layer as a config writes it."""
    families = [mark.family for mark in field.metadata if isinstance(mark, Choice)]
    if value is None or not families:
        return shorter(value)
    [family] = families
    if family is layers:
        return layer_entry(value)
    if family is activations:
        return activation(value)
    if family is initializers:
        return _object(value, "initializer", {own: kind for kind, own in INITIALIZERS.items()})
    if family is regularizers:
        return _object(value, "regularizer", {own: kind for kind, own in REGULARIZERS.items()})
    raise InputError(f"{name} cannot be imported")


def activation(given: Any) -> Any:
    """An activation: a function's name, or a layer that computes it with arguments."""
    if isinstance(given, dict) and given.get("class_name") == "function":
        given = given.get("config")
    if isinstance(given, str):
        if given not in activations:
            raise InputError(f"nnctl has no activation {given!r}", hint=f"it knows {', '.join(sorted(activations))}")
        return given
    kind, config = class_of(given)
    kinds = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "Gelu": "gelu", "Softmax": "softmax"}
    if kind not in kinds:
        raise InputError(f"nnctl has no activation {kind}", hint=f"it knows {', '.join(sorted(activations))}")
    fields = activations[kinds[kind]].model_fields
    return {kinds[kind]: {name: shorter(value) for name, value in config.items() if name in fields}}


def _object(given: Any, noun: str, kinds: Mapping[str, str]) -> Any:
    if isinstance(given, str):
        return given
    name, config = class_of(given)
    if name not in kinds:
        raise InputError(f"nnctl has no {noun} {name}", hint=f"it knows {', '.join(sorted(kinds))}")
    return {kinds[name]: {key: shorter(value) for key, value in config.items() if key not in IGNORED}}


def _without_copy(arguments: dict[str, Any]) -> None:
    """Removes a backward layer that is what nnctl makes without one: the forward layer, in the other direction."""
    [(kind, ahead)], [(other, back)] = arguments["layer"].items(), (arguments.get("backward_layer") or {"": {}}).items()
    opposite = {**ahead, "go_backwards": not ahead.get("go_backwards", False)}
    if not opposite["go_backwards"]:
        del opposite["go_backwards"]
    if (kind, opposite) == (other, back):
        del arguments["backward_layer"]


def _shown(value: Any) -> str:
    text = str(value.get("class_name") or value) if isinstance(value, dict) else repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."
