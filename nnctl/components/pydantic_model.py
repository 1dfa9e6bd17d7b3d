"""The pydantic model of a declared class: it checks what fast_checks leaves to it, and writes JSON Schema.

Imported only then: pydantic and its validators take longer to load than a small network takes to train.
"""

import types
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Union, get_args, get_origin

import pydantic
from pydantic_core import core_schema

from nnctl.components import fast_checks

# strict: "16" is not 16 and true is not 1, but an int is fine where a float is meant.
CONFIG = pydantic.ConfigDict(
    extra="forbid", frozen=True, strict=True, allow_inf_nan=False, arbitrary_types_allowed=True,
)  # fmt: skip


@cache
def twin(cls: Any) -> type[pydantic.BaseModel]:
    """The pydantic model with the fields, the checks and the name of `cls`."""
    checks = {}
    for field, methods in fast_checks.field_checks(cls).items():
        for method in methods:
            checks[f"{method}_{field}"] = pydantic.field_validator(field)(_classmethod(getattr(cls, method)))
    for method in fast_checks.whole_checks(cls):
        checks[method] = pydantic.model_validator(mode="after")(_on_ours(cls, method))
    # a keyword a field, as create_model has it, would not allow a field called `__base__` or the like; nobody has one
    given: dict[str, Any] = {name: (_declared(info), _default(info)) for name, info in cls.model_fields.items()}
    return pydantic.create_model(cls.__name__, __config__=CONFIG, __doc__=cls.__doc__, __module__=cls.__module__,
                                 __validators__=checks, **given)  # fmt: skip


def validated(cls: Any, given: Any, **options: Any) -> dict[str, Any]:
    """The fields' values, defaults included, of what was given. Raises pydantic.ValidationError."""
    return dict(twin(cls).model_validate(given, **options).__dict__)


def core_schema_of(cls: Any, handler: Any) -> Any:
    """How pydantic checks a field whose type is a declared class: an instance, or a mapping of its arguments."""

    def check(value: Any, inner: Any) -> Any:
        return value if isinstance(value, cls) else cls.made_of(dict(inner(value).__dict__))

    return core_schema.no_info_wrap_validator_function(check, handler(twin(cls)))


def _forgiving(function: Any) -> Any:
    """The function, or the value as it is where it cannot take it: the check of the type then says what is wrong."""

    def before(value: Any) -> Any:
        try:
            return function(value)
        except (TypeError, AttributeError, OverflowError):
            return value

    return before


def _classmethod(bound: Any) -> Any:
    return classmethod(lambda twin_class, value: bound(value))


def _on_ours(cls: Any, method: str) -> Any:
    def check(self: Any) -> Any:
        getattr(cls.made_of(dict(self.__dict__)), method)()
        return self

    return check


def _default(info: fast_checks.Argument) -> Any:
    return ... if info.is_required() else pydantic.Field(default=info.default, validate_default=info.validate_default)


def _declared(info: fast_checks.Argument) -> Any:
    marks = [_mark(mark) for mark in info.metadata]
    return Annotated[(_translated(info.annotation), *marks)] if marks else _translated(info.annotation)


def _translated(annotation: Any) -> Any:
    """The annotation with pydantic's marks in place of ours."""
    inner, marks = fast_checks.split(annotation)
    if marks:
        return Annotated[(_translated(inner), *(_mark(mark) for mark in marks))]
    origin, parts = get_origin(inner), get_args(inner)
    if origin in (Union, types.UnionType):
        return reduce(or_, map(_translated, parts))
    if isinstance(origin, type):
        generic: Any = origin
        return generic[tuple(part if part is Ellipsis else _translated(part) for part in parts)]
    return inner


def _mark(mark: Any) -> Any:
    if isinstance(mark, fast_checks.Field):
        return pydantic.Field(**mark.limits)
    if isinstance(mark, fast_checks.BeforeValidator):
        taken = mark.json_schema_input_type
        return pydantic.BeforeValidator(
            _forgiving(mark.function), **({} if taken is Any else {"json_schema_input_type": _translated(taken)})
        )
    if isinstance(mark, fast_checks.AfterValidator):
        return pydantic.AfterValidator(mark.function)
    return mark
