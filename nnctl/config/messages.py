"""Error messages in plain words: what was given, what is allowed, and a hint."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from nnctl.components.fast_checks import Argument
from nnctl.config.source_map import Path, shorten
from nnctl.config.type_descriptions import choices_of, in_words
from nnctl.config.yaml_reader import scalar
from nnctl.similar_names import alike

_TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "dataclass_type": "a mapping",
    "none_required": "null",
}
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_FAILED_BOUND = {
    "greater_than_equal": "ge", "greater_than": "gt", "less_than_equal": "le", "less_than": "lt",
}  # fmt: skip
_YES_AND_NO = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
# Names that other libraries and courses use for an argument.
_ELSEWHERE = {
    "lr": "learning_rate", "eta": "learning_rate", "eps": "epsilon", "neurons": "units", "nodes": "units",
    "size": "units", "out_features": "units", "p": "rate", "beta1": "beta_1", "beta2": "beta_2",
    "data": "dataset", "model": "layers", "network": "layers", "batch": "batch_size", "l2_penalty": "l2",
    "criterion": "loss", "channels": "filters", "out_channels": "filters",
}  # fmt: skip


def show_value(value: Any) -> str:
    """A value as the config would write it, on one short line."""
    if isinstance(value, str):
        return repr(shorten(value))
    if value is None:
        return "nothing"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, list | tuple):
        return shorten("[" + ", ".join(map(show_value, value[:20])) + "]")
    if isinstance(value, dict):
        items = list(value.items())[:20]
        return shorten("{" + ", ".join(f"{shorten(k)}: {show_value(v)}" for k, v in items) + "}")
    return shorten(json.dumps(value) if isinstance(value, bool | int | float) else str(value))


def nearest(word: str, known: Iterable[str], most: int = 2) -> list[str]:
    """The known words that are similar to `word`, or that mean the same in other libraries; the nearest first."""
    known = list(known)
    if len(word) > 100:
        return []
    other = same_elsewhere(word)
    if other in known:
        return [other]
    lower = {name.lower(): name for name in known}
    near = alike(word.lower().replace("-", "_"), lower, most)
    return [lower[name] for name in near]


def same_elsewhere(word: str) -> str | None:
    """The name that means the same as a word of other libraries."""
    return _ELSEWHERE.get(word.lower())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint with the nearest names, or with all names if none is near."""
    known = list(known)
    near = nearest(word, known)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return "known: " + ", ".join(shorten(name) for name in known[:40]) if known else "there are none"


def explain(errors: Sequence[Any], given: Any, fields: dict[str, Argument]) -> list[tuple[Path, str, str | None]]:
    """(key path below `given`, message, hint) for the errors that pydantic found in `given`, one per key path.

    For a field of several types pydantic reports each type that it tried; these become one sentence.
    """
    by_place: dict[Path, list[Any]] = {}
    for error in errors:
        by_place.setdefault(_place(error, given), []).append(error)
    deepest = [
        path for path in by_place
        # [1, 'a'] for `int or [int, int]`: the mistake is 'a', not that the list is not an int
        if not any(len(other) > len(path) > 0 and other[: len(path)] == path for other in by_place)
    ]  # fmt: skip
    return [(path, *_sentence(by_place[path], path, given, fields)) for path in deepest]


def _place(error: Any, given: Any) -> Path:
    """The location of an error, without the names of the types that pydantic tried."""
    path: Path = ()
    value = given
    for step in error["loc"]:
        if (isinstance(value, dict) and step in value) or (
            isinstance(value, list | tuple) and isinstance(step, int) and step < len(value)
        ):
            value = value[step]
        elif not path and error["type"] == "missing":
            return (step,)
        else:
            continue
        path = (*path, step)
    return path


def _sentence(errors: list[Any], path: Path, given: Any, fields: dict[str, Argument]) -> tuple[str, str | None]:
    value = errors[0]["input"]
    info = fields.get(str(path[0])) if path else None
    for error in errors:
        kind, context = error["type"], error.get("ctx", {})
        if kind == "missing" and len(error["loc"]) == 1:
            return "is required, but missing", f"add `{path[0]}: ...`"
        if kind in _FAILED_BOUND:
            bound = _FAILED_BOUND[kind]
            return f"must be {_range(info, bound, context[bound])}, got {show_value(error['input'])}", None
        if kind == "finite_number":
            return f"must be a finite number, got {show_value(error['input'])}", None
        if kind == "string_pattern_mismatch":
            return f"must be {_meaning(info)}, got {show_value(error['input'])}", None
        if kind in ("value_error", "assertion_error"):
            return shorten(error["msg"].split(", ", 1)[1], 300), None
    lengths = {e.get("ctx", {}).get("max_length") or e.get("ctx", {}).get("min_length") for e in errors} - {None}
    allowed, choices = [], []
    for error in errors:
        kind = error["type"]
        if kind == "literal_error":
            choices += re.findall(r"'([^']*)'", error["ctx"]["expected"])
        elif kind in ("too_long", "too_short", "missing"):
            length = max(lengths, default=0) or _fixed_length(info)
            allowed.append(f"a list of {length}" if length else "a list of a different length")
        else:
            allowed.append(_TYPES.get(kind, "a value of a different kind"))
    if choices:
        allowed.append("one of " + ", ".join(choices) if len(choices) > 1 else choices[0])
    if info and len(path) == 1 and (words := in_words(info)):  # pydantic names only the form after conversion
        allowed, choices = words, choices_of(info)
    if "a number" in allowed:
        allowed = [each for each in allowed if each != "a whole number"]
    if isinstance(value, dict | list) and path:
        value = _at(given, path)
    message = f"expected {' or '.join(dict.fromkeys(allowed))}, got {show_value(value)}"
    return message, _hint(value, allowed, choices) or (_keys(info) if info and len(path) == 1 else None)


def _meaning(info: Argument | None) -> str:
    """The meaning of a pattern in words."""
    words = [mark.words for mark in (info.metadata if info else ()) if getattr(mark, "words", "")]
    return words[0] if words else "in a different format"


def _at(given: Any, path: Path) -> Any:
    for step in path:
        given = given[step]
    return given


def _range(info: Argument | None, failed: str, limit: Any) -> str:
    """ "at least 0 and below 1": the bound that failed, with the opposite bound."""
    bounds = {failed: limit}
    for item in _metadata(info.annotation, info.metadata) if info else ():
        for name in _BOUNDS:
            if getattr(item, name, None) is not None:
                bounds.setdefault(name, getattr(item, name))
    lower = [f"{_BOUNDS[name]} {bounds[name]:g}" for name in ("ge", "gt") if name in bounds]
    upper = [f"{_BOUNDS[name]} {bounds[name]:g}" for name in ("le", "lt") if name in bounds]
    return " and ".join(lower[:1] + upper[:1])


def _metadata(annotation: Any, metadata: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for item in metadata:
        found += getattr(item, "metadata", None) or [item]  # pydantic's own Field holds the bounds inside
    for part in get_args(annotation):
        found += _metadata(part, getattr(part, "__metadata__", ()))
    return found


def _keys(info: Argument) -> str | None:
    """A hint with the keys of a field that is a mapping; None for another one."""
    for part in (info.annotation, *get_args(info.annotation)):
        if fields := getattr(part, "model_fields", None):
            return f"its keys: {', '.join(fields)}"
    return None


def _fixed_length(info: Argument | None) -> int:
    """The length of a fixed tuple among the types of a field; 0 if there is none."""
    if info is None:
        return 0
    for part in (info.annotation, *get_args(info.annotation)):
        arguments = get_args(part)
        if getattr(part, "__origin__", None) is tuple and Ellipsis not in arguments:
            return len(arguments)
    return 0


def _hint(value: Any, allowed: list[str], choices: list[str]) -> str | None:
    if isinstance(value, str):
        text = value.strip()
        if choices and (near := nearest(text, choices, 1)):
            return f"did you mean {near[0]}?"
        if "true or false" in allowed and text.lower() in _YES_AND_NO:
            return f"write {_YES_AND_NO[text.lower()]}"
        if "a number" in allowed or "a whole number" in allowed:
            return number_hint(text)
    if isinstance(value, float) and value.is_integer() and "a whole number" in allowed:
        return f"write {value:.0f}"
    pair = re.fullmatch(r"a list of (\d) (?:whole )?numbers", allowed[0]) if len(allowed) == 1 else None
    if pair and isinstance(value, int) and not isinstance(value, bool):
        return f"write [{', '.join([str(value)] * int(pair[1]))}]"
    if isinstance(value, int | float) and "text" in allowed:
        return f"put it in quotes: '{show_value(value)}'"
    return None


def number_hint(text: str) -> str | None:
    """How to write the number that a text seems to mean."""
    if text.endswith("%") and isinstance(percent := scalar(text[:-1].strip()), int | float):
        return f"write {percent / 100:g}"
    plain = scalar(text.replace("_", "").replace(",", "."))
    if isinstance(plain, int | float) and not isinstance(plain, bool):
        digits = scalar(text.replace("_", ""))
        written = text.replace("_", "") if isinstance(digits, int | float) else text.replace(",", ".")
        return f"write {shorten(written)}, without quotes"
    return None
