"""Families of named things: a layer, a loss, an optimizer is declared once, as a typed class.

Its fields are the arguments the YAML may give; its name and aliases are what the YAML may call it.
`adam`, `Adam`, `{adam: {learning_rate: 0.003}}` and an instance all resolve to the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from nnctl.components.component import Declared, plain
from nnctl.components.fast_checks import BeforeValidator, Field
from nnctl.errors import InputError, NnctlError
from nnctl.similar_names import alike

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class UnknownName(InputError):
    """A name that no member of a family has; `suggestions` are the nearest that exist."""

    def __init__(
        self, family: str, name: str, suggestions: list[str], known: list[str], broken: Sequence[NnctlError] = ()
    ):
        self.suggestions = suggestions
        if suggestions:
            hint = f"did you mean {' or '.join(suggestions)}?"
        elif broken:
            hint = "; ".join(error.problems[0].message for error in broken)
        else:
            hint = "known: " + ", ".join(known)
        super().__init__(f"unknown {family} {name!r}", hint=hint)


class PluginError(InputError):
    """A package that declares a component cannot be loaded."""


def normalised(name: str) -> str:
    """`LeakyReLU`, `leaky_relu` and `leaky-relu` are one name."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


D = TypeVar("D", bound=Declared)


class Family:
    """The members of one family (layers, losses, ...), by name.

    noun: what an error message calls a member.
    group: the entry-point group in which other packages declare members, such as nnctl.layers or nnctl.losses. An
        entry's name is the member's, and its object is in the module that registers it. A package is imported once a
        config names its member, or a name that nothing else has.
    """

    def __init__(self, noun: str):
        self.noun = noun
        self.group = f"nnctl.{noun}{'es' if noun.endswith('s') else 's'}"
        self._members: dict[str, type[Declared]] = {}  # canonical name -> class
        self._names: dict[str, type[Declared]] = {}  # normalised name or alias -> class
        self._plugins: dict[str, list[EntryPoint]] | None = None  # by normalised name; None: not looked for yet
        self._broken: dict[str, PluginError | None] = {}  # the plug-ins that were tried; None where all went well
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
            for alias in (name, *aliases):
                other = self._names.get(normalised(alias), cls)
                if other is not cls:
                    raise ValueError(f"{self.noun} {alias!r} is registered in {other.__module__} already")
            cls.kind = name
            self._members[name] = cls
            self._elsewhere.pop(name, None)
            self._names |= dict.fromkeys(map(normalised, (name, *aliases)), cls)
            return cls

        return add

    def lookup(self, name: str) -> type[Declared]:
        """The class of that name. Raises UnknownName with the nearest names."""
        cls = self._names.get(normalised(name))
        if cls is None:
            wanted = [known for known in self._elsewhere if normalised(known) == normalised(name)]
            self._load(wanted or list(self._elsewhere))  # what no module is known for may be an alias
            cls = self._names.get(normalised(name))
        if cls is None:
            cls = self._from_plugins(name)
        if cls is None:
            raise UnknownName(self.noun, name, self.suggest(name), sorted(self._members), self.broken_plugins())
        return cls

    def _from_plugins(self, name: str) -> type[Declared] | None:
        """The class of that name in another package. Raises PluginError where the package cannot be loaded."""
        key = normalised(name)
        self.load_plugins([key] if key in self._entries() else None)
        if broken := self._broken.get(key):
            raise broken
        return self._names.get(key)

    def load_plugins(self, keys: Iterable[str] | None = None) -> None:
        """Imports what other packages declare, all or these; what fails is in `broken_plugins`."""
        for key in list(self._entries()) if keys is None else keys:
            if key not in self._broken:
                self._load(list(self._elsewhere))  # first, so that a plug-in cannot take nnctl's own names
                self._broken[key] = self._problem_of(key)

    def broken_plugins(self) -> list[PluginError]:
        """Why packages could not be loaded, of those that were tried."""
        return [problem for problem in self._broken.values() if problem]

    def _entries(self) -> dict[str, list[EntryPoint]]:
        if self._plugins is None:
            from importlib.metadata import entry_points  # imported here to keep start-up fast

            self._plugins = {}
            for entry in entry_points(group=self.group):
                self._plugins.setdefault(normalised(entry.name), []).append(entry)
        return self._plugins

    def _problem_of(self, key: str) -> PluginError | None:
        """Imports the module of an entry point, and says what is wrong with it."""
        by_package = {entry.dist.name if entry.dist else "?": entry for entry in self._entries()[key]}
        (package, entry), *others = by_package.items()
        what = f"{self.noun} {entry.name!r}"
        if others:
            packages = " and ".join(sorted(by_package))
            return PluginError(f"{what} is declared by the packages {packages}", hint="uninstall all but one of them")
        try:
            entry.load()
        except (Exception, SystemExit) as error:  # whatever another's code may raise
            return PluginError(
                f"{what} is declared by the package {package}, which cannot be loaded: {type(error).__name__}: {error}",
                hint=f"update {package}, or uninstall it",
            )
        if key in self._names:
            return None
        return PluginError(
            f"{what} is declared by the package {package}, but {entry.module} registers no {self.noun} of that name",
            hint=f"in {package}, write the name in the entry point as in the call of `register`",
        )

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


__all__ = ["Choice", "Declared", "Family", "PluginError", "UnknownName", "listed", "normalised", "one_of", "plain"]
