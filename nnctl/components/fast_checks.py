"""The arguments of a declared class, and a quick check that accepts values which are certainly valid.

Loading pydantic and building its validators takes longer than a short training. So a declared class is a plain
class, and what a config gives it is checked against its annotations here first. This check knows few types, and no
conversions except YAML's list for a tuple and 1 for 1.0. Whatever it does not accept goes to the pydantic model of the
class (`nnctl.components.pydantic_model`), which converts it or says what is wrong with it. The check must therefore
never accept what pydantic would refuse or change: tests/components/test_fast_checks.py compares the two.
"""

import copy
import math
import re
import sys
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

REQUIRED: Any = type("Required", (), {"__repr__": lambda self: "REQUIRED"})()
NO: Any = type("No", (), {"__repr__": lambda self: "NO"})()  # the check's answer to what it does not accept
Check = Callable[[Any], Any]  # the value as the field will hold it, or NO

_LARGEST = 2**53  # integers up to here are exact as floats


class Field:
    """Marks a field's bounds, as pydantic's Field does: ge, gt, le, lt, min_length, pattern.

    validate_default: the default is a value as a config would give it. default: the field's, where it has one.
    words: what the pattern means.
    """

    def __init__(self, *, default: Any = REQUIRED, validate_default: bool = False, words: str = "", **limits: Any):
        self.default, self.validate_default, self.words, self.limits = default, validate_default, words, limits

    def __getattr__(self, name: str) -> Any:
        limits = self.__dict__.get("limits", {})
        if name in limits:
            return limits[name]
        raise AttributeError(name)

    def holds(self, value: Any) -> bool:
        """Whether a value of the right type is within the limits; may raise, or say no, where pydantic is to judge."""
        return all(_LIMITS[name](value, limit) for name, limit in self.limits.items())


_LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "ge": lambda value, limit: value >= limit,
    "gt": lambda value, limit: value > limit,
    "le": lambda value, limit: value <= limit,
    "lt": lambda value, limit: value < limit,
    "min_length": lambda value, limit: len(value) >= limit,
    # Python's and pydantic's regular expressions agree on ASCII without line ends
    "pattern": lambda value, limit: value.isascii() and value.isprintable() and re.search(limit, value) is not None,
}


class BeforeValidator:
    """Marks a function that the value goes through before its type is checked."""

    def __init__(self, function: Callable[[Any], Any], json_schema_input_type: Any = Any):
        self.function, self.json_schema_input_type = function, json_schema_input_type


class AfterValidator:
    """Marks a function that the checked value goes through; it may raise ValueError."""

    def __init__(self, function: Callable[[Any], Any]):
        self.function = function


def field_validator(*names: str) -> Callable[[Any], Any]:
    """Marks a classmethod that fields' checked values go through; it may raise ValueError."""

    def mark(method: Any) -> Any:
        method.checked_fields = names
        return method

    return mark


def model_validator(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Marks a method that checks the whole instance; it may raise ValueError."""
    method.checks_whole = True  # type: ignore[attr-defined]
    return method


class Argument:
    """One field: its annotation without its marks, the marks, the default or REQUIRED."""

    def __init__(self, declared: Any, default: Any):
        self.declared = declared  # the annotation as it is written
        self.annotation, self.metadata = split(declared)
        if isinstance(default, Field):
            self.metadata = (*self.metadata, default)
            default = default.default
        elif type(default).__module__ == "pydantic.fields":  # a plug-in's: the twin knows what it says
            self.metadata = (*self.metadata, default)
            default = REQUIRED if default.is_required() else default.get_default(call_default_factory=True)
        self.default = default
        self.validate_default = any(isinstance(mark, Field) and mark.validate_default for mark in self.metadata)
        self._taken_default: Any = REQUIRED  # the default as the field holds it, once it was asked for

    def is_required(self) -> bool:
        return self.default is REQUIRED

    def value_without(self, check: Check) -> Any:
        """What the field holds where it is not given; NO where it must be. check: the field's."""
        if self._taken_default is REQUIRED and self.default is not REQUIRED:
            self._taken_default = check(self.default) if self.validate_default else self.default
        value = NO if self._taken_default is REQUIRED else self._taken_default
        return copy.deepcopy(value) if isinstance(value, dict | list | set) else value  # it could be written into


def split(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """(type, marks) of `Annotated[type, *marks]`, and of any other type."""
    marks = getattr(annotation, "__metadata__", ())
    return (annotation.__origin__ if marks else annotation), marks


@cache
def arguments_of(cls: type) -> dict[str, Argument]:
    """The fields of a class by name, its bases' first."""
    found: dict[str, Argument] = {}
    for home in reversed(cls.__mro__):
        for name, annotation in vars(home).get("__annotations__", {}).items():
            if isinstance(annotation, str):  # of a module with `from __future__ import annotations`
                annotation = eval(annotation, vars(sys.modules[home.__module__]), dict(vars(home)))
            if name.startswith("_") or annotation is ClassVar or get_origin(annotation) is ClassVar:
                continue
            found[name] = Argument(annotation, vars(home).get(name, REQUIRED))
    return found


def field_checks(cls: type) -> dict[str, list[str]]:
    """field -> the names of the classmethods that `field_validator` marks for it."""
    found: dict[str, list[str]] = {}
    for home in reversed(cls.__mro__):
        for name, method in vars(home).items():
            for field in getattr(method, "checked_fields", ()):
                found.setdefault(field, []).append(name)
    return found


def whole_checks(cls: type) -> list[str]:
    """The names of the methods that `model_validator` marks."""
    return [name for home in reversed(cls.__mro__) for name, method in vars(home).items()
            if getattr(method, "checks_whole", False)]  # fmt: skip


@cache
def checks_of(cls: Any) -> tuple[tuple[tuple[str, Argument, Check], ...], tuple[str, ...]]:
    """((field, argument, quick check), ...) and the names of the checks of the whole, of a declared class."""
    of_fields = field_checks(cls)
    rows = []
    for name, argument in arguments_of(cls).items():
        check = marked(check_of(argument.annotation), argument.metadata)
        rows.append((name, argument, _followed(check, [getattr(cls, method) for method in of_fields.get(name, ())])))
    return tuple(rows), tuple(whole_checks(cls))


def _followed(check: Check, methods: list[Check]) -> Check:
    """A field's check, and after it the methods that `field_validator` marks."""
    if not methods:
        return check

    def whole(value: Any) -> Any:
        value = check(value)
        for method in methods:
            value = value if value is NO else method(value)
        return value

    return whole


@cache
def check_of(annotation: Any, exact: bool = False) -> Check:
    """The quick check of a type. exact: no whole number for a float, as one branch of a union is tried first."""
    inner, marks = split(annotation)
    if marks:
        return marked(_check_of(inner, exact), marks)
    return _check_of(inner, exact)


def marked(check: Check, marks: tuple[Any, ...]) -> Check:
    """A type's check with what its marks say around it."""
    before = [mark.function for mark in reversed(marks) if isinstance(mark, BeforeValidator)]
    after: list[Check] = []
    for mark in marks:
        if isinstance(mark, Field):
            if mark.limits:
                after.append(lambda value, holds=mark.holds: value if holds(value) else NO)  # type: ignore[misc]
        elif isinstance(mark, AfterValidator):
            after.append(mark.function)
        elif not isinstance(mark, BeforeValidator) and not getattr(mark, "says_nothing_of_values", False):
            return _nothing  # a mark of pydantic's own: only pydantic knows what it means

    def whole(value: Any) -> Any:
        for function in before:
            value = function(value)
        value = check(value)
        for function in after:
            if value is NO:
                break
            value = function(value)
        return value

    return whole if before or after else check


def _nothing(value: Any) -> Any:
    return NO


def _anything(value: Any) -> Any:
    return value


def _float(value: Any) -> Any:
    if type(value) is float:
        return value if math.isfinite(value) else NO
    return float(value) if type(value) is int and -_LARGEST <= value <= _LARGEST else NO


def _check_of(kind: Any, exact: bool) -> Check:
    origin = get_origin(kind)
    if kind is Any:
        return _anything
    if kind is None or kind is type(None):
        return lambda value: value if value is None else NO
    if kind is float and not exact:
        return _float
    if kind is float:
        return lambda value: _float(value) if type(value) is float else NO
    if kind in (int, bool, str):
        return lambda value: value if type(value) is kind else NO
    if origin is Literal:
        allowed = get_args(kind)
        if all(type(one) is str for one in allowed):
            return lambda value: value if type(value) is str and value in allowed else NO
        return _nothing
    if origin in (Union, types.UnionType):
        branches = [check_of(part, True) for part in get_args(kind)]
        if not exact:  # 1 is an int where the union has one, else a float
            branches += [check_of(part, False) for part in get_args(kind)]
        return lambda value: next((took for branch in branches if (took := branch(value)) is not NO), NO)
    if origin is tuple:
        return _tuple_check(get_args(kind), exact)
    if origin is Mapping:
        key_check, value_check = (check_of(part, exact) for part in get_args(kind))
        return lambda value: _mapping(value, key_check, value_check)
    if isinstance(kind, type) and hasattr(kind, "quickly"):  # a declared class; a mapping holds its arguments
        if exact:
            return lambda value: value if isinstance(value, kind) else NO
        return lambda value: value if isinstance(value, kind) else kind.quickly(value)
    return _nothing


def _tuple_check(parts: tuple[Any, ...], exact: bool) -> Check:
    if len(parts) == 2 and parts[1] is Ellipsis:
        every = check_of(parts[0], exact)

        def check(value: Any) -> Any:
            return _gathered([every(item) for item in value]) if type(value) is tuple else NO

        return check
    checks = [check_of(part, exact) for part in parts]

    def fixed(value: Any) -> Any:
        if type(value) is not tuple or len(value) != len(checks):
            return NO
        return _gathered([check(item) for check, item in zip(checks, value, strict=True)])

    return fixed


def _gathered(items: list[Any]) -> Any:
    return NO if any(item is NO for item in items) else tuple(items)


def _mapping(value: Any, key_check: Check, value_check: Check) -> Any:
    if type(value) is not dict:
        return NO
    taken = {key_check(key): value_check(item) for key, item in value.items()}
    return NO if NO in taken or any(item is NO for item in taken.values()) else taken
