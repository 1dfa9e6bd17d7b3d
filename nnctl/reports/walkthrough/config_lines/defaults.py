"""What a config leaves to defaults and a reader may want to know: values that are set, and not those of layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnctl.config.source_map import show_path
from nnctl.reports.walkthrough.config_lines.context import Context
from nnctl.reports.walkthrough.config_lines.keys import KEYS
from nnctl.reports.walkthrough.config_lines.nested import nested_sentence

# Keys that are described elsewhere, or say nothing to someone who reads a config for the first time.
LEFT_OUT = (
    "callbacks",
    "class_weight",
    "engine",
    "inputs",
    "layers",
    "loss_weights",
    "name",
    "outputs",
    "weighted_metrics",
)


def defaults(at: Context) -> Iterator[tuple[str, str, str]]:
    """(key, value, what it means) of the values that come from defaults."""
    for key, value in at.config.resolved.items():
        if key in LEFT_OUT:
            continue
        if isinstance(value, Mapping):
            yield from _inside(at, (key,), value)
        elif at.config.origins.get(key) == "default":
            yield key, _shown(value), KEYS[key](at)[0]


def _inside(at: Context, path: tuple[Any, ...], value: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for key, item in value.items():
        here = (*path, key)
        if isinstance(item, Mapping) and item:
            yield from _inside(at, here, item)
        elif item not in (None, [], {}, 0, False) and at.config.origins.get(show_path(here)) == "default":
            if here == ("dataset", "encode") and not _has_categories(at):
                continue
            if here in SPLITS and _has_own_rows(at, SPLITS[here]):
                continue
            if here == ("dataset", "split", "order") and not _draws_rows(at):
                continue
            yield show_path(here), _shown(item), nested_sentence(at, here, item) or KEYS[str(here[0])](at)[0]


SPLITS = {("dataset", "split", name): name for name in ("validation", "test")}


def _has_own_rows(at: Context, split: str) -> bool:
    """Whether a split is not a fraction of the rows, since the data came with it, or its rows are marked."""
    return split in at.data.given or at.config.dataset.split.column is not None


def _draws_rows(at: Context) -> bool:
    """Whether rows are chosen for a split by their order: not by a column, and not all with the data."""
    split = at.config.dataset.split
    return split.time is None and split.column is None and not {"validation", "test"} <= set(at.data.given)


def _has_categories(at: Context) -> bool:
    inputs = at.data.preprocessing.inputs.values()
    return any(kind == "category" for entry in inputs for _name, kind in entry.columns)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
