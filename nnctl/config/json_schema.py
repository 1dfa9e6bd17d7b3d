"""The JSON Schema of a config, made from the classes themselves, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any

from nnctl.components.registry import Choice, Declared, Family
from nnctl.config.callbacks import callbacks
from nnctl.config.types import EngineSpec, InputSpec
from nnctl.data.config import DatasetSpec
from nnctl.nn import losses, metrics, optimizers
from nnctl.nn.activations import activations
from nnctl.nn.initializers import initializers
from nnctl.nn.layers import layers
from nnctl.nn.regularizers import regularizers
from nnctl.nn.schedules import schedules

FAMILIES = {
    "layer": layers, "loss": losses.losses, "optimizer": optimizers.optimizers, "metric": metrics.metrics,
    "activation": activations, "initializer": initializers, "regularizer": regularizers,
    "schedule": schedules, "callback": callbacks,
}  # fmt: skip
NAMES = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
# What an entry of `layers:` takes besides its layer's own arguments.
WIRING = {"name": {"type": "string"}, "from": NAMES, "shared": {"type": "string"}}
SHARED = {"layer": {"type": "string"}, "name": {"type": "string"}, "from": NAMES, "initial_state": NAMES}


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a whole config file."""
    loss, metric = _ref("loss"), {"type": "array", "items": _ref("metric")}
    several = {"anyOf": [_ref("metric"), metric, {"type": "object", "additionalProperties": metric}]}
    inputs = {"anyOf": [_ref("input"), {"type": "array"}, {"type": "null"}]}  # its arguments, its shape, or nothing
    numbers = {"type": "object", "additionalProperties": {"type": "number"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nnctl config",
        "type": "object",
        "additionalProperties": False,
        "required": ["dataset", "layers", "loss"],
        "properties": {
            "name": {"type": "string"},
            "seed": {"type": "integer", "minimum": 0},
            "dataset": {"oneOf": [{"type": "string"}, _ref("dataset")]},
            "inputs": {"anyOf": [NAMES, {"type": "object", "additionalProperties": inputs}]},
            "layers": _ref("layers"),
            "outputs": NAMES,
            # a loss with arguments and losses by output are both mappings: one branch serves both
            "loss": {"anyOf": [loss, {"type": "array", "items": loss},
                               {"type": "object", "additionalProperties": loss}]},
            "loss_weights": numbers,
            "optimizer": _ref("optimizer"),
            "metrics": several,
            "weighted_metrics": several,
            "epochs": {"type": "integer", "minimum": 1},
            "batch_size": {"oneOf": [{"type": "integer", "minimum": 1}, {"const": "all"}]},
            "class_weight": {"oneOf": [{"const": "balanced"}, numbers, {"type": "null"}]},
            "callbacks": {"type": "array", "items": _ref("callback")},
            "keep": {"enum": ["best", "last"]},
            "engine": _ref("engine"),
        },
        "$defs": {
            **{noun: _family(family) for noun, family in FAMILIES.items()},
            "layers": {"type": "array", "minItems": 1, "items": _ref("entry")},
            "entry": _entry(),
            "dataset": _arguments(DatasetSpec),
            "input": _arguments(InputSpec),
            "engine": _arguments(EngineSpec),
        },
    }  # fmt: skip


def _ref(noun: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{noun}"}


def _family(family: Family) -> dict[str, Any]:
    """A member's name alone, or its name with arguments, or with the one that stands for itself."""
    found = _named({name: {"oneOf": [_arguments(cls), {"type": "null"}, *_bare(cls)]} for name, cls in family.items()})
    return {"anyOf": [*found["anyOf"], *(_arguments(family[name]) for name in family.together.values())]}


def _bare(cls: type[Declared]) -> list[dict[str, Any]]:
    """What may stand in place of the arguments (see `Declared.bare`)."""
    if not cls.bare:
        return []
    properties = _arguments(cls)["properties"]
    kinds = [properties[name] for name in cls.bare]
    if len(kinds) > 1:
        return [{"type": "array", "minItems": len(kinds), "maxItems": len(kinds), "prefixItems": kinds}]
    # a mapping in its place would be taken for the arguments
    return [{"allOf": [kinds[0], {"not": {"enum": [None]}}, {"not": {"type": "object"}}]}]


def _named(members: dict[str, Any]) -> dict[str, Any]:
    """One of the members; other spellings of a name are checked by nnctl."""
    named = {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": members}
    return {"anyOf": [{"enum": list(members)}, {"type": "string"}, named]}


def _entry() -> dict[str, Any]:
    """An entry of `layers:`: a layer and what it takes, an input, a shared layer, or a `repeat`."""
    members: dict[str, Any] = {}
    for name, cls in layers.items():
        arguments = _arguments(cls)
        arguments["properties"] |= WIRING
        if cls.merges and cls.fewest == 1:
            arguments["properties"]["initial_state"] = NAMES
        if "required" in arguments:  # a shared layer has its arguments already
            arguments["anyOf"] = [{"required": arguments.pop("required")}, {"required": ["shared"]}]
        members[name] = {"oneOf": [arguments, {"type": "null"}]}
    shape = _arguments(InputSpec)
    shape["properties"]["name"] = {"type": "string"}
    shared = {"type": "object", "additionalProperties": False, "required": ["layer"], "properties": SHARED}
    repeat = {
        "type": "object",
        "description": "The layers, repeated several times in a row.",
        "additionalProperties": False,
        "required": ["times", "layers"],
        "properties": {"times": {"type": "integer", "minimum": 1}, "layers": _ref("layers")},
    }
    members["Input"] = {"oneOf": [shape, {"type": "array"}, {"type": "null"}]}
    members["shared"] = {"oneOf": [shared, {"type": "string"}]}
    members["repeat"] = repeat
    return _named(members)


def _arguments(cls: type[Declared]) -> dict[str, Any]:
    """The arguments of one member."""
    full = cls.model_json_schema()
    found = {
        "type": "object",
        "description": (cls.__doc__ or "").strip().split("\n")[0],
        "additionalProperties": False,
        "properties": {key: _inlined(value, full.get("$defs", {})) for key, value in full["properties"].items()},
    }
    for key, info in cls.model_fields.items():
        for choice in (mark for mark in info.metadata if isinstance(mark, Choice)):
            found["properties"][key] = _choice(choice)
        if key in found["properties"]:
            _relax(found["properties"][key])
    if full.get("required"):
        found["required"] = full["required"]
    return found


def _choice(choice: Choice) -> dict[str, Any]:
    noun = next(noun for noun, family in FAMILIES.items() if family is choice.family)
    kinds: list[dict[str, Any]] = [_ref(noun)]
    if choice.scalar:
        kinds.append({"type": "number"})
    if choice.optional:
        kinds.append({"type": "null"})
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _inlined(value: Any, definitions: dict[str, Any]) -> Any:
    """pydantic's own $defs put in place: a config's schema has one set of definitions."""
    if isinstance(value, list):
        return [_inlined(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _inlined(definitions[value["$ref"].rpartition("/")[2]], definitions)
    return {key: _inlined(item, definitions) for key, item in value.items()}


def _relax(value: dict[str, Any]) -> None:
    """One name is taken where a list of names is meant."""
    if value.get("type") == "array" and value.get("items") == {"type": "string"}:
        value.clear()
        value.update(NAMES)
    nested = value.get("properties", {}).values()
    for part in (*value.get("anyOf", ()), value.get("additionalProperties"), *nested):
        if isinstance(part, dict):
            _relax(part)


__all__ = ["schema"]
