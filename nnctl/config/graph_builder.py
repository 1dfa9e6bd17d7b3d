"""Builds the graph of a config from `inputs:`, `layers:` and `outputs:`; an unused layer or input is an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnctl.config.components import BAD, build_declared, build_member
from nnctl.config.connections import LAYER, SPECIAL, Wiring, own_arguments
from nnctl.config.layer_list import NAME, Entry, entries_of
from nnctl.config.messages import did_you_mean, show_value
from nnctl.config.source_map import Findings, Path, shorten
from nnctl.config.types import InputSpec
from nnctl.engine.graph import Node


@dataclass
class Network:
    """The graph of a config.

    paths: node or input -> the key path where it is declared. items: node -> the key path of its list entry.
    """

    nodes: tuple[Node, ...] = ()
    outputs: tuple[str, ...] = ()
    inputs: dict[str, InputSpec] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    items: dict[str, Path] = field(default_factory=dict)


def build_network(found: Findings, layers: Any, inputs: Any, outputs: Any) -> Network:
    """The nodes, outputs and inputs that `layers:`, `inputs:` and `outputs:` describe."""
    before = len(found.problems)
    network = Network(inputs=_declared_inputs(found, inputs))
    network.paths = {name: ("inputs", name) for name in network.inputs}
    if not isinstance(layers, list) or not layers:
        hint = "list the layers, one per line: - Dense: {units: 16, activation: relu}"
        found.add(("layers",), f"expected a list of layers, got {show_value(layers)}", hint)
        return network
    entries = entries_of(layers)
    _check_forms(found, entries)
    known = [entry for entry in entries if not entry.wrong]
    _unique_names(found, network, known)
    for entry in known:
        if entry.is_input:
            _declare_input(found, network, entry)
    if not network.inputs:
        network.paths.setdefault("input", ("layers",))
    wiring = Wiring(found, entries, list(network.inputs) or ["input"])
    built = [entry for entry in known if not entry.is_input]
    for entry in built:
        wiring.add(entry)
    if len(known) < len(entries):
        return network
    if not built:
        found.add(("layers",), "there is only an input, and no layer", "add a layer: - Dense: {units: 16}")
        return network
    network.outputs = _outputs(found, outputs, built)
    if len(found.problems) == before:
        _unused(found, network, built)
    network.items = {entry.name: entry.item for entry in built}
    network.nodes = tuple(
        Node(entry.name, entry.layer, entry.sources, entry.shared, found.document.where(entry.path), entry.word_vectors)
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


def _check_name(found: Findings, name: Any, path: Path, in_repeat: bool = False) -> None:
    if not isinstance(name, str):
        found.add(path, f"a name must be text, got {show_value(name)}", "begin the name with a letter")
    elif name in SPECIAL:
        found.add(
            path, f"{name!r} is not allowed as a name: `from: {name}` means {SPECIAL[name]}", "choose another name"
        )
    elif not NAME.fullmatch(name.replace("{i}", "1") if in_repeat else name):
        found.add(path, f"the name {shorten(name)!r} is not allowed", "use letters, digits, _ and - (at most 100)")


def _check_forms(found: Findings, entries: Sequence[Entry]) -> None:
    """Reports invalid entries and invalid names, once for all repetitions of a `repeat`."""
    reported: set[Path] = set()
    for entry in entries:
        if entry.item in reported:
            continue
        reported.add(entry.item)
        for problem in entry.problems:
            found.add(*problem)
        if entry.wrong and not entry.problems:
            build_member(found, LAYER, entry.value, entry.item)  # reports what is wrong with the form
        if "name" in entry.given:
            _check_name(found, entry.given["name"], (*entry.path, "name"), entry.repetition is not None)
        shared = entry.given.get("shared", "")
        if "shared" in entry.given and entry.shared is None:
            found.add((*entry.path, "shared"), f"expected a layer's name, got {show_value(shared)}")


def _unique_names(found: Findings, network: Network, entries: Sequence[Entry]) -> None:
    reported: set[Path] = set()
    for entry in entries:
        if entry.name not in network.paths:
            network.paths[entry.name] = entry.path
            continue
        if entry.path in reported:
            continue
        reported.add(entry.path)
        path = (*entry.path, "name") if "name" in entry.given else entry.path
        first, here = found.document.place(network.paths[entry.name]), found.document.place(path)
        again = found.document.place((*network.paths[entry.name], "name")) == here
        hint = "the alias repeats the name: remove it from the anchored mapping" if again else "give it another name"
        found.add(path, f"the name {entry.name!r} is already taken, in line {first.line}", hint)


def _declare_input(found: Findings, network: Network, entry: Entry) -> None:
    for key in ("from", "shared", "initial_state"):
        if key in entry.given:
            found.add(
                (*entry.path, key), f"an Input has no `{key}`", f"remove `{key}`: an Input only passes on the data"
            )
    if entry.repetition:
        found.add(entry.path, "an Input cannot be repeated", "move it above the repeat")
    arguments = own_arguments(entry)
    built = build_declared(
        found, InputSpec, {"shape": arguments} if isinstance(arguments, list) else arguments, entry.path
    )
    network.inputs[entry.name] = InputSpec() if built is BAD else built


def _outputs(found: Findings, given: Any, entries: Sequence[Entry]) -> tuple[str, ...]:
    if given is None:
        return (entries[-1].name,)
    path: Path = ("outputs",)
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        found.add(path, f"expected names of layers, got {show_value(given)}", "write outputs: [kind, price]")
        return (entries[-1].name,)
    known = {entry.name: entry for entry in entries}
    for index, name in enumerate(names):
        at = (*path, index) if isinstance(given, list) else path
        owner, dot, state = name.partition(".")
        if dot and owner in known:
            alias = shorten(f"{owner}_{state}")
            found.add(at, f"the output {shorten(name)!r} is a state, and outputs are layers",
                      f"add - Activation: {{activation: linear, from: {shorten(name)}, name: {alias}}}, "
                      f"and list {alias}")  # fmt: skip
        elif name not in known:
            found.add(at, f"unknown layer {shorten(name)!r}", did_you_mean(name, known))
        elif name in names[:index]:
            found.add(at, f"the output {name!r} is listed twice", "remove one of them")
    return tuple(name for name in dict.fromkeys(names) if name in known) or (entries[-1].name,)


def _unused(found: Findings, network: Network, entries: Sequence[Entry]) -> None:
    """Reports every layer that nothing uses and that is not an output, and every input that nothing uses."""
    taken: Mapping[str, None] = dict.fromkeys(source.partition(".")[0] for entry in entries for source in entry.sources)
    reported: set[Path] = set()
    for entry in entries:
        if entry.name not in taken and entry.name not in network.outputs and entry.path not in reported:
            reported.add(entry.path)
            found.add(entry.path, f"nothing uses {entry.name!r}, and it is not an output",
                      f"use it with from: {entry.name}, list it under outputs:, or remove it")  # fmt: skip
    for name in network.inputs:
        if name not in taken:
            found.add(
                network.paths[name], f"nothing uses the input {name!r}", f"use it with from: {name}, or remove it"
            )
