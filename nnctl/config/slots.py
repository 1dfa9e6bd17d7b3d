"""Which fields of a declared class hold members of families or declared classes, as a layer's activation does."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import UnionType
from typing import Any, cast, get_args, get_origin

from nnctl.components.registry import Choice, Declared


@dataclass(frozen=True)
class Slot:
    """A field whose value must be built first: a member of a family, or a declared class.

    many: the field is a list or a mapping of them.
    """

    choice: Choice | None = None
    cls: type[Declared] | None = None
    many: bool = False


def _slots(cls: type[Declared]) -> dict[str, Slot]:
    """The fields of a declared class whose values are members of families or declared classes."""
    found = {name: _slot(info.annotation, info.metadata) for name, info in cls.model_fields.items()}
    return {name: slot for name, slot in found.items() if slot}


slots = cast("Callable[[type[Declared]], dict[str, Slot]]", functools.cache(_slots))


def _slot(annotation: Any, metadata: Any = (), many: bool = False) -> Slot | None:
    for item in metadata:
        if isinstance(item, Choice):
            return Slot(choice=item, many=many)
    if isinstance(annotation, type) and issubclass(annotation, Declared):
        return Slot(cls=annotation, many=many)
    origin = get_origin(annotation)  # list[...], tuple[...], Mapping[...]; `ImageSpec | None` is one all the same
    many = many or (isinstance(origin, type) and origin is not UnionType)
    for part in get_args(annotation):
        if slot := _slot(getattr(part, "__origin__", part) if hasattr(part, "__metadata__") else part,
                         getattr(part, "__metadata__", ()), many):  # fmt: skip
            return slot
    return None
