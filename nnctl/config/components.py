"""Builds components (layers, losses, optimizers, ...) from plain data, and collects all problems.

Values that are nested in a component (a layer's activation, an optimizer's schedule) are built first, so that a
problem in them is reported with its own key path and line.
"""

from __future__ import annotations

import math
from typing import Any

from nnctl.components.registry import Choice, Declared, PluginError, UnknownName
from nnctl.config.messages import did_you_mean, explain, nearest, number_hint, show_value
from nnctl.config.slots import Slot, slots
from nnctl.config.source_map import Findings, Path, shorten
from nnctl.errors import NnctlError
from nnctl.nn.layers.base import Layer

WIRING = ("name", "from", "shared", "initial_state")  # what an entry of `layers:` accepts besides arguments
BAD: Any = object()  # in place of what could not be built; the problem has been reported


def build_member(found: Findings, choice: Choice, value: Any, path: Path) -> Any:
    """A member of a family from its name or `{name: {arguments}}`; BAD if it cannot be built."""
    if value is None and choice.optional:
        return None
    if choice.scalar and isinstance(value, int | float) and not isinstance(value, bool):
        if math.isfinite(value) and value >= 0:
            return float(value)
        found.add(path, f"must be at least 0 and finite, got {show_value(value)}")
        return BAD
    if (together := choice.family.as_one(value)) is not value:
        [(name, arguments)] = together.items()
        inside = path
    elif isinstance(value, str):
        name, arguments, inside = value, {}, path
    elif isinstance(value, dict) and len(value) == 1:
        [(name, arguments)] = value.items()
        inside = (*path, name)
    else:
        found.add(path, f"expected {_expected(choice)}, got {show_value(value)}", _form_hint(choice, value))
        return BAD
    cls = lookup(found, choice, name, inside)
    return BAD if cls is None else build_declared(found, cls, cls.spelled_out(arguments), inside)


def lookup(found: Findings, choice: Choice, name: str, path: Path) -> type[Declared] | None:
    """The class of that name; None, after reporting the problem, if there is none."""
    family = choice.family
    try:
        return family.lookup(name[:200])
    except UnknownName as error:
        hint = error.problems[0].hint
        if choice.scalar and (number := number_hint(name)):
            hint = number
        elif near := nearest(name, family):
            hint = f"did you mean {' or '.join(near)}?"
        found.add(path, f"unknown {family.noun} {shorten(name)!r}", hint)
        return None
    except PluginError as error:
        found.add(path, error.problems[0].message, error.problems[0].hint)
        return None


def _expected(choice: Choice) -> str:
    article = "an" if choice.family.noun[0] in "aeiou" else "a"
    form = f"{article} {choice.family.noun}: its name, or {{name: {{arguments}}}}"
    return f"a number, or {form}" if choice.scalar else form


def _form_hint(choice: Choice, value: Any) -> str | None:
    """A hint for common mistakes in the form of a member."""
    if isinstance(value, list) and len(value) == 1:
        return "write it without a dash or brackets"
    if not isinstance(value, dict) or not value:
        return None
    for key in ("name", "type", "class_name", "kind"):
        if isinstance(value.get(key), str):
            rest = ", ".join(f"{k}: {show_value(v)}" for k, v in value.items() if k != key)
            return f"write {{{shorten(value[key])}: {{{rest}}}}}"
    first, *others = value
    if nearest(first, choice.family, 1):
        if value[first] is None:
            return f"indent {', '.join(map(shorten, others))} further, below {first}:"
        return f"a mapping names one {choice.family.noun}; its arguments go inside it: {{{first}: {{...}}}}"
    return None


def build_declared(found: Findings, cls: type[Declared], given: Any, path: Path) -> Any:
    """An instance of `cls` from a mapping of arguments; BAD if they are not valid."""
    fields = cls.model_fields
    if given is None:
        given = {}
    if not isinstance(given, dict) and len(cls.bare) > 1:
        named = ", ".join(f"{name}: ..." for name in cls.bare)
        found.add(path, f"expected the arguments {' and '.join(cls.bare)}, got {show_value(given)}",
                  f"write {{{named}}}, or [{', '.join(cls.bare)}] in this order")  # fmt: skip
        return BAD
    if not isinstance(given, dict):
        first = next((name for name, info in fields.items() if info.is_required()), None)
        hint = f"write {{{first}: {show_value(given)}}}" if first and not isinstance(given, list) else None
        found.add(path, f"expected a mapping of arguments, got {show_value(given)}", hint)
        return BAD
    values: dict[str, Any] = {}
    bad: set[str] = set()
    wrong = False  # whether a problem was reported
    for key, value in given.items():
        inside = (*path, key)
        if key not in fields:
            what = f"{cls.kind} has no argument {shorten(key)!r}" if cls.kind else f"unknown key {shorten(key)!r}"
            near = nearest(key, fields)
            bad.update(near)  # "unts: 3" is not reported again as a missing `units`
            if issubclass(cls, Layer) and key in WIRING:  # the keys of an entry of `layers:` are removed before
                hint = f"{key} belongs to the enclosing layer"
            elif not near and (holder := _holder(cls, key)):
                bad.add(holder)
                hint = f"write {holder}: {{{key}: ...}}"
            else:
                hint = did_you_mean(key, fields)
            found.add(inside, what, hint)
            wrong = True
            continue
        slot = slots(cls).get(key)
        values[key] = _build_slot(found, slot, value, inside) if slot else value
        if values[key] is BAD:
            bad.add(key)
            del values[key]
    built = _validated(found, cls, values, bad, path)
    return BAD if wrong or bad else built


def _holder(cls: type[Declared], key: str) -> str | None:
    """The field that accepts a member called `key`: `layer`, for TimeDistributed and Dense."""
    for field, slot in slots(cls).items():
        if slot.choice and key in slot.choice.family:
            return field
    return None


def _validated(found: Findings, cls: type[Declared], values: dict[str, Any], bad: set[str], path: Path) -> Any:
    """The instance; BAD, after reporting the problems, if there are any. bad: fields that are reported already."""
    try:
        return cls.model_validate(values)
    except ValueError as error:
        if not hasattr(error, "errors"):  # a pydantic.ValidationError has them; pydantic is imported only if needed
            raise
        errors = [one for one in error.errors(include_url=False) if not (one["loc"] and one["loc"][0] in bad)]
        for inner, message, hint in explain(errors, values, cls.model_fields):
            found.add((*path, *inner), message, hint)
        return BAD
    except NnctlError as error:
        for problem in error.problems:
            found.add(path, problem.message, problem.hint)
        return BAD


def _build_slot(found: Findings, slot: Slot, value: Any, path: Path) -> Any:
    if slot.many and isinstance(value, list):
        items = [_build_one(found, slot, item, (*path, index)) for index, item in enumerate(value)]
        return BAD if any(item is BAD for item in items) else items
    if slot.many and slot.cls and isinstance(value, dict):
        entries = {key: _build_one(found, slot, item, (*path, key)) for key, item in value.items()}
        return BAD if any(item is BAD for item in entries.values()) else entries
    return _build_one(found, slot, value, path)


def _build_one(found: Findings, slot: Slot, value: Any, path: Path) -> Any:
    if slot.choice:
        return build_member(found, slot.choice, value, path)
    if slot.cls and isinstance(value, dict):
        return build_declared(found, slot.cls, value, path)
    return value  # null, or a mistake that pydantic reports
