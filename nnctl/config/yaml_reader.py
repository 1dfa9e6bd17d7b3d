"""Reads YAML 1.2, within limits, to plain data with the place of every key.

PyYAML gives the events; what a scalar means is decided here, because PyYAML follows YAML 1.1, in which `no` is
false, `1e-3` a string, `012` ten and `12:30:45` a number. Keys are always text.
Source: YAML 1.2.2, section 10.3 (core schema).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from nnctl.config.source_map import Document, Path, Place, shorten, show_path
from nnctl.config.yaml_text import decoded, syntax_error
from nnctl.errors import ConfigError, Problem

MOST_DEPTH = 64
MOST_ALIASES = 100
MOST_VALUES = 200_000  # keys and values, with aliases expanded

_TAG = "tag:yaml.org,2002:"
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DECIMAL = re.compile(r"[-+]?[0-9]{1,19}")
_BASED = re.compile(r"0o[0-7]{1,21}|0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)")
_NAN = re.compile(r"\.(?:nan|NaN|NAN)")


def scalar(text: str) -> Any:
    """The value of an unquoted scalar: null, true, false, a number, or else the text itself."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf"))
    if _NAN.fullmatch(text):
        return float("nan")
    return text


def read(source: str | bytes, file: str) -> Document:
    """The only document in `source`. Raises ConfigError if it is not YAML or exceeds a limit."""
    text = decoded(source, file)
    try:
        return _Reader(text, file).document()
    except yaml.YAMLError as error:
        raise syntax_error(error, text, file) from None


def read_value(text: str) -> Any:
    """The value in `--set key=value`, read by the same rules."""
    if not text.strip():
        return None
    return read(text, "value").data


@dataclass(slots=True)
class _Node:
    """A value as written. content: a plain value, a list of nodes, or {key: (place of the key, node)}.

    size: the values in it, with aliases expanded. height: the levels of nesting in it.
    """

    content: Any
    place: Place
    size: int = 1
    height: int = 0


class _Reader:
    """Builds nodes from events, and data from nodes. Recursive, but never deeper than MOST_DEPTH."""

    def __init__(self, text: str, file: str):
        self.file = file
        # libyaml's parser is iterative and 30 times as fast; both give the same events.
        self.events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.anchors: dict[str, _Node | None] = {}  # None while the anchored value is still being read
        self.aliases = 0
        self.values = 0
        self.problems: list[Problem] = []

    def document(self) -> Document:
        next(self.events)  # start of the stream
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise ConfigError("the file is empty", self.file, "`nnctl init` writes a commented starter file")
        root = self.node(next(self.events), (), 0)
        next(self.events)  # end of the document
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            self.fail(_place(event), (), "a second document begins", "keep one config per file: remove the `---`")
        document = Document(self.file, None, {(): root.place}, self.problems)
        document.data = _unfold(root, (), document.places)
        return document

    def fail(self, place: Place, path: Path, message: str, hint: str) -> NoReturn:
        raise ConfigError(message, self.where(place, path), hint)

    def where(self, place: Place, path: Path) -> str:
        at = f"{self.file}:{place.line}:{place.column}"
        return f"{at}: {show_path(path)}" if path else at

    def count(self, size: int, place: Place, path: Path) -> None:
        self.values += size
        if self.values > MOST_VALUES:
            self.fail(place, path, f"the config has more than {MOST_VALUES} values", "use fewer aliases")

    def check_depth(self, depth: int, place: Place) -> None:
        if depth > MOST_DEPTH:
            self.fail(place, (), f"nested more than {MOST_DEPTH} levels deep", "close the brackets, or indent less")

    def node(self, event: Any, path: Path, depth: int) -> _Node:
        place = _place(event)
        self.check_depth(depth, place)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event.anchor, place, path, depth)
        self.count(1, place, path)
        if event.anchor:
            self.anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            node = _Node(self.scalar(event, place, path), place)
        elif isinstance(event, yaml.SequenceStartEvent):
            self.check_tag(event.tag, "seq", place, path)
            node = self.sequence(place, path, depth)
        else:
            self.check_tag(event.tag, "map", place, path)
            node = self.mapping(place, path, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def alias(self, name: str | None, place: Place, path: Path, depth: int) -> _Node:
        self.aliases += 1
        if self.aliases > MOST_ALIASES:
            self.fail(place, path, f"more than {MOST_ALIASES} aliases", "write the values out")
        node = self.anchors.get(name or "")
        if node is None:
            known = name in self.anchors
            self.fail(
                place, path,
                f"alias *{name} is inside the value that it repeats" if known else f"no anchor &{name} above *{name}",
                "an alias repeats a value that is anchored above it",
            )  # fmt: skip
        self.check_depth(depth + node.height, place)
        self.count(node.size, place, path)
        return node

    def sequence(self, place: Place, path: Path, depth: int) -> _Node:
        node = _Node([], place)
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            item = self.node(event, (*path, len(node.content)), depth + 1)
            node.content.append(item)
            _grow(node, item)
        return node

    def mapping(self, place: Place, path: Path, depth: int) -> _Node:
        node = _Node({}, place)
        merged: list[_Node] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            at = _place(event)
            if not isinstance(event, yaml.ScalarEvent):
                self.fail(
                    at, path, "a key must be a name", "write `key: value`; quote a key that begins with [, { or *"
                )
            key = event.value
            inside = (*path, key)
            value = self.node(next(self.events), inside, depth + 1)
            if key == "<<" and not event.style:
                merged += self.merged(value, at, path)
            elif not key:
                self.problem(at, path, "a key is empty", "write `key: value`")
            elif key in node.content:
                first = node.content[key][0].line
                self.problem(at, inside, f"the key {shorten(key)!r} is given twice, first in line {first}",
                             "remove one of them")  # fmt: skip
            else:
                node.content[key] = (at, value)
                _grow(node, value)
        for other in merged:
            for key, (at, value) in other.content.items():
                if key not in node.content:  # keys of the mapping itself, then of the first merged one, take precedence
                    node.content[key] = (at, value)
                    self.count(value.size, at, path)
                    _grow(node, value)
        return node

    def merged(self, value: _Node, place: Place, path: Path) -> list[_Node]:
        nodes = value.content if isinstance(value.content, list) else [value]
        if not all(isinstance(node.content, dict) for node in nodes):
            self.fail(
                place,
                path,
                "`<<` merges mappings, but this is not a mapping",
                "write `<<: *name`, where name is an anchored mapping",
            )
        return nodes

    def problem(self, place: Place, path: Path, message: str, hint: str) -> None:
        self.problems.append(Problem(message, self.where(place, path), hint))
        if len(self.problems) >= 40:
            raise ConfigError.of(self.problems)

    def check_tag(self, tag: str | None, expected: str, place: Place, path: Path) -> None:
        if tag not in (None, "!", _TAG + expected):
            self.fail(place, path, f"the tag {shorten(tag.replace(_TAG, '!!'))} is not allowed", "remove the tag")

    def scalar(self, event: Any, place: Place, path: Path) -> Any:
        tag = event.tag
        if tag in (None, "!"):
            return event.value if event.style or tag else scalar(event.value)
        types = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}
        wanted = types.get(tag.removeprefix(_TAG))
        if wanted is str:
            return event.value
        value = scalar(event.value)
        if wanted is float and type(value) is int:
            return float(value)
        if wanted is None or type(value) is not wanted:
            self.check_tag(tag, "str", place, path)
        return value


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def _grow(parent: _Node, child: _Node) -> None:
    parent.size += child.size
    parent.height = max(parent.height, child.height + 1)


def _unfold(node: _Node, path: Path, places: dict[Path, Place]) -> Any:
    """Plain data; every alias becomes a separate copy."""
    if isinstance(node.content, list):
        data = []
        for index, item in enumerate(node.content):
            inside = (*path, index)
            places[inside] = item.place
            data.append(_unfold(item, inside, places))
        return data
    if isinstance(node.content, dict):
        mapping = {}
        for key, (at, value) in node.content.items():
            inside = (*path, key)
            places[inside] = at
            mapping[key] = _unfold(value, inside, places)
        return mapping
    return node.content
