"""The list `layers:` as entries: the form of each, its name, and the turns of `repeat` written out."""

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
MOST_LAYERS = 2_000  # of a config with `repeat`: what a file of allowed length can say again, written out

_INPUT_KINDS = ("input", "inputlayer")
_FORM = "write - repeat: {times: 3, layers: [...]}"


@dataclass
class Turn:
    """One turn of a `repeat`. numbers: its own, and before it those of the turns around it.

    first: the index of its first entry. names: as written in it -> as they are called in the whole network.
    """

    numbers: tuple[int, ...]
    first: int
    outer: Turn | None
    names: dict[str, str] = field(default_factory=dict)


@dataclass
class Entry:
    """One layer of the list, or what could not be read as one (`wrong`).

    item: key path of the list's entry. path: of its arguments. value: the entry as written.
    sources: the tensors it takes, once they are known. given: the arguments where these are a mapping, else empty.
    """

    index: int
    item: Path
    path: Path
    value: Any = None
    kind: str | None = None
    arguments: Any = None
    turn: Turn | None = None
    wrong: bool = False
    problems: list[tuple[Path, str, str | None]] = field(default_factory=list)
    name: str = ""
    shared: str | None = None
    sources: tuple[str, ...] = ()
    layer: Any = BAD
    given: dict[str, Any] = field(init=False)
    is_input: bool = field(init=False)

    def __post_init__(self) -> None:
        self.given = self.arguments if isinstance(self.arguments, dict) else {}
        self.is_input = self.kind is not None and normalised(self.kind) in _INPUT_KINDS


def entries_of(layers: Sequence[Any]) -> list[Entry]:
    """The list's entries, `repeat` written out, with their names, the given and the automatic."""
    entries: list[Entry] = []
    _expand(layers, ("layers",), None, entries)
    for entry in entries:
        shared = entry.given.get("shared")
        if isinstance(shared, str):
            full = full_name(shared, entry.turn)
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
    """Each name that a config may call an entry by -> the entry's key path below `layers`. A layer inside a
    `repeat` is called as written there, for all turns."""
    names: dict[str, Path] = {}
    for entry in entries_of(layers):
        name = entry.given.get("name") if entry.turn else entry.name
        if isinstance(name, str) and name:
            names.setdefault(name, entry.item[1:])
    return names


def full_name(name: str, turn: Turn | None) -> str:
    """What a name written in a turn means: a layer of the same turn, else of the turns around it, else outside."""
    while turn:
        if name in turn.names:
            return turn.names[name]
        turn = turn.outer
    return name


def snake_case(kind: str) -> str:
    """`BatchNormalization` -> batch_normalization, `Conv2D` -> conv2d, as Keras does."""
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
    except Exception:  # an unknown layer is told of later; here it only needs a name
        kind = kind[:50]
    return snake_case(kind) or "layer"


def _expand(layers: Sequence[Any], path: Path, turn: Turn | None, entries: list[Entry]) -> None:
    """Appends the entries of a list, which stands in `turn`."""
    for number, value in enumerate(layers):
        item = (*path, number)
        block = _block(value)
        if block is None:
            entries.append(_entry(len(entries), value, item, turn))
            continue
        [(key, arguments)] = block.items()
        inside = (*item, key)
        problems = list(_block_problems(arguments, inside))
        if not problems and len(entries) + (size := _size([value])) > MOST_LAYERS:
            problems = [((*inside, "times"), f"makes {size:,} layers; a network has at most {MOST_LAYERS:,}", None)]
        if problems:
            entries.append(Entry(len(entries), item, inside, value, turn=turn, wrong=True, problems=problems))
            continue
        around = turn.numbers if turn else ()
        for repetition in range(1, arguments["times"] + 1):
            here = Turn((*around, repetition), len(entries), turn)
            _expand(arguments["layers"], (*inside, "layers"), here, entries)


def _block(value: Any) -> dict[str, Any] | None:
    """The value where it is a `repeat`."""
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
    """How many layers a list makes; what is wrong in it counts as one."""
    size = 0
    for value in layers:
        arguments: Any = next(iter((_block(value) or {"": None}).values()))
        if any(_block_problems(arguments, ())):  # as are all of what is no `repeat`
            size += 1
        else:
            size += arguments["times"] * _size(arguments["layers"])
    return size


def _entry(index: int, value: Any, item: Path, turn: Turn | None) -> Entry:
    if isinstance(value, str):
        return Entry(index, item, item, value, value, turn=turn)
    if not isinstance(value, dict) or len(value) != 1:
        return Entry(index, item, item, value, turn=turn, wrong=True)
    [(kind, arguments)] = value.items()
    path = (*item, kind)
    if kind == "shared":
        if isinstance(arguments, str):
            arguments = {"shared": arguments}
        elif isinstance(arguments, dict) and "layer" in arguments:
            arguments = {"shared" if key == "layer" else key: value for key, value in arguments.items()}
        kind = None
    entry = Entry(index, item, path, value, kind, arguments, turn)
    name = entry.given.get("name")
    if isinstance(name, str):
        entry.name = _declare(name, turn)
    return entry


def _declare(name: str, turn: Turn | None) -> str:
    """A given name as the whole network calls it, made known in the turn and those around it; "" where it is
    not allowed."""
    full = numbered(name, turn.numbers) if turn else name
    if not NAME.fullmatch(full):
        return ""
    numbers = turn.numbers if turn else ()
    depth = 0
    while turn:  # `conv` in its own turn; `conv_3` in the turn around that one, where it is the third
        turn.names.setdefault(numbered(name, numbers[-depth:]) if depth else name, full)
        turn, depth = turn.outer, depth + 1
    return full


def numbered(name: str, numbers: Sequence[int]) -> str:
    """A name written in a `repeat` with its turn's numbers: at {i}, or else behind it."""
    shown = "_".join(map(str, numbers))
    return name.replace("{i}", shown) if "{i}" in name else f"{name}_{shown}"
