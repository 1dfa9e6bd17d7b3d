"""The list `layers:` as a graph: names, sources, shared weights; every dangling end is an error."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnctl.engine.graph import Node
from nnctl.layers.base import layers as layer_family
from nnctl.registry import Choice, normalised
from nnctl.spec.members import BAD, build_declared, build_member, lookup
from nnctl.spec.model import InputSpec
from nnctl.spec.places import Findings, Path, shorten
from nnctl.spec.plainly import did_you_mean, show_value

_LAYER = Choice(layer_family)
_RESERVED = ("name", "from", "shared")
_INPUT_KINDS = ("input", "inputlayer")
_NAME = re.compile(r"[\w-]{1,100}")


@dataclass
class Entry:
    """One entry of the list. path: of its arguments. above: the entry before it, or None."""

    index: int
    kind: str | None
    arguments: Any
    path: Path
    name: str = ""
    sources: tuple[str, ...] | None = None  # None: takes the one above
    shared: str | None = None
    layer: Any = BAD

    @property
    def is_input(self) -> bool:
        return self.kind is not None and normalised(self.kind) in _INPUT_KINDS

    @property
    def given(self) -> dict[str, Any]:
        return self.arguments if isinstance(self.arguments, dict) else {}


@dataclass
class Network:
    """The graph of a config. moved: where in the config `from`, `inputs` of the resolved form were written."""

    nodes: tuple[Node, ...] = ()
    outputs: tuple[str, ...] = ()
    inputs: dict[str, InputSpec] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)  # node or input -> where it is declared


def snake_case(kind: str) -> str:
    """`BatchNormalization` -> batch_normalization, `Conv2D` -> conv2d, as Keras does."""
    text = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", text).lower()


def entries_of(layers: Sequence[Any]) -> list[Entry | None]:
    """The list's entries with their names, the given and the automatic; None where the form is wrong."""
    entries = [_entry(index, item) for index, item in enumerate(layers)]
    taken = {entry.name for entry in entries if entry and entry.name}
    numbers: Counter[str] = Counter()
    for entry in entries:
        if entry is None or entry.name:
            continue
        base = _automatic(entry)
        while True:  # dense, dense_1, dense_2, ... but none that is given by hand
            name = f"{base}_{numbers[base]}" if numbers[base] else base
            numbers[base] += 1
            if name not in taken:
                break
        entry.name = name
        taken.add(name)
    return entries


def _automatic(entry: Entry) -> str:
    if entry.is_input:
        return "input"
    if entry.shared:
        return entry.shared
    kind = entry.kind or "layer"
    try:
        kind = layer_family.lookup(kind[:200]).kind
    except Exception:  # an unknown layer is told of later; here it only needs a name
        kind = kind[:50]
    return snake_case(kind) or "layer"


def _entry(index: int, item: Any) -> Entry | None:
    path: Path = ("layers", index)
    if isinstance(item, str):
        return Entry(index, item, None, path)
    if not isinstance(item, dict) or len(item) != 1:
        return None
    [(kind, arguments)] = item.items()
    path = (*path, kind)
    if kind == "shared":
        if isinstance(arguments, str):
            arguments = {"shared": arguments}
        elif isinstance(arguments, dict) and "layer" in arguments:
            arguments = {"shared" if key == "layer" else key: value for key, value in arguments.items()}
        kind = None
    entry = Entry(index, kind, arguments, path)
    name, shared = entry.given.get("name"), entry.given.get("shared")
    entry.name = name if isinstance(name, str) and _NAME.fullmatch(name) else ""
    entry.shared = shared if isinstance(shared, str) and _NAME.fullmatch(shared) else None
    return entry


def build_network(found: Findings, layers: Any, inputs: Any, outputs: Any) -> Network:
    """Nodes, outputs and inputs from the values of `layers:`, `inputs:` and `outputs:`."""
    network = Network(inputs=_declared_inputs(found, inputs))
    network.paths = {name: ("inputs", name) for name in network.inputs}
    if not isinstance(layers, list) or not layers:
        hint = "list the layers, one a line: - Dense: {units: 16, activation: relu}"
        found.add(("layers",), f"expected a list of layers, got {show_value(layers)}", hint)
        return network
    before = len(found)
    entries = [_checked(found, entry, index, layers) for index, entry in enumerate(entries_of(layers))]
    known = [entry for entry in entries if entry is not None]
    _unique_names(found, network, known)
    for entry in known:
        if entry.is_input:
            _declare_input(found, network, entry)
    if not network.inputs:
        network.paths.setdefault("input", ("layers",))
    order = {entry.name: entry for entry in known}
    for index, entry in enumerate(entries):
        if entry is not None and not entry.is_input:
            _build_layer(found, entry, order)
            _connect(found, network, entry, entries[index - 1] if index else None, order)
    if None in entries:
        return network
    built = [entry for entry in known if not entry.is_input]
    if not built:
        found.add(("layers",), "there is no layer but the input", "add a layer: - Dense: {units: 16}")
        return network
    network.outputs = _outputs(found, outputs, built)
    if len(found) == before:
        _unused(found, network, built)
    network.nodes = tuple(
        Node(entry.name, entry.layer, entry.sources or (), entry.shared, found.document.where(entry.path))
        for entry in built
    )
    return network


def _declared_inputs(found: Findings, given: Any) -> dict[str, InputSpec]:
    if given is None:
        return {}
    if isinstance(given, str):
        given = [given]
    if isinstance(given, list) and all(isinstance(name, str) for name in given):
        given = dict.fromkeys(given)
    if not isinstance(given, dict) or not given:
        found.add(("inputs",), f"expected names of inputs, got {show_value(given)}",
                  "write inputs: {image: {shape: [28, 28, 1]}, meta: {shape: [4]}}")  # fmt: skip
        return {}
    specs = {}
    for name, value in given.items():
        path = ("inputs", name)
        _check_name(found, name, path)
        arguments = {"shape": value} if isinstance(value, list) else value
        built = build_declared(found, InputSpec, arguments, path)
        specs[name] = InputSpec() if built is BAD else built
    return specs


def _check_name(found: Findings, name: Any, path: Path) -> None:
    if not isinstance(name, str):
        found.add(path, f"a name must be text, got {show_value(name)}", "begin it with a letter")
    elif not _NAME.fullmatch(name):
        found.add(path, f"the name {shorten(name)!r} is not allowed", "use letters, digits, _ and - (at most 100)")


def _checked(found: Findings, entry: Entry | None, index: int, layers: Sequence[Any]) -> Entry | None:
    """The entry, its reserved keys well formed; None, with the problem noted, where the form is wrong."""
    path: Path = ("layers", index)
    if entry is None:
        build_member(found, _LAYER, layers[index], path)  # tells what is wrong with the form
        return None
    if "name" in entry.given:
        _check_name(found, entry.given["name"], (*entry.path, "name"))
    if "shared" in entry.given and entry.shared is None:
        found.add((*entry.path, "shared"), f"expected a layer's name, got {show_value(entry.given['shared'])}")
    if "from" in entry.given:
        sources = entry.given["from"]
        sources = [sources] if isinstance(sources, str) else sources
        if isinstance(sources, list) and sources and all(isinstance(name, str) for name in sources):
            entry.sources = tuple(sources)
        else:
            found.add((*entry.path, "from"), f"expected a name or a list of names, got {show_value(sources)}",
                      "write from: name, or from: [one, other]")  # fmt: skip
            entry.sources = ()
    return entry


def _unique_names(found: Findings, network: Network, entries: Sequence[Entry]) -> None:
    for entry in entries:
        if entry.name in network.paths:
            first = found.document.place(network.paths[entry.name])
            found.add(
                (*entry.path, "name") if "name" in entry.given else entry.path,
                f"the name {entry.name!r} is taken, in line {first.line}", "give it another name",
            )  # fmt: skip
        else:
            network.paths[entry.name] = entry.path


def _declare_input(found: Findings, network: Network, entry: Entry) -> None:
    for key in ("from", "shared"):
        if key in entry.given:
            found.add((*entry.path, key), f"an Input has no `{key}`", f"remove `{key}`: an Input takes the data")
    arguments = entry.arguments
    if isinstance(arguments, dict):
        arguments = {key: value for key, value in arguments.items() if key not in _RESERVED}
    elif isinstance(arguments, list):
        arguments = {"shape": arguments}
    built = build_declared(found, InputSpec, arguments, entry.path)
    network.inputs[entry.name] = InputSpec() if built is BAD else built


def _build_layer(found: Findings, entry: Entry, order: Mapping[str, Entry]) -> None:
    """Sets the entry's layer: a new one, or that of the entry it shares with."""
    arguments = entry.arguments
    if isinstance(arguments, dict):
        arguments = {key: value for key, value in arguments.items() if key not in _RESERVED}
    if "shared" not in entry.given:
        if entry.kind is None:
            found.add(entry.path, "says not which layer is shared", "write - shared: {layer: name, from: source}")
            return
        path = entry.path if len(entry.path) > 2 else (*entry.path,)
        cls = lookup(found, _LAYER, entry.kind, path)
        if cls is not None:
            entry.layer = build_declared(found, cls, arguments, path)
        return
    if entry.shared is None:
        return
    path = (*entry.path, "shared") if (*entry.path, "shared") in found.document.places else entry.path
    owner = order.get(entry.shared)
    if owner is None or owner.is_input or owner.index >= entry.index:
        names = [e.name for e in order.values() if e.index < entry.index and not e.is_input]
        what = "comes only further down" if owner and not owner.is_input else "is no layer above"
        found.add(path, f"shared: {shorten(entry.shared)!r} {what}", did_you_mean(entry.shared, names))
        return
    if arguments:
        key = next(iter(arguments))
        found.add((*entry.path, key), f"a shared layer takes its arguments from {owner.name!r}",
                  f"remove {', '.join(map(shorten, arguments))}; only name and from are its own")  # fmt: skip
    cls = lookup(found, _LAYER, entry.kind, entry.path) if entry.kind else None
    if cls and owner.layer is not BAD and cls is not type(owner.layer):
        found.add(path, f"{owner.name!r} is a {owner.layer.kind}, not a {cls.kind}", f"write {owner.layer.kind}")
    entry.layer = owner.layer
    entry.shared = owner.shared or owner.name


def _connect(found: Findings, network: Network, entry: Entry, above: Entry | None,
             order: Mapping[str, Entry]) -> None:  # fmt: skip
    """Sets the entry's sources: named, the one above, or the only input."""
    path = (*entry.path, "from") if "from" in entry.given else entry.path
    merges = entry.layer is not BAD and entry.layer.merges
    inputs = list(network.inputs) or ["input"]
    if entry.sources is None:
        if merges:
            found.add(path, f"{entry.layer.kind} merges several tensors, but takes only the one above",
                      "name them: from: [one, other]")  # fmt: skip
        elif above is not None:
            entry.sources = (above.name,)
        elif entry.index > 0:
            entry.sources = ()  # the one above could not be read; its problem is told
        elif len(inputs) == 1:
            entry.sources = (inputs[0],)
        else:
            found.add(path, f"there are {len(inputs)} inputs, and it is not said which one it takes",
                      f"name it: from: {inputs[0]}")  # fmt: skip
        return
    for index, source in enumerate(entry.sources):
        at = (*path, index) if (*path, index) in found.document.places else path
        _check_source(found, entry, source, at, inputs, order)
    if entry.layer is BAD:
        return
    if merges and len(entry.sources) == 1:
        found.add(path, f"{entry.layer.kind} merges several tensors, got one: {entry.sources[0]!r}",
                  "name at least two: from: [one, other]")  # fmt: skip
    elif not merges and len(entry.sources) > 1:
        found.add(path, f"{entry.layer.kind} takes one tensor, got {len(entry.sources)}",
                  "merge them first, with Concatenate, Add, ...")  # fmt: skip


def _check_source(found: Findings, entry: Entry, source: str, path: Path, inputs: Sequence[str],
                  order: Mapping[str, Entry]) -> None:  # fmt: skip
    if source in inputs:
        return
    other = order.get(source)
    if other is None:
        names = [*inputs, *(e.name for e in order.values() if e.index < entry.index and e.name not in inputs)]
        found.add(path, f"unknown layer or input {shorten(source)!r}", did_you_mean(source, names))
    elif other.index >= entry.index:
        if cycle := _cycle(entry, order):
            found.add(path, f"a cycle: {shorten(' <- '.join(cycle), 200)}", "a layer cannot take what depends on it")
        else:
            found.add(path, f"{source!r} comes only further down", f"move {source} above {entry.name}")


def _cycle(entry: Entry, order: Mapping[str, Entry]) -> list[str]:
    """The names along a way from the entry back to itself, or an empty list."""
    by_index = {other.index: other for other in order.values()}
    came_from: dict[str, str] = {}
    waiting = [entry]
    while waiting:
        current = waiting.pop()
        above = by_index.get(current.index - 1)
        for source in current.sources if current.sources is not None else (above.name,) if above else ():
            if source == entry.name:
                way, name = [entry.name], current.name
                while name != entry.name:
                    way.append(name)
                    name = came_from[name]
                return [entry.name, *reversed(way[1:]), entry.name]
            if source in order and source not in came_from:
                came_from[source] = current.name
                waiting.append(order[source])
    return []


def _outputs(found: Findings, given: Any, entries: Sequence[Entry]) -> tuple[str, ...]:
    if given is None:
        return (entries[-1].name,)
    path: Path = ("outputs",)
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        found.add(path, f"expected names of layers, got {show_value(given)}", "write outputs: [kind, price]")
        return (entries[-1].name,)
    known = [entry.name for entry in entries]
    for index, name in enumerate(names):
        at = (*path, index) if isinstance(given, list) else path
        if name not in known:
            found.add(at, f"unknown layer {shorten(name)!r}", did_you_mean(name, known))
        elif name in names[:index]:
            found.add(at, f"the output {name!r} is listed twice", "remove one of them")
    return tuple(name for name in dict.fromkeys(names) if name in known) or (entries[-1].name,)


def _unused(found: Findings, network: Network, entries: Sequence[Entry]) -> None:
    """Notes every end of a branch that is no output, and every input that nothing takes."""
    taken = {source for entry in entries for source in entry.sources or ()}
    for entry in entries:
        if entry.name not in taken and entry.name not in network.outputs:
            found.add(entry.path, f"nothing takes {entry.name!r}, and it is no output",
                      f"take it with from: {entry.name}, list it under outputs:, or remove it")  # fmt: skip
    for name in network.inputs:
        if name not in taken:
            found.add(
                network.paths[name], f"nothing takes the input {name!r}", f"take it with from: {name}, or remove it"
            )
