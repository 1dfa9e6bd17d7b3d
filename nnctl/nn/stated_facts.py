"""Families whose classes must state facts: where a default would be wrong for some, it would be so silently."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from nnctl.components.registry import Declared, Family
from nnctl.errors import InputError

D = TypeVar("D", bound=Declared)


@dataclass(frozen=True)
class Fact:
    """A class attribute that has to be stated.

    meaning: as in "its targets are". allowed: its values. several: it is a tuple of these.
    """

    name: str
    meaning: str
    allowed: Collection[str]
    several: bool = False

    def is_stated(self, cls: type) -> bool:
        stated = getattr(cls, self.name, None)
        values = (stated if isinstance(stated, tuple) else ()) if self.several else (stated,)
        return bool(values) and all(value in self.allowed for value in values)

    def hint(self) -> str:
        how = "a tuple" if self.several else "one"
        return f"state what {self.meaning}: {self.name} = {how} of {', '.join(map(repr, self.allowed))}"


class StatingFamily(Family):
    """A family that refuses classes which do not state its facts."""

    def __init__(self, noun: str, *facts: Fact):
        super().__init__(noun)
        self._facts = facts

    def register(self, name: str, *aliases: str) -> Callable[[type[D]], type[D]]:
        """As Family.register. Raises InputError for a class that does not state a fact, or states an unknown value."""
        add = super().register(name, *aliases)

        def checked(cls: type[D]) -> type[D]:
            for fact in self._facts:
                if not fact.is_stated(cls):
                    stated = getattr(cls, fact.name, None)
                    said = f"{fact.name} = {stated!r}" if stated is not None else f"no `{fact.name}`"
                    raise InputError(
                        f"the {self.noun} {name!r} cannot be registered: its class {cls.__name__} has {said}",
                        hint=fact.hint(),
                    )
            return add(cls)

        return checked
