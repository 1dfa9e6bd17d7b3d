"""Candidates for `--set key.path=value`, from the JSON Schema that comes with nnctl and from the config that is named
on the same command line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any, TypeAlias

from click.shell_completion import CompletionItem

from nnctl.translation import _

Node: TypeAlias = dict[str, Any]  # a part of a JSON Schema

_LAYER = "#/$defs/entry"  # of the list of layers
_INDEX = re.compile(r"\[(\d+)\]$")  # `layers[0]`, as `layers.0`
_FAMILIES = ("layer", "activation", "loss", "metric", "optimizer", "schedule", "initializer", "regularizer", "callback")


class Schema:
    """A JSON Schema, walked along a key path."""

    def __init__(self, document: Node):
        self.root = document
        self._definitions: dict[str, Node] = document["$defs"]

    def components(self) -> Iterator[str]:
        """The names of all layers, losses and so on."""
        return (name.split(".", 1)[1] for name in self._definitions if name.split(".")[0] in _FAMILIES and "." in name)

    def keys(self, node: Node, given: Any = None) -> dict[str, Node]:
        """The keys below a node. given: what the config has there; the arguments of its component are keys, too."""
        found: dict[str, Node] = {}
        for one in self._alternatives(node):
            found = {**one.get("properties", {}), **found, **one.get("members", {})}
        name = _component(given)
        if name in found and given is not None and name not in self.root["properties"]:
            own = self.keys(found[name])
            # an argument goes before a component of the same name: the `momentum` of sgd
            found = (
                own if node.get("$ref") == _LAYER else {**own, **{key: found[key] for key in found if key not in own}}
            )
        return found

    def items(self, node: Node) -> Node | None:
        """What the entries of a list are; None if a node is no list."""
        return next((one["items"] for one in self._alternatives(node) if "items" in one), None)

    def values(self, node: Node) -> list[str]:
        """The values that a node names; none if any number or text is allowed."""
        found: list[Any] = []
        for one in self._alternatives(node):
            found += one.get("enum", [])
            found += [one["const"]] if "const" in one else []
            found += [True, False] if one.get("type") == "boolean" else []
        return list(dict.fromkeys(json.dumps(v) if isinstance(v, bool) else str(v) for v in found if v is not None))

    def description(self, node: Node) -> str:
        return next((one["description"] for one in self._alternatives(node) if "description" in one), "")

    def _alternatives(self, node: Node, depth: int = 0) -> Iterator[Node]:
        """The node, and all that it may be instead."""
        yield node
        if depth > 8:
            return
        if "$ref" in node:
            name = node["$ref"].removeprefix("#/$defs/")
            members = {key.removeprefix(f"{name}."): {"$ref": f"#/$defs/{key}"}
                       for key in self._definitions if key.startswith(f"{name}.")}  # fmt: skip
            if members:
                yield {"members": members}
            yield from self._alternatives(self._definitions[name], depth + 1)
        for word in ("anyOf", "oneOf"):
            for one in node.get(word, ()):
                yield from self._alternatives(one, depth + 1)


@cache
def shipped() -> Schema:
    """The schema that comes with nnctl."""
    from nnctl.config.shipped_schema import shipped_text  # imported here to keep start-up fast

    return Schema(json.loads(shipped_text() or '{"$defs": {}, "properties": {}}'))


def completions(incomplete: str, config: str | None = None) -> list[CompletionItem]:
    """The keys, or behind `=` the values, that `incomplete` may go on with. config: the config it belongs to."""
    key, equals, value = incomplete.partition("=")
    *steps, last = [step for part in key.split(".") for step in _INDEX.sub(r".\1", part).split(".")]
    schema, node, given = shipped(), shipped().root, _read(config)
    for step in steps if not equals else [*steps, last]:
        below = _below(schema, node, given, step)
        if below is None:
            return []
        node, given = below
    if equals:
        return [CompletionItem(f"{key}={one}") for one in schema.values(node) if one.startswith(value)]
    before = key[: len(key) - len(last)]
    found = []
    for name, child, inside in _children(schema, node, given):
        if name.startswith(last):
            told = _(schema.description(child))
            if schema.items(node) is not None:  # an entry of a list, such as a layer
                found.append(CompletionItem(f"{before}{name}.", type="more", help=_component(inside)))
                continue
            if schema.keys(child) or isinstance(inside, list):
                found.append(CompletionItem(f"{before}{name}.", type="more", help=told))
            if not isinstance(inside, list) and _has_value(schema, child):
                found.append(CompletionItem(f"{before}{name}=", type="more", help=told))
    return found


def _children(schema: Schema, node: Node, given: Any) -> Iterator[tuple[str, Node, Any]]:
    """(key, its node, what the config has there) of the keys below a node."""
    items = schema.items(node)
    if items is not None and isinstance(given, list):
        names = _layers(given) if items.get("$ref") == _LAYER else {_component(one): one for one in given}
        yield from ((name, items, entry) for name, entry in names.items() if name)
        return
    known = _component(given)
    keys = schema.keys(node, given)
    for name, child in keys.items():
        inside = given.get(name) if isinstance(given, dict) else None
        if known in keys and known != name and isinstance(given, dict):
            inside = (given[known] or {}).get(name) if isinstance(given[known], dict) else None
        yield name, child, inside


def _below(schema: Schema, node: Node, given: Any, step: str) -> tuple[Node, Any] | None:
    found = next(((child, inside) for name, child, inside in _children(schema, node, given) if name == step), None)
    items = schema.items(node)
    if found is None and items is not None and isinstance(given, list):  # by its index, or its kind in place of a name
        entries = dict(enumerate(given)) | {_component(entry): entry for entry in reversed(given)}
        key = int(step) if step.isdecimal() else step
        return (items, entries[key]) if key in entries else None
    if found is None and node.get("$ref") == _LAYER and step == _component(given):  # layers.0.Dense.units
        return node, given
    return found


def _has_value(schema: Schema, node: Node) -> bool:
    """Whether a node can be set as a whole: it is no mapping only."""
    return any(one.get("type") in ("integer", "number", "string", "boolean", "array") or "enum" in one or "const" in one
               for one in schema._alternatives(node))  # fmt: skip


def _layers(given: list[Any]) -> dict[str, Any]:
    """The layers of a config by the names that `--set` takes."""
    names: dict[str, Any] = {}
    with suppress(Exception):  # a list that is being written
        from nnctl.config.layer_list import written_names  # imported here to keep start-up fast

        for name, path in written_names(given).items():
            entry: Any = given
            for key in path:
                entry = entry[key]
            names[name] = entry
    return names


def _component(given: Any) -> str:
    """The name of a component as a config writes it: `adam`, or `{adam: ...}`."""
    if isinstance(given, dict) and len(given) == 1:
        given = next(iter(given))
    return given if isinstance(given, str) else ""


def _read(config: str | None) -> Any:
    """The content of a config; None if it cannot be read."""
    if not config:
        return None
    with suppress(Exception):  # a config that is being written
        from nnctl.config.config_files import find_config, read_config  # imported here to keep start-up fast
        from nnctl.config.yaml_reader import read

        return read(read_config(find_config(config)), config).data
    return None
