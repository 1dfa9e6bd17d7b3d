"""Describes the type of a field in plain words: "a whole number or a list of 2 whole numbers"."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

from nnctl.components.fast_checks import Argument, BeforeValidator, split

_ONE = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_SEVERAL = {int: "whole numbers", float: "numbers", str: "texts", bool: "true or false each"}


def in_words(info: Argument) -> list[str]:
    """The kinds of values that a field accepts, except null; empty for a field that takes a component."""
    return list(dict.fromkeys(_words(info.annotation, info.metadata)))


def choices_of(info: Argument) -> list[str]:
    """The words among which a field offers a choice."""
    literals = [part for part in _branches(info.annotation) if get_origin(part) is Literal]
    return [str(each) for part in literals for each in get_args(part)]


def _branches(annotation: Any) -> list[Any]:
    inner, _ = split(annotation)
    if get_origin(inner) in (Union, types.UnionType):
        return [branch for part in get_args(inner) for branch in _branches(part)]
    return [inner]


def _words(annotation: Any, marks: tuple[Any, ...] = ()) -> list[str]:
    inner, own = split(annotation)
    for mark in (*marks, *own):
        if isinstance(mark, BeforeValidator) and mark.json_schema_input_type is not Any:
            return _words(mark.json_schema_input_type)  # as written in a config, before conversion
    origin, parts = get_origin(inner), get_args(inner)
    if origin in (Union, types.UnionType):
        found = [word for part in parts for word in _words(part)]
        return [word for word in found if word != "a whole number" or "a number" not in found]
    if inner in _ONE:
        return [_ONE[inner]]
    if origin is Literal:
        return ["one of " + ", ".join(map(str, parts))] if len(parts) > 1 else [str(parts[0])]
    if origin in (tuple, list):
        return [_list(parts)]
    if origin is Mapping or (isinstance(inner, type) and hasattr(inner, "model_fields")):
        return ["a mapping"]
    return []


def _list(parts: tuple[Any, ...]) -> str:
    """The description of a list, of any or of a fixed length."""
    kinds = {_several(part) for part in parts if part is not Ellipsis}
    items = kinds.pop() if len(kinds) == 1 else ""
    length = "" if Ellipsis in parts or len(parts) == 1 else f"{len(parts)} {'' if items else 'items'}"
    return f"a list{' of ' if length or items else ''}{length}{items}".rstrip()


def _several(annotation: Any) -> str:
    names = {_SEVERAL.get(part, "") for part in _branches(annotation) if part not in (None, type(None))}
    return names.pop() if len(names) == 1 else ""
