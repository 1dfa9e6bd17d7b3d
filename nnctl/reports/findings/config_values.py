"""The values of a run's config, each with its origin, which its config.yaml has as a comment in the same line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from nnctl.config.defaults import flow
from nnctl.config.source_map import Path, show_path
from nnctl.config.yaml_reader import read
from nnctl.errors import ConfigError
from nnctl.reports.findings.document import ConfigValue

DEFAULT = "default"
_GONE: Any = object()
# Keys whose value is a component, apart from the entries of lists.
_FAMILIES = ("optimizer", "activation", "recurrent_activation", "learning_rate", "layer")


def config_values(text: str) -> list[ConfigValue]:
    """Every value of a resolved config, and the name of every component, in the order of the file; none if it is
    damaged."""
    return [
        {"key": show_path(path), "value": flow(value), "origin": origin, "set_by_user": origin != DEFAULT}
        for path, value, origin in _traced(text)
    ]


def values_set(values: Sequence[ConfigValue]) -> list[ConfigValue]:
    """The values that the user has set; of the components only those whose name no other key says."""
    own = [value for value in values if value["set_by_user"]]
    said = {".".join(parts[:count]) for value in own
            for parts in [value["key"].split(".")] for count in range(1, len(parts) + 1)}  # fmt: skip
    return [value for value in own if f"{value['key']}.{value['value']}" not in said]


def written_config(text: str) -> dict[str, Any]:
    """What the user has written of a resolved config, as plain data: without what is there by default. The names of
    layers, optimizers and so on stay even if all their arguments are defaults."""
    try:
        data = read(text, "config.yaml").data
    except ConfigError:
        return {}
    traced = _traced(text)
    defaults = {path for path, _, origin in traced if origin == DEFAULT}
    named = {path for path, _, origin in traced if origin != DEFAULT}
    whole = _without(data, (), defaults, named)
    return whole if isinstance(whole, dict) else {}


def _without(value: Any, path: Path, gone: Collection[Path], named: Collection[Path]) -> Any:
    """The value without the leaves in `gone`; a component that is left without arguments is its name."""
    if isinstance(value, dict) and len(value) == 1 and (path in named or _holds_component(path)):
        [(name, arguments)] = value.items()
        kept = _without(arguments, (*path, name), gone, named)
        return name if kept is _GONE or kept == {} else {name: kept}
    if isinstance(value, dict) and value:
        kept = {key: _without(item, (*path, key), gone, named) for key, item in value.items()}
        kept = {key: item for key, item in kept.items() if item is not _GONE}
        return kept or ({} if path[:1] == ("inputs",) else _GONE)  # an input is named by its key
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return [_without(item, (*path, at), gone, named) for at, item in enumerate(value)]
    return _GONE if path in gone else value


def _holds_component(path: Path) -> bool:
    """Whether the value at a path is a component: a name, or a mapping from the name to its arguments."""
    return bool(path) and (isinstance(path[-1], int) or path[-1] in _FAMILIES or (path[0] == "loss" and len(path) == 2))


def _traced(text: str) -> list[tuple[Path, Any, str]]:
    """(key path, value, origin) of every value of a resolved config, and (key path, name, origin) of its components;
    none if it is damaged."""
    try:
        document = read(text, "config.yaml")
    except ConfigError:
        return []
    lines = text.splitlines()
    found = []
    for path, value, inside in _entries(document.data, ()):
        origin = _origin(lines[document.place((*path, value) if inside else path).line - 1])
        if not inside or origin != DEFAULT or _holds_component(path):
            found.append((path, value, origin))
    return found


def _origin(line: str) -> str:
    """What the comment at the end of a line says."""
    _, mark, origin = line.rpartition("  # ")
    return origin if mark and '"' not in origin else DEFAULT


def _entries(value: object, path: Path) -> list[tuple[Path, Any, bool]]:
    """(key path, value, False) of every value, and (key path, name, True) of every mapping from one name to another
    mapping, which may be a component. Mappings and lists of mappings are walked through; other lists are values, as the
    resolved config writes them."""
    if isinstance(value, dict) and value:
        first, *more = value.items()
        component = not more and isinstance(first[1], dict) and first[1]
        names = [(path, first[0], True)] if component else []
        return names + [entry for key, item in value.items() for entry in _entries(item, (*path, key))]
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return [entry for at, item in enumerate(value) for entry in _entries(item, (*path, at))]
    return [(path, value, False)]
