"""`weights:`, the run or the file whose weights training starts from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nnctl.config.components import BAD
from nnctl.config.messages import did_you_mean, show_value
from nnctl.config.source_map import Findings, Path
from nnctl.config.types import InitialWeights

_KEYS = ("from", "layers")
_FORM = "write weights: {from: runs/NAME, layers: [conv, dense]}"


def initial_weights(found: Findings, given: Any, layers: Collection[str], moved: dict[Path, Path]) -> Any:
    """The checked `weights:`; None if it is not given, BAD if it is not valid. layers: the names of the model's."""
    path: Path = ("weights",)
    if given is None:
        return None
    if isinstance(given, str):
        moved[(*path, "from")] = path
        given = {"from": given}
    if not isinstance(given, dict):
        found.add(path, f"expected a run or a file, got {show_value(given)}", _FORM)
        return BAD
    before = len(found.problems)
    for key in given:
        if key not in _KEYS:
            found.add((*path, key), f"unknown key {show_value(key)}", did_you_mean(key, _KEYS))
    source: Any = given.get("from")
    if not isinstance(source, str) or not source:
        what = f"expected a run or a file, got {show_value(source)}" if "from" in given else "`from` is missing"
        found.add((*path, "from") if "from" in given else path, what, _FORM)
    names = _names(found, given.get("layers"), layers)
    return BAD if len(found.problems) > before else InitialWeights(source, names)


def _names(found: Findings, given: Any, layers: Collection[str]) -> dict[str, str] | None:
    """Name in the file -> name in the model, from a list of names or a mapping; None for all layers that match."""
    path: Path = ("weights", "layers")
    if given is None:
        return None
    if isinstance(given, str):
        given = [given]
    pairs = (
        [(name, name, (*path, index)) for index, name in enumerate(given)] if isinstance(given, list)
        else [(theirs, ours, (*path, theirs)) for theirs, ours in given.items()] if isinstance(given, dict) else []
    )  # fmt: skip
    if not pairs:
        found.add(path, f"expected names of layers, got {show_value(given)}",
                  "write a list of names, or {name in the file: name in this config}")  # fmt: skip
        return None
    names: dict[str, str] = {}
    for theirs, ours, at in pairs:
        if not isinstance(theirs, str) or not isinstance(ours, str):
            wrong = theirs if not isinstance(theirs, str) else ours
            found.add(at, f"expected the name of a layer, got {show_value(wrong)}")
        elif layers and ours not in layers:
            found.add(at, f"unknown layer {show_value(ours)}", did_you_mean(ours, layers))
        elif ours in names.values():
            found.add(at, f"the layer {ours!r} is listed twice", "remove one of them")
        else:
            names[theirs] = ours
    return names
