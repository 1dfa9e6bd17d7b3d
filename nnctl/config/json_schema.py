"""The JSON Schema of a config, made from the classes themselves, for editors that complete and check YAML.

It is as strict as nnctl: names are those of the families, in any spelling that `nnctl.components.registry` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType
from typing import Any, cast, get_args

from nnctl.components.registry import Choice, Declared, Family, normalised, plain
from nnctl.config.argument_docs import descriptions, summary
from nnctl.config.argument_texts import INITIAL_WEIGHTS, TOP_LEVEL, WIRING
from nnctl.config.callbacks import callbacks
from nnctl.config.slots import slots
from nnctl.config.types import EngineSpec, InputSpec
from nnctl.data.catalog.bundled import bundled_names
from nnctl.data.config import DatasetSpec
from nnctl.nn import losses, metrics, optimizers
from nnctl.nn.activations import activations
from nnctl.nn.initializers import initializers
from nnctl.nn.layers import layers
from nnctl.nn.regularizers import regularizers
from nnctl.nn.schedules import schedules

Schema = dict[str, Any]
Members = Mapping[str, Any]  # of a family: classes by name

FAMILIES: dict[str, Family] = {
    "layer": layers, "loss": losses.losses, "optimizer": optimizers.optimizers, "metric": metrics.metrics,
    "activation": activations, "initializer": initializers, "regularizer": regularizers,
    "schedule": schedules, "callback": callbacks,
}  # fmt: skip
TEXT: Schema = {"type": "string"}
NULL: Schema = {"type": "null"}
NAMES: Schema = {"oneOf": [TEXT, {"type": "array", "items": TEXT}]}
NOT_NEGATIVE: Schema = {"type": "number", "minimum": 0}
_WORD: Schema = {"type": ["string", "number"]}
# What a field takes beyond its type, because it is converted first.
CONVERTED: dict[tuple[str, str], Schema] = {
    ("DatasetSpec", "name"): {"enum": [*bundled_names(), None]},
    ("DatasetSpec", "missing_values"): {"anyOf": [_WORD, {"type": "array", "items": _WORD}, NULL]},
}


def schema(plugins: bool = True) -> Schema:
    """JSON Schema (draft 2020-12) of a whole config file. plugins: with the components that other packages declare."""
    if plugins:
        for family in FAMILIES.values():
            family.load_plugins()
    members = {noun: _members(family, plugins) for noun, family in FAMILIES.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nnctl config",
        "description": "A neural network, its data and its training.",
        "type": "object",
        "additionalProperties": False,
        "required": ["dataset", "layers", "loss"],
        "properties": {key: _property(key, TOP_LEVEL[key], kind) for key, kind in _top_level().items()},
        "$defs": {
            **{noun: _family(noun, found) for noun, found in members.items()},
            **{f"{noun}.{name}": _with_bare(cls) for noun, found in members.items() for name, cls in found.items()},
            "layers": {"type": "array", "minItems": 1, "items": _ref("entry")},
            "entry": _entry(members["layer"]),
            **{f"entry.{name}": _entry_arguments(cls) for name, cls in members["layer"].items()},
        },
    }


def _top_level() -> dict[str, Schema]:
    loss, metric = _ref("loss"), {"type": "array", "items": _ref("metric")}
    some_metrics = {"anyOf": [_ref("metric"), metric, NULL]}
    several = _any(_ref("metric"), metric, {"type": "object", "additionalProperties": some_metrics}, NULL)
    shape = {"type": "array"}
    weights = {"type": "object", "additionalProperties": NOT_NEGATIVE}
    return {
        "name": _any({"type": "string", "pattern": r"^\w[\w .-]{0,99}$"}, NULL),
        "seed": _any({"type": "integer", "minimum": 0}, NULL),
        "dataset": _any({"enum": list(bundled_names())}, _arguments(DatasetSpec)),
        "inputs": _any(
            NAMES, {"type": "object", "additionalProperties": _any(_arguments(InputSpec), shape, NULL)}, NULL
        ),
        "layers": _ref("layers"),
        "outputs": _any(NAMES, NULL),
        # a loss with arguments and losses by output are both mappings: one branch serves both
        "loss": _any(loss, {"type": "array", "items": loss}, {"type": "object", "additionalProperties": loss}),
        "loss_weights": _any(weights, NOT_NEGATIVE, {"type": "array", "items": NOT_NEGATIVE}, NULL),
        "optimizer": _any(_ref("optimizer"), NULL),
        "metrics": several,
        "weighted_metrics": several,
        "epochs": _any({"type": "integer", "minimum": 1}, NULL),
        "batch_size": _any({"type": "integer", "minimum": 1}, {"const": "all"}, NULL),
        "class_weight": _any({"const": "balanced"}, weights, NULL),
        "callbacks": _any({"type": "array", "items": _ref("callback")}, {"type": "string"}, NULL),
        "weights": _any(_initial_weights(), TEXT, NULL),
        "keep": {"enum": ["best", "last", None]},
        "engine": _any(_arguments(EngineSpec), NULL),
    }


def _initial_weights() -> Schema:
    names = {"type": "object", "minProperties": 1, "additionalProperties": TEXT}
    properties = {"from": TEXT, "layers": _any(NAMES, names, NULL)}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["from"],
        "properties": {key: _property(key, INITIAL_WEIGHTS[key], kind) for key, kind in properties.items()},
    }


def _any(*kinds: Schema) -> Schema:
    return {"anyOf": list(kinds)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _property(key: str, description: str, kind: Schema) -> Schema:
    """A property with what an editor shows of it."""
    return {"title": key.replace("_", " ").capitalize(), "description": description, **kind}


def spellings(*names: str) -> str:
    """A regular expression of these names in any spelling that means them; see `registry.normalised`."""
    each = ("[-_ ]*".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in normalised(name)) for name in names)
    return f"^[-_ ]*({'|'.join(dict.fromkeys(each))})[-_ ]*$"


def _members(family: Family, plugins: bool) -> Members:
    """A family's members by name, in alphabetical order: which modules were imported first makes no difference."""
    found = {name: cls for name, cls in family.items() if plugins or cls.__module__.startswith("nnctl.")}
    return dict(sorted(found.items(), key=lambda item: (item[0].lower(), item[0])))


def _names_of(noun: str, members: Members) -> dict[str, list[str]]:
    """Canonical name -> it and its aliases."""
    return {name: [name, *FAMILIES[noun].aliases(name)] for name in members}


def _family(noun: str, members: Members) -> Schema:
    """A member's name alone, or its name with arguments, or with the one that stands for itself."""
    found = _named({name: (names, _ref(f"{noun}.{name}")) for name, names in _names_of(noun, members).items()})
    return _any(*found["anyOf"], *(_arguments(members[name]) for name in FAMILIES[noun].together.values()))


def _named(members: dict[str, tuple[list[str], Schema]]) -> Schema:
    """One of the members, by its name or by `{name: arguments}`."""
    every = [spelling for names, _ in members.values() for spelling in names]
    return _any(
        {"enum": list(members)},  # what an editor offers
        {"type": "string", "pattern": spellings(*every)},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": {
                name: {"title": name, "description": f"The arguments of {name}.", **kind}
                for name, (_, kind) in members.items()
            },
            "patternProperties": {spellings(*names): kind for names, kind in members.values()},
        },
    )


def _with_bare(cls: type[Declared]) -> Schema:
    """The arguments of a member, or what may stand in their place (see `Declared.bare`)."""
    arguments = _arguments(cls)
    return {"title": cls.kind, "description": arguments["description"], "oneOf": [arguments, NULL, *_bare(cls)]}


def _bare(cls: type[Declared]) -> list[Schema]:
    if not cls.bare:
        return []
    properties = _arguments(cls)["properties"]
    kinds = [properties[name] for name in cls.bare]
    if len(kinds) > 1:
        return [{"type": "array", "minItems": len(kinds), "maxItems": len(kinds), "prefixItems": kinds}]
    # a mapping in its place would be taken for the arguments
    return [{"allOf": [kinds[0], {"not": {"enum": [None]}}, {"not": {"type": "object"}}]}]


def _entry(layers: Members) -> Schema:
    """An entry of `layers:`: a layer and what it takes, an input, a shared layer, or a `repeat`."""
    members = {name: (names, _ref(f"entry.{name}")) for name, names in _names_of("layer", layers).items()}
    shape = _with_keys(InputSpec, "name")
    members["Input"] = (["Input", "InputLayer"], _any(shape, {"type": "array"}, NULL))
    repeat = {
        "type": "object",
        "additionalProperties": False,
        "required": ["times", "layers"],
        "properties": {
            "times": _property("times", WIRING["times"], {"type": "integer", "minimum": 1}),
            "layers": _property("layers", WIRING["layers"], _ref("layers")),
        },
    }
    members["repeat"] = (["repeat"], repeat)
    found = _named(members)
    shared = {
        "type": "object",
        "additionalProperties": False,
        "required": ["layer"],
        "properties": {key: _wired(key) for key in ("layer", "name", "from", "initial_state")},
    }
    found["anyOf"][-1]["properties"]["shared"] = _property("shared", WIRING["shared"], {"oneOf": [shared, TEXT]})
    return found


def _wired(key: str) -> Schema:
    return _property(key, WIRING[key], NAMES if key in ("from", "initial_state") else TEXT)


def _entry_arguments(cls: Any) -> Schema:
    states = ("initial_state",) if cls.merges and cls.fewest == 1 else ()
    arguments = _with_keys(cls, "name", "from", "shared", *states)
    if cls.takes_word_vectors:
        arguments["properties"]["weights"] = _property("weights", WIRING["weights"], _any(TEXT, NULL))
    if "required" in arguments:  # a shared layer has its arguments already
        arguments["anyOf"] = [{"required": arguments.pop("required")}, {"required": ["shared"]}]
    return {"title": cls.kind, "description": arguments["description"], "oneOf": [arguments, NULL]}


def _with_keys(cls: type[Declared], *keys: str) -> Schema:
    """A copy of a class's arguments, with keys of an entry of `layers:` among them."""
    arguments = _arguments(cls)
    return {**arguments, "properties": arguments["properties"] | {key: _wired(key) for key in keys}}


def _described(cls: type[Declared]) -> Schema:
    """The arguments of one member, or the keys of one section of a config."""
    full, meanings = cls.model_json_schema(), descriptions(cls)
    properties = {}
    for key, info in cls.model_fields.items():
        kind = CONVERTED.get((cls.__name__, key)) or _field(cls, key, info, full["properties"][key])
        properties[key] = _property(key, meanings[key], _relaxed(kind))
        if not info.is_required():
            properties[key]["default"] = plain(info.default)
    found = {"type": "object", "description": summary(cls), "additionalProperties": False, "properties": properties}
    if full.get("required"):
        found["required"] = full["required"]
    return found


# The same, made once a class: callers share it and must not change it. The cast: mypy holds the hash of a class's
# instances against what a cache takes.
_arguments = cast("Callable[[type[Declared]], Schema]", cache(_described))


def _field(cls: Any, key: str, info: Any, kind: Schema) -> Schema:
    """What a field takes: a family's member, a declared class, or what its type says (`kind`)."""
    slot = slots(cls).get(key)
    if slot is None:
        return {name: value for name, value in kind.items() if name not in ("title", "default")}
    if slot.cls:
        inner = _arguments(slot.cls)
        return _any(inner, NULL) if NoneType in get_args(info.annotation) else inner
    assert slot.choice is not None
    return _choice(slot.choice)


def _choice(choice: Choice) -> Schema:
    noun = next(noun for noun, family in FAMILIES.items() if family is choice.family)
    kinds = [_ref(noun), *([NOT_NEGATIVE] if choice.scalar else []), *([NULL] if choice.optional else [])]
    return kinds[0] if len(kinds) == 1 else _any(*kinds)


def _relaxed(value: Any) -> Any:
    """The same schema, in which one name is taken where a list of names is meant."""
    if isinstance(value, list):
        return [_relaxed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "array" and value.get("items") == TEXT:
        return NAMES
    return {key: _relaxed(item) for key, item in value.items()}


__all__ = ["schema"]
