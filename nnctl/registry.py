"""Families of named things: a layer, a loss, an optimizer is declared once, as a typed class.

Its fields are the arguments the YAML may give; its name and aliases are what the YAML may call it.
`adam`, `Adam`, `{adam: {learning_rate: 0.003}}` and an instance all resolve to the same object.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Annotated, Any, ClassVar, Self, TypeVar

from nnctl.errors import InputError
from nnctl.fields import (
    NO,
    Argument,
    BeforeValidator,
    Field,
    arguments_of,
    check_of,
    field_checks,
    marked,
    whole_checks,
)


class _Arguments:
    """`model_fields` of a declared class: its fields by name, found when first asked for."""

    def __get__(self, instance: Any, cls: type) -> dict[str, Argument]:
        return _arguments(cls)


_arguments = cache(arguments_of)


@cache
def _checks(cls: type) -> tuple[tuple[tuple[str, Argument, Any], ...], tuple[str, ...]]:
    """((field, argument, quick check), ...) and the names of the checks of the whole, of a declared class."""
    of_fields = field_checks(cls)
    rows = []
    for name, argument in _arguments(cls).items():
        check = marked(check_of(argument.annotation), argument.metadata)
        rows.append((name, argument, _followed(check, [getattr(cls, method) for method in of_fields.get(name, ())])))
    return tuple(rows), tuple(whole_checks(cls))


def _followed(check: Any, methods: list[Any]) -> Any:
    if not methods:
        return check

    def whole(value: Any) -> Any:
        value = check(value)
        for method in methods:
            value = value if value is NO else method(value)
        return value

    return whole


class Declared:
    """Anything a config can name: its annotations are its arguments. Immutable, and holds nothing of a run.

    Values that are plainly right are taken by `nnctl.fields`; all else is for pydantic to convert or to refuse
    (`nnctl.twin`), so that what may be given, and what is said of mistakes, is pydantic's.
    """

    kind: ClassVar[str] = ""  # the canonical name, set by Family.register
    model_fields: ClassVar[Any] = _Arguments()

    def __init__(self, /, **given: Any):
        values = self._taken(given)
        if values is None:
            from nnctl.twin import validated

            values = validated(type(self), given)
        self.__dict__.update(values)

    @classmethod
    def _taken(cls, given: dict[str, Any]) -> dict[str, Any] | None:
        """The fields' values, defaults in, where all that is given is plainly right; else None."""
        rows, whole = _checks(cls)
        values: dict[str, Any] = {}
        used = 0
        try:
            for name, argument, check in rows:
                if name in given:
                    value, used = check(given[name]), used + 1
                elif argument.validate_default:
                    value = check(argument.default)
                elif argument.is_required():
                    return None
                else:
                    value = argument.get_default()
                if value is NO:
                    return None
                values[name] = value
            if used != len(given):
                return None
            if whole:
                made = cls.made_of(values)
                for method in whole:
                    getattr(made, method)()
        except Exception:  # whatever a check raises: pydantic comes to the same, and tells it with its place
            return None
        return values

    @classmethod
    def quickly(cls, given: Any) -> Any:
        """An instance from a mapping of arguments that are plainly right, else NO."""
        values = cls._taken(given) if type(given) is dict else None
        return NO if values is None else cls.made_of(values)

    @classmethod
    def made_of(cls, values: dict[str, Any]) -> Self:
        """An instance that holds these values, which have been checked."""
        made = cls.__new__(cls)
        made.__dict__.update(values)
        return made

    @classmethod
    def model_validate(cls, given: Any, **options: Any) -> Self:
        """An instance from a mapping of arguments. Raises pydantic.ValidationError; options are pydantic's."""
        made = cls.quickly(given)
        if made is NO:
            from nnctl.twin import validated

            made = given if isinstance(given, cls) else cls.made_of(validated(cls, given, **options))
        return made

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        from nnctl.twin import twin

        return twin(cls).model_json_schema()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from nnctl.twin import core_schema_of

        return core_schema_of(cls, handler)

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """The same with some fields changed, unchecked."""
        return self.made_of({**self._values(), **update})

    def model_dump(self) -> dict[str, Any]:
        """The fields as values that JSON holds, what they hold likewise."""
        return {name: _dumped(value) for name, value in self._values().items()}

    def arguments(self) -> dict[str, Any]:
        """The fields as plain YAML values, defaults included."""
        return {field: plain(value) for field, value in self._values().items()}

    def to_config(self) -> Any:
        """What a config would say: the name alone, or `{name: {arguments that are not defaults}}`."""
        given = {
            field: plain(getattr(self, field))
            for field, argument in self.model_fields.items()
            if argument.is_required() or plain(getattr(self, field)) != plain(argument.default)
        }
        return {self.kind: given} if given else self.kind

    def _values(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self.model_fields}

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values().values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._values().items())})"


def _dumped(value: Any) -> Any:
    if isinstance(value, Declared):
        return value.model_dump()
    if isinstance(value, list | tuple):
        return [_dumped(item) for item in value]
    return {key: _dumped(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def plain(value: Any) -> Any:
    """The value as YAML and JSON would hold it."""
    if isinstance(value, Declared):
        return value.to_config()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


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
        near = difflib.get_close_matches(normalised(name), kinds, n=4, cutoff=0.6)
        return list(dict.fromkeys(kinds[key] for key in near))[:2]

    def build(self, value: Any) -> Any:
        """A member from a name, `{name: {arguments}}`, or a member itself (kept as it is).

        Raises UnknownName, InputError for a value of another form, pydantic.ValidationError for arguments.
        """
        if isinstance(value, str):
            return self.lookup(value)()
        if isinstance(value, Mapping) and len(value) == 1:
            [(name, arguments)] = value.items()
            return self.lookup(str(name))(**(arguments or {}))
        if isinstance(value, Declared) and type(value) in self._members.values():
            return value
        raise InputError(f"expected a {self.noun}: its name, or {{name: {{arguments}}}}; got {value!r}")

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

    says_nothing_of_values: ClassVar[bool] = True  # to `nnctl.fields`: the BeforeValidator beside it does

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
