"""The list `layers:` as entries with names; each `repeat` is expanded into its repetitions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnctl.components.registry import normalised
from nnctl.config.components import BAD
from nnctl.config.messages import did_you_mean, nearest, show_value
from nnctl.config.source_map import Path
from nnctl.nn.layers.base import layers as layer_family

NAME = re.compile(r"[\w-]{1,100}")
MOST_LAYERS = 2_000  # after `repeat` is expanded

_INPUT_KINDS = ("input", "inputlayer")
_FORM = "write - repeat: {times: 3, layers: [...]}"


@dataclass
class Repetition:
    """One repetition of a `repeat`.

    numbers: its number, after the numbers of the repetitions that enclose it. first: the index of its first entry.
    outer: the repetition that encloses it. names: name as written -> name in the expanded network.
    """

    numbers: tuple[int, ...]
    first: int
    outer: Repetition | None
    names: dict[str, str] = field(default_factory=dict)


@dataclass
class Entry:
    """One entry of the list: a layer, or (`wrong`) something that is not a layer.

    item: the key path of the entry. path: the key path of its arguments. value: the entry as written.
    sources: the tensors it takes, once they are known. word_vectors: the file that an Embedding's `weights` names.
    given: the arguments if they are a mapping, else empty.
    """

    index: int
    item: Path
    path: Path
    value: Any = None
    kind: str | None = None
    arguments: Any = None
    repetition: Repetition | None = None
    wrong: bool = False
    problems: list[tuple[Path, str, str | None]] = field(default_factory=list)
    name: str = ""
    shared: str | None = None
    sources: tuple[str, ...] = ()
    layer: Any = BAD
    word_vectors: str | None = None
    given: dict[str, Any] = field(init=False)
    is_input: bool = field(init=False)

    def __post_init__(self) -> None:
        self.given = self.arguments if isinstance(self.arguments, dict) else {}
        self.is_input = self.kind is not None and normalised(self.kind) in _INPUT_KINDS


def entries_of(layers: Sequence[Any]) -> list[Entry]:
    """The entries of the list, with `repeat` expanded and with their names, given or automatic."""
    entries: list[Entry] = []
    _expand(layers, ("layers",), None, entries)
    for entry in entries:
        shared = entry.given.get("shared")
        if isinstance(shared, str):
            full = full_name(shared, entry.repetition)
            entry.shared = full if NAME.fullmatch(full) else None
    taken = {entry.name for entry in entries if entry.name}
    numbers: Counter[str] = Counter()
    for entry in entries:
        if entry.wrong or entry.name:
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


def written_names(layers: Sequence[Any]) -> dict[str, Path]:
    """The names by which `--set` finds an entry -> the key path of the entry below `layers`.

    A layer inside a `repeat` has the name written there, which stands for all repetitions.
    """
    names: dict[str, Path] = {}
    for entry in entries_of(layers):
        name = entry.given.get("name") if entry.repetition else entry.name
        if isinstance(name, str) and name:
            names.setdefault(name, entry.item[1:])
    return names


def full_name(name: str, repetition: Repetition | None) -> str:
    """The full name of a layer that is named inside a repetition: of this repetition, an enclosing one, or outside."""
    while repetition:
        if name in repetition.names:
            return repetition.names[name]
        repetition = repetition.outer
    return name


def snake_case(kind: str) -> str:
    """`BatchNormalization` -> batch_normalization, `Conv2D` -> conv2d, as in Keras."""
    text = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", text).lower()


def _automatic(entry: Entry) -> str:
    if entry.is_input:
        return "input"
    if entry.shared:
        return entry.shared
    kind = entry.kind or "layer"
    try:
        kind = layer_family.lookup(kind[:200]).kind
    except Exception:  # an unknown layer is reported later; here it only needs a name
        kind = kind[:50]
    return snake_case(kind) or "layer"


def _expand(layers: Sequence[Any], path: Path, repetition: Repetition | None, entries: list[Entry]) -> None:
    """Appends the entries of a list that is inside `repetition`."""
    for number, value in enumerate(layers):
        item = (*path, number)
        block = _block(value)
        if block is None:
            entries.append(_entry(len(entries), value, item, repetition))
            continue
        [(key, arguments)] = block.items()
        inside = (*item, key)
        problems = list(_block_problems(arguments, inside))
        if not problems and len(entries) + (size := _size([value])) > MOST_LAYERS:
            problems = [((*inside, "times"), f"makes {size:,} layers; a network has at most {MOST_LAYERS:,}", None)]
        if problems:
            wrong = Entry(len(entries), item, inside, value, repetition=repetition, wrong=True, problems=problems)
            entries.append(wrong)
            continue
        around = repetition.numbers if repetition else ()
        for nth in range(1, arguments["times"] + 1):
            here = Repetition((*around, nth), len(entries), repetition)
            _expand(arguments["layers"], (*inside, "layers"), here, entries)


def _block(value: Any) -> dict[str, Any] | None:
    """The value if it is a `repeat`, else None."""
    if isinstance(value, str) and normalised(value) == "repeat":
        return {value: None}
    if isinstance(value, dict) and len(value) == 1 and normalised(next(iter(value))) == "repeat":
        return value
    return None


def _block_problems(arguments: Any, path: Path) -> Iterator[tuple[Path, str, str | None]]:
    if not isinstance(arguments, dict):
        yield path, f"expected times and layers, got {show_value(arguments)}", _FORM
        return
    for key in arguments:
        if key not in ("times", "layers"):
            yield (*path, key), f"repeat has no argument {show_value(key)}", did_you_mean(key, ("times", "layers"))
    for key in ("times", "layers"):
        if key not in arguments and not any(key in nearest(other, ("times", "layers")) for other in arguments):
            yield path, f"repeat needs {key}", _FORM
    times, layers = arguments.get("times", 1), arguments.get("layers", [None])
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        yield (*path, "times"), f"expected a whole number of at least 1, got {show_value(times)}", None
    if not isinstance(layers, list) or not layers:
        yield (*path, "layers"), f"expected a list of layers, got {show_value(layers)}", _FORM


def _size(layers: Sequence[Any]) -> int:
    """The number of layers in a list after expansion; an invalid entry counts as one."""
    size = 0
    for value in layers:
        arguments: Any = next(iter((_block(value) or {"": None}).values()))
        if any(_block_problems(arguments, ())):  # also of an entry that is not a `repeat`
            size += 1
        else:
            size += arguments["times"] * _size(arguments["layers"])
    return size


def _entry(index: int, value: Any, item: Path, repetition: Repetition | None) -> Entry:
    if isinstance(value, str):
        return Entry(index, item, item, value, value, repetition=repetition)
    if not isinstance(value, dict) or len(value) != 1:
        return Entry(index, item, item, value, repetition=repetition, wrong=True)
    [(kind, arguments)] = value.items()
    path = (*item, kind)
    if kind == "shared":
        if isinstance(arguments, str):
            arguments = {"shared": arguments}
        elif isinstance(arguments, dict) and "layer" in arguments:
            arguments = {"shared" if key == "layer" else key: value for key, value in arguments.items()}
        kind = None
    entry = Entry(index, item, path, value, kind, arguments, repetition)
    name = entry.given.get("name")
    if isinstance(name, str):
        entry.name = _declare(name, repetition)
    return entry


def _declare(name: str, repetition: Repetition | None) -> str:
    """The full name of a layer that has a name; "" if the name is not allowed.

    Adds the name to the repetition and to the enclosing ones.
    """
    full = numbered(name, repetition.numbers) if repetition else name
    if not NAME.fullmatch(full):
        return ""
    numbers = repetition.numbers if repetition else ()
    depth = 0
    while repetition:  # `conv` in its own repetition; `conv_3` in the enclosing one, where it is the third
        repetition.names.setdefault(numbered(name, numbers[-depth:]) if depth else name, full)
        repetition, depth = repetition.outer, depth + 1
    return full


def numbered(name: str, numbers: Sequence[int]) -> str:
    """A name inside a `repeat` with the numbers of its repetitions: in place of {i}, or else at the end."""
    shown = "_".join(map(str, numbers))
    return name.replace("{i}", shown) if "{i}" in name else f"{name}_{shown}"
