"""The whole config with every default, and the origin of each value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from nnctl.components.component import Declared, expand
from nnctl.config.graph_builder import Network
from nnctl.config.source_map import Document, Path, show_path
from nnctl.config.types import Config
from nnctl.config.yaml_reader import scalar

_ABSENT: Any = object()
_SAFE_TEXT = re.compile(r"[^\W\d][\w/ ().*+-]*(?<! )|[./][\w/.*-]*")


def resolve(config: Config, document: Document, network: Network, moved: Mapping[Path, Path]) -> Config:
    """The config with its `resolved`, `origins` and `places`.

    moved: resolved key path -> key path in the file, where the two differ.
    """
    moved = dict(moved)
    whole: dict[str, Any] = {"name": config.name, "seed": config.seed, "dataset": config.dataset}
    if config.inputs:
        whole["inputs"] = config.inputs
        moved |= {("inputs", name): network.paths[name] for name in config.inputs}
    whole["layers"] = []
    for index, node in enumerate(config.nodes):
        sources = node.sources[0] if len(node.sources) == 1 else list(node.sources)
        arguments: dict[str, Any] = {"name": node.name, "from": sources}
        if node.word_vectors:
            arguments["weights"] = node.word_vectors
        if node.shared:
            arguments["shared"] = node.shared
        else:
            arguments |= {name: getattr(node.layer, name) for name in type(node.layer).model_fields}
        whole["layers"].append({node.layer.kind: arguments})
        written = network.paths[node.name]
        moved[("layers", index)] = network.items[node.name]
        if "from" not in (given := _at(document.data, written) or {}) and "initial_state" in given:
            moved[("layers", index, node.layer.kind, "from")] = (*written, "initial_state")
        if written[-1] == "shared":
            short = ("layers", index, node.layer.kind, "shared")
            moved[short] = (*written, "layer") if (*written, "layer") in document.places else written
    whole |= {
        "outputs": config.outputs,
        "loss": config.losses,
        "loss_weights": config.loss_weights,
        "optimizer": config.optimizer,
        "metrics": config.metrics,
        "weighted_metrics": config.weighted_metrics,
        "epochs": config.epochs,
        "batch_size": "all" if config.batch_size is None else config.batch_size,
        "class_weight": config.class_weight,
        "callbacks": config.callbacks,
        **_initial_weights(config),
        "keep": config.keep,
        "engine": config.engine,
    }
    leaves: dict[Path, Path | None] = {}
    _trace(whole, document.data, (), (), _Written(document.data, moved, leaves))
    return replace(config, resolved=expand(whole), origins=document.origins(leaves), places=document.shown_places())


def _initial_weights(config: Config) -> dict[str, Any]:
    """`weights`, where it is given: a list of layers whose names are the same in the file, else a mapping."""
    if config.weights is None:
        return {}
    names = config.weights.layers
    same = names is None or all(theirs == ours for theirs, ours in names.items())
    return {"weights": {"from": config.weights.source, "layers": names and (list(names) if same else names)}}


class _Written(NamedTuple):
    """data: the config as written. moved: resolved key path -> key path in the file, where the two differ.
    leaves: resolved key path of a value, or of a component that the file names -> the key path in the file that set it;
    None for a default."""

    data: Any
    moved: dict[Path, Path]
    leaves: dict[Path, Path | None]


def _trace(value: Any, given: Any, path: Path, written: Path, config: _Written) -> None:
    """Walks through the resolved config and the written one together, and records which key path set every leaf."""
    if path in config.moved:
        written = config.moved[path]
        given = _at(config.data, written)
    if isinstance(value, Declared) and value.kind:
        config.moved.update(_shorthand(value, given, path, written))
    resolved = _opened(value)
    if isinstance(resolved, dict) and resolved:
        for key, item in resolved.items():
            inner, at = _step(given, key, written, single=len(resolved) == 1)
            named = isinstance(given, str) and (*path, key) not in config.moved  # `optimizer: adam`
            if len(resolved) == 1 and isinstance(item, dict) and item and (named or inner is not _ABSENT):
                config.leaves[*path, key] = at
            _trace(item, inner, (*path, key), at, config)
    elif isinstance(resolved, list) and any(isinstance(_opened(item), dict | list) for item in resolved):
        for index, item in enumerate(resolved):
            if isinstance(given, list) and index < len(given):
                _trace(item, given[index], (*path, index), (*written, index), config)
            else:
                _trace(item, given, (*path, index), written, config)
    else:
        config.leaves[path] = None if given is _ABSENT else written


def _opened(value: Any) -> Any:
    """As `expand`, but without what is inside."""
    if isinstance(value, Declared):
        arguments = {name: getattr(value, name) for name in value.model_fields}
        return arguments if not value.kind else {value.kind: arguments} if arguments else value.kind
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _shorthand(component: Declared, given: Any, path: Path, written: Path) -> dict[Path, Path]:
    """Resolved key path -> key path in the file, of arguments that have no names there, as in `adam: 0.01` or
    `l1_l2: [0.1, 0.2]`, or of a component that has none, as in `{l1: 0.1, l2: 0.2}`."""
    here = (*path, component.kind)
    if isinstance(given, dict) and len(given) > 1 and given.keys() <= set(component.bare):
        return {here: written}
    arguments, at = _step(given, component.kind, written, single=True)
    spelled_out = component.spelled_out(arguments) if arguments is not _ABSENT else arguments
    if spelled_out is arguments:
        return {}
    listed = isinstance(arguments, list)
    return {(*here, name): (*at, index) if listed else at for index, name in enumerate(spelled_out)}


def _step(given: Any, key: str, written: Path, single: bool) -> tuple[Any, Path]:
    """The written value for one key of the resolved config, and its key path."""
    if isinstance(given, dict):
        if key in given:
            # an empty `optimizer:` or `activation:` means the default
            return given[key] if given[key] is not None or not written else _ABSENT, (*written, key)
        if single and len(given) == 1:  # another name of the same member: `Adam`, `leaky-relu`
            [(name, arguments)] = given.items()
            return {} if arguments is None else arguments, (*written, name)
        return _ABSENT, written
    return _ABSENT, written


def _at(data: Any, path: Path) -> Any:
    for step in path:
        inside = isinstance(step, int) if isinstance(data, list) else isinstance(data, dict) and step in data
        if not inside:
            return _ABSENT
        data = data[step]
    return data


def dump(resolved: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    """The resolved config as YAML, with the origin of each value, and of each component that the file names, in a
    comment: `units: 16  # line 4`."""
    lines: list[str] = []
    for key, value in resolved.items():
        _write(lines, "", _text(key) + ":", value, (key,), origins)
    return "\n".join(lines) + "\n"


def _write(lines: list[str], indent: str, head: str, value: Any, path: Path, origins: Mapping[str, str]) -> None:
    origin = origins.get(show_path(path))
    comment = f"  # {origin}" if origin else ""
    if isinstance(value, dict) and value:
        lines.append(indent + head + comment)
        inside = indent + ("    " if head.startswith("- ") else "  ")
        for key, item in value.items():
            _write(lines, inside, _text(key) + ":", item, (*path, key), origins)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        lines.append(indent + head)
        for index, item in enumerate(value):
            here = (*path, index)
            if isinstance(item, dict) and len(item) == 1:
                [(key, arguments)] = item.items()
                _write(lines, indent + "  ", f"- {_text(key)}:", arguments, (*here, key), origins)
            else:
                _write(lines, indent + "  ", "-", item, here, origins)
    else:
        lines.append(f"{indent}{head} {flow(value)}{comment}")


def flow(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, dict):
        return "{}"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    """The text as it is if YAML reads it as the same text, else in double quotes."""
    if _SAFE_TEXT.fullmatch(text) and scalar(text) == text:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]",
                  lambda bad: f"\\u{ord(bad[0]):04x}", quoted)  # fmt: skip
