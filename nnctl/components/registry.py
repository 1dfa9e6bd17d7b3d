"""Families of named things: a layer, a loss, an optimizer is declared once, as a typed class.

Its fields are the arguments the YAML may give; its name and aliases are what the YAML may call it.
`adam`, `Adam`, `{adam: {learning_rate: 0.003}}` and an instance all resolve to the same object.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, ClassVar, TypeVar

from nnctl.components.component import Declared, plain
from nnctl.components.fast_checks import BeforeValidator, Field
from nnctl.errors import InputError
from nnctl.similar_names import alike


class UnknownName(InputError):
    """A name that no member of a family has; `suggestions` are the nearest that exist."""

    def __init__(self, family: str, name: str, suggestions: list[str], known: list[str]):
        self.suggestions = suggestions
        hint = f"did you mean {' or '.join(suggestions)}?" if suggestions else "known: " + ", ".join(known)
        super().__init__(f"unknown {family} {name!r}", hint=hint)


def normalised(name: str) -> str:
    """`LeakyReLU`, `leaky_relu` and `leaky-relu` are one name."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


D = TypeVar("D", bound=Declared)


class Family:
    """The members of one family (layers, losses, ...), by name.

    noun: what an error message calls a member.
    entry_points: the entry-point group through which a plug-in adds members, or None.
    """

    def __init__(self, noun: str, entry_points: str | None = None):
        self.noun = noun
        self._members: dict[str, type[Declared]] = {}  # canonical name -> class
        self._names: dict[str, type[Declared]] = {}  # normalised name or alias -> class
        self._entry_points = entry_points
        self._elsewhere: dict[str, str] = {}  # canonical name -> the module that declares it, until it is loaded
        self.together: dict[frozenset[str], str] = {}  # names given in one mapping -> the member that they are together

    def declared_in(self, module: str, *names: str) -> None:
        """Members that a module declares, which is imported once one of them is asked for: declaring a class
        takes half a millisecond, and a run uses few of them."""
        self._elsewhere |= dict.fromkeys(names, module)

    def expected_of(self, module: str) -> list[str]:
        """The members that `declared_in` promised of a module that is being imported."""
        return [name for name, home in self._elsewhere.items() if home == module]

    def _load(self, names: Iterable[str]) -> None:
        """Imports the modules of these members."""
        for name in names:
            if module := self._elsewhere.get(name):
                import_module(module)
                assert name in self._members, f"{module} does not declare {name}"

    def register(self, name: str, *aliases: str) -> Callable[[type[D]], type[D]]:
        """Class decorator: the class is called `name` (and the aliases) in configs."""

        def add(cls: type[D]) -> type[D]:
            cls.kind = name
            self._members[name] = cls
            self._elsewhere.pop(name, None)
            for alias in (name, *aliases):
                key = normalised(alias)
                assert self._names.get(key, cls) is cls, f"{self.noun} {alias!r} is declared twice"
                self._names[key] = cls
            return cls

        return add

    def lookup(self, name: str) -> type[Declared]:
        """The class of that name. Raises UnknownName with the nearest names."""
        cls = self._names.get(normalised(name))
        if cls is None:
            wanted = [known for known in self._elsewhere if normalised(known) == normalised(name)]
            self._load(wanted or list(self._elsewhere))  # what no module is known for may be an alias
            cls = self._names.get(normalised(name))
        if cls is None and self._entry_points:
            self._load_plugins()
            cls = self._names.get(normalised(name))
        if cls is None:
            raise UnknownName(self.noun, name, self.suggest(name), sorted(self._members))
        return cls

    def _load_plugins(self) -> None:
        from importlib.metadata import entry_points

        group, self._entry_points = self._entry_points, None
        for entry in entry_points(group=group):
            entry.load()  # its module registers what it declares

    def aliases(self, name: str) -> list[str]:
        """The other names, normalised, of the member with that canonical name."""
        cls = self[name]
        return [alias for alias, member in self._names.items() if member is cls and alias != normalised(name)]

    def suggest(self, name: str) -> list[str]:
        """Up to two canonical names that look like `name`."""
        self._load(list(self._elsewhere))
        kinds = {key: cls.kind for key, cls in self._names.items()}
        near = alike(normalised(name), kinds, 4)
        return list(dict.fromkeys(kinds[key] for key in near))[:2]

    def build(self, value: Any) -> Any:
        """A member from a name, `{name: {arguments}}`, or a member itself (kept as it is).

        Raises UnknownName, InputError for a value of another form, pydantic.ValidationError for arguments.
        """
        value = self.as_one(value)
        if isinstance(value, str):
            return self.lookup(value)()
        if isinstance(value, Mapping) and len(value) == 1:
            [(name, arguments)] = value.items()
            cls = self.lookup(str(name))
            return cls(**(cls.spelled_out(arguments) or {}))
        if isinstance(value, Declared) and type(value) in self._members.values():
            return value
        raise InputError(f"expected a {self.noun}: its name, or {{name: {{arguments}}}}; got {value!r}")

    def as_one(self, value: Any) -> Any:
        """`{l1: 0.1, l2: 0.2}`, which `together` knows, as `{l1_l2: {l1: 0.1, l2: 0.2}}`; else the value as it is."""
        name = self.together.get(frozenset(value)) if isinstance(value, Mapping) and len(value) > 1 else None
        return {name: value} if name else value

    def names(self) -> list[str]:
        """The canonical names, without loading anything."""
        return [*self._members, *self._elsewhere]

    def __contains__(self, name: object) -> bool:
        return name in self._members or name in self._elsewhere

    def __iter__(self) -> Iterator[str]:
        self._load(list(self._elsewhere))
        return iter(self._members)

    def __getitem__(self, name: str) -> type[Declared]:
        self._load([name])
        return self._members[name]

    def items(self) -> Iterator[tuple[str, type[Declared]]]:
        self._load(list(self._elsewhere))
        return iter(self._members.items())


@dataclass(frozen=True)
class Choice:
    """Marks a field whose value is a member of a family (found in `model_fields[name].metadata`).

    scalar: a plain number is allowed too (a learning rate that may be a schedule).
    optional: null is allowed.
    """

    family: Family
    scalar: bool = False
    optional: bool = False

    says_nothing_of_values: ClassVar[bool] = (
        True  # to `nnctl.components.fast_checks`: the BeforeValidator beside it does
    )

    def coerce(self, value: Any) -> Any:
        if value is None and self.optional:
            return None
        if self.scalar and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        return self.family.build(value)


def one_of(family: Family, *, scalar: bool = False, optional: bool = False) -> Any:
    """The type of a field that takes a member of `family` in any spelling, as its default too."""
    choice = Choice(family, scalar, optional)
    return Annotated[Any, choice, BeforeValidator(choice.coerce), Field(validate_default=True)]


def listed(value: Any) -> Any:
    """A YAML list where a tuple is meant."""
    return tuple(value) if isinstance(value, list) else value


__all__ = ["Choice", "Declared", "Family", "UnknownName", "listed", "normalised", "one_of", "plain"]
