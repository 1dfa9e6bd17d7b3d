"""The sources of each layer: the layer above, named layers, inputs and states; and shared layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnctl.components.registry import Choice, Declared
from nnctl.config.components import BAD, WIRING, build_declared, lookup
from nnctl.config.layer_list import Entry, full_name
from nnctl.config.messages import did_you_mean, show_value
from nnctl.config.source_map import Findings, Path, shorten
from nnctl.nn.layers.base import Layer
from nnctl.nn.layers.base import layers as layer_family

LAYER = Choice(layer_family)
ABOVE, BEFORE = "above", "before"
# What `from` accepts besides the names of layers and inputs.
SPECIAL = {
    ABOVE: "the entry above, which is taken where there is no `from`",
    BEFORE: "the input of this repetition of a `repeat`",
}


class Wiring:
    """Builds the layers of the entries and finds their sources, in the order of the list.

    inputs: the names of the network's inputs.
    """

    def __init__(self, found: Findings, entries: Sequence[Entry], inputs: Sequence[str]):
        self.found, self.entries, self.inputs = found, entries, inputs
        self.order = {entry.name: entry for entry in entries if not entry.wrong}
        self._built: dict[Path, Any] = {}  # all repetitions of a `repeat` share one layer object
        self._told: set[Path] = set()

    def add(self, entry: Entry) -> None:
        """Sets the entry's layer and sources. A problem in a `repeat` is reported once, not for every repetition."""
        if entry.path in self._told:
            return
        before = len(self.found.problems)
        self._build(entry)
        self._connect(entry)
        if len(self.found.problems) > before:
            self._told.add(entry.path)

    # Layers

    def _build(self, entry: Entry) -> None:
        if "shared" in entry.given:
            self._share(entry)
        elif entry.kind is None:
            self.found.add(entry.path, "`shared` names no layer", "write - shared: {layer: name, from: source}")
        else:
            if entry.path not in self._built:
                cls = lookup(self.found, LAYER, entry.kind, entry.path)
                self._built[entry.path] = cls and self._layer(cls, entry)
            entry.layer = self._built[entry.path] or BAD
            if getattr(entry.layer, "takes_word_vectors", False):
                entry.word_vectors = entry.given.get("weights")

    def _layer(self, cls: type[Declared], entry: Entry) -> Any:
        arguments = own_arguments(entry)
        if issubclass(cls, Layer) and cls.takes_word_vectors and "weights" in entry.given:
            # no argument of the layer, which would be the same one without: it says how training starts
            file = arguments.pop("weights")
            if file is not None and not (isinstance(file, str) and file):
                self.found.add((*entry.path, "weights"), f"expected a file of word vectors, got {show_value(file)}",
                               "write weights: glove.txt")  # fmt: skip
        return build_declared(self.found, cls, arguments, entry.path)

    def _share(self, entry: Entry) -> None:
        """Sets the entry's layer to the layer whose weights it shares."""
        if entry.shared is None:
            return
        found, path = self.found, (*entry.path, "shared")
        path = path if path in found.document.places else entry.path
        owner = self.order.get(entry.shared)
        if owner is None or owner.is_input or owner.index >= entry.index:
            names = [e.name for e in self.order.values() if e.index < entry.index and not e.is_input]
            further_down = owner is not None and owner is not entry and not owner.is_input
            what = "comes later" if further_down else "is not a layer above it"
            found.add(path, f"shared: {shorten(entry.shared)!r} {what}", did_you_mean(entry.shared, names))
            return
        arguments = own_arguments(entry)
        if arguments:
            found.add((*entry.path, next(iter(arguments))), f"a shared layer takes its arguments from {owner.name!r}",
                      f"remove {', '.join(map(shorten, arguments))}; only name and from can differ")  # fmt: skip
        cls = lookup(found, LAYER, entry.kind, entry.path) if entry.kind else None
        if cls and owner.layer is not BAD and cls is not type(owner.layer):
            found.add(path, f"{owner.name!r} is a {owner.layer.kind}, not a {cls.kind}", f"write {owner.layer.kind}")
        entry.layer = owner.layer
        entry.shared = owner.shared or owner.name

    # Sources

    def _connect(self, entry: Entry) -> None:
        before = len(self.found.problems)
        path = (*entry.path, "from")
        if "from" in entry.given:
            names = self._names(entry, "from")
            sources = [self._source(entry, name, at) for name, at in names]
        else:
            path = entry.path
            sources = [self._standing(entry, path)]
        states = self._states(entry)
        known = [source for source in (*sources, *states) if source is not None]
        if len(known) < len(sources) + len(states):
            return
        entry.sources = tuple(known)
        if entry.layer is not BAD and len(self.found.problems) == before:
            self._count(entry, path)

    def _names(self, entry: Entry, key: str) -> list[tuple[str, Path]]:
        """The names given under `from` or `initial_state`, each with its key path."""
        given, path = entry.given[key], (*entry.path, key)
        listed = [given] if isinstance(given, str) else given
        if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
            self.found.add(path, f"expected a name or a list of names, got {show_value(given)}",
                           f"write {key}: name, or {key}: [one, other]")  # fmt: skip
            return []
        if isinstance(given, str):
            return [(given, path)]
        return [(name, (*path, index)) for index, name in enumerate(given)]

    def _source(self, entry: Entry, name: str, path: Path) -> str | None:
        """The tensor that a name refers to; None, after reporting the problem, if there is none."""
        if name == ABOVE:
            return self._standing(entry, path)
        if name == BEFORE:
            if entry.repetition is None:
                self.found.add(path, f"{BEFORE!r} means {SPECIAL[BEFORE]}, but this layer is not inside a `repeat`",
                               "name a layer or an input")  # fmt: skip
                return None
            return self._standing(self.entries[entry.repetition.first], path)
        full = full_name(name, entry.repetition)
        if full in self.inputs:
            return full
        whole, dot, state = name.partition(".")
        owner = full_name(whole, entry.repetition)
        other = self.order.get(owner)
        if other is None or (dot and owner in self.inputs):
            self._unknown(entry, name, path)
            return None
        if other.index >= entry.index:
            if cycle := self._cycle(entry):
                message = f"a cycle: {shorten(' <- '.join(cycle), 200)}"
                hint = "a layer cannot take the output of a layer that depends on it"
            else:
                message, hint = f"{name!r} comes later", f"move {whole} above {entry.name}"
            self.found.add(path, message, hint)
            return None
        if not dot:
            return owner
        if other.layer is BAD or state in other.layer.state_names():
            return f"{owner}.{state}"
        self._no_state(other, f"{whole!r} ({other.layer.kind}) has no state {shorten(state)!r}", path)
        return None

    def _standing(self, entry: Entry, path: Path) -> str | None:
        """The source above an entry: the previous entry, or the only input of the network."""
        if entry.index:
            above = self.entries[entry.index - 1]
            return None if above.wrong else above.name  # its problem is reported already
        if len(self.inputs) == 1:
            return self.inputs[0]
        self.found.add(path, f"there are {len(self.inputs)} inputs, and the layer does not name one",
                       f"name it: from: {self.inputs[0]}")  # fmt: skip
        return None

    def _unknown(self, entry: Entry, name: str, path: Path) -> None:
        earlier = [other for other in self.entries[: entry.index] if not other.wrong]
        names = [other.name for other in earlier if other.name not in self.inputs]
        repetition = entry.repetition
        while repetition:
            names = [*repetition.names, *names]
            repetition = repetition.outer
        states = [f"{e.name}.{state}" for e in earlier if e.layer is not BAD for state in e.layer.state_names()]
        self.found.add(path, f"unknown layer or input {shorten(name)!r}",
                       did_you_mean(name, dict.fromkeys([*self.inputs, *names, *states])))  # fmt: skip

    def _states(self, entry: Entry) -> list[str | None]:
        """The tensors under `initial_state`: those that are named, or all states of one named layer."""
        if "initial_state" not in entry.given:
            return []
        path = (*entry.path, "initial_state")
        if entry.layer is not BAD and not takes_states(entry.layer):
            self.found.add(path, f"{entry.layer.kind} takes no initial state",
                           "only recurrent layers do: LSTM, GRU, SimpleRNN")  # fmt: skip
            return [None]
        names = self._names(entry, "initial_state")
        if not isinstance(entry.given["initial_state"], str):
            return [self._source(entry, name, at) for name, at in names] or [None]
        source = self._source(entry, names[0][0], path)
        owner = self.order.get(source or "")
        if owner is None or owner.is_input or owner.layer is BAD:
            return [source]
        states = owner.layer.state_names()
        if not states and has_states(owner.layer):
            self._no_state(owner, f"{names[0][0]!r} ({owner.layer.kind}) has no state outputs", path)
            return [None]
        return [f"{source}.{state}" for state in states] or [source]

    def _no_state(self, owner: Entry, message: str, path: Path) -> None:
        names = owner.layer.state_names()
        if names:
            hint = f"its states: {', '.join(names)}"
        elif has_states(owner.layer):
            inside = "" if "return_state" in type(owner.layer).model_fields else "the layer inside of "
            hint = f"add return_state: true to {inside}{owner.shared or owner.name}"
        else:
            hint = "only recurrent layers with return_state: true have states"
        self.found.add(path, message, hint)

    def _count(self, entry: Entry, path: Path) -> None:
        """Reports a layer that gets more or fewer tensors than it takes."""
        layer, count = entry.layer, len(entry.sources)
        if layer.takes(count):
            return
        got = f"got {count}" if count > 1 else f"got one: {entry.sources[0]!r}"
        if not layer.merges:
            hint = "merge them first, with Concatenate, Add, ..."
        elif count >= layer.fewest:
            hint = "name fewer"
        elif "from" in entry.given:
            hint = "name them: from: [one, other]"
        else:
            got, hint = "but there is only the layer above", f"name them: from: [{ABOVE}, other]"
        self.found.add(path, f"{layer.kind} takes {layer.taken()}, {got}", hint)

    def _cycle(self, entry: Entry) -> list[str]:
        """The names along a path from the entry back to itself, or an empty list."""
        came_from: dict[str, str] = {}
        waiting = [entry]
        while waiting:
            current = waiting.pop()
            for source in self._written(current):
                if source == entry.name:
                    way, name = [entry.name], current.name
                    while name != entry.name:
                        way.append(name)
                        name = came_from[name]
                    return [entry.name, *reversed(way[1:]), entry.name]
                if source in self.order and source not in came_from:
                    came_from[source] = current.name
                    waiting.append(self.order[source])
        return []

    def _written(self, entry: Entry) -> list[str]:
        """The names of the entries that an entry takes, as written, before they are checked."""
        names: list[Any] = []
        for key in ("from", "initial_state"):
            given = entry.given.get(key)
            names += [given] if isinstance(given, str) else given if isinstance(given, list) else []
        if "from" not in entry.given:
            names.append(ABOVE)
        index = {ABOVE: entry.index - 1, BEFORE: entry.repetition.first - 1 if entry.repetition else -1}
        return [
            self.entries[at].name if (at := index.get(name, -1)) >= 0
            else full_name(name.partition(".")[0], entry.repetition)
            for name in names if isinstance(name, str)
        ]  # fmt: skip


def own_arguments(entry: Entry) -> Any:
    """The arguments of the entry that are for the layer itself."""
    if not isinstance(entry.arguments, dict):
        return entry.arguments
    return {key: value for key, value in entry.arguments.items() if key not in WIRING}


def has_states(layer: Declared) -> bool:
    """Whether a layer has states that `return_state` returns: a recurrent layer, or a wrapper of one."""
    fields: Mapping[str, Any] = type(layer).model_fields
    inner = getattr(layer, "layer", None)
    return "return_state" in fields or (isinstance(inner, Declared) and has_states(inner))


def takes_states(layer: Layer) -> bool:
    """Whether initial states may follow a layer's input."""
    return layer.merges and layer.fewest == 1 and has_states(layer)
