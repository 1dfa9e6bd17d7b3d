"""The values of a run's config, each with its origin, which its config.yaml has as a comment in the same line."""

from __future__ import annotations

from collections.abc import Collection
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
    """Every value of a resolved config, in the order of the file; none if it is damaged."""
    return [
        {"key": show_path(path), "value": flow(value), "origin": origin, "set_by_user": origin != DEFAULT}
        for path, value, origin in _traced(text)
    ]


def written_config(text: str) -> dict[str, Any]:
    """What the user has written of a resolved config, as plain data: without what is there by default. The names of
    layers, optimizers and so on stay even if all their arguments are defaults."""
    try:
        data = read(text, "config.yaml").data
    except ConfigError:
        return {}
    defaults = {path for path, _, origin in _traced(text) if origin == DEFAULT}
    whole = _without(data, (), defaults)
    return whole if isinstance(whole, dict) else {}


def _without(value: Any, path: Path, gone: Collection[Path]) -> Any:
    """The value without the leaves in `gone`; a component that is left without arguments is its name."""
    if isinstance(value, dict) and len(value) == 1 and _holds_component(path):
        [(name, arguments)] = value.items()
        kept = _without(arguments, (*path, name), gone)
        return name if kept is _GONE or kept == {} else {name: kept}
    if isinstance(value, dict) and value:
        kept = {key: _without(item, (*path, key), gone) for key, item in value.items()}
        kept = {key: item for key, item in kept.items() if item is not _GONE}
        return kept or ({} if path[:1] == ("inputs",) else _GONE)  # an input is named by its key
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return [_without(item, (*path, at), gone) for at, item in enumerate(value)]
    return _GONE if path in gone else value


def _holds_component(path: Path) -> bool:
    """Whether the value at a path is a component: a name, or a mapping from the name to its arguments."""
    return bool(path) and (isinstance(path[-1], int) or path[-1] in _FAMILIES or (path[0] == "loss" and len(path) == 2))


def _traced(text: str) -> list[tuple[Path, Any, str]]:
    """(key path, value, origin) of every value of a resolved config; none if it is damaged."""
    try:
        document = read(text, "config.yaml")
    except ConfigError:
        return []
    lines = text.splitlines()
    return [(path, value, _origin(lines[document.place(path).line - 1])) for path, value in _leaves(document.data, ())]


def _origin(line: str) -> str:
    """What the comment at the end of a line says."""
    _, mark, origin = line.rpartition("  # ")
    return origin if mark and '"' not in origin else DEFAULT


def _leaves(value: object, path: Path) -> list[tuple[Path, object]]:
    """Mappings and lists of mappings are walked through; other lists are values, as the resolved config writes them."""
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, key))]
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return [leaf for at, item in enumerate(value) for leaf in _leaves(item, (*path, at))]
    return [(path, value)]
