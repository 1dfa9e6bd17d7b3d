"""What a config can name: a class whose annotations are its arguments, and whose instances never change."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from nnctl.components.fast_checks import NO, Argument, arguments_of, checks_of


class _Arguments:
    """`model_fields` of a declared class: its fields by name, found when first asked for."""

    def __get__(self, instance: Any, cls: type) -> dict[str, Argument]:
        return arguments_of(cls)


class Declared:
    """Anything a config can name: its annotations are its arguments. Immutable, and holds nothing of a run.

    Values that are certainly valid are accepted by `nnctl.components.fast_checks`; all others are left to pydantic
    (`nnctl.components.pydantic_model`), which converts or refuses them. So pydantic decides what may be given, and what
    the messages say.

    bare: the argument that a lone value stands for, as in Keras' calls: `l2: 0.01` is `l2: {l2: 0.01}`. Where there
    are several, a list gives them in order. Only for classes where nobody could mean another argument.
    """

    kind: ClassVar[str] = ""  # the canonical name, set by Family.register
    bare: ClassVar[tuple[str, ...]] = ()
    model_fields: ClassVar[Any] = _Arguments()

    def __init__(self, /, **given: Any):
        values = self._taken(given)
        if values is None:
            from nnctl.components.pydantic_model import validated  # imported here to keep start-up fast

            values = validated(type(self), given)
        self.__dict__.update(values)

    @classmethod
    def _taken(cls, given: dict[str, Any]) -> dict[str, Any] | None:
        """The fields' values, defaults included, where all that is given is certainly valid; otherwise None."""
        declared: Any = cls  # mypy looks for __hash__ in the instances
        rows, whole = checks_of(declared)
        values: dict[str, Any] = {}
        used = 0
        try:
            for name, argument, check in rows:
                if name in given:
                    value, used = check(given[name]), used + 1
                else:
                    value = argument.value_without(check)
                if value is NO:
                    return None
                values[name] = value
            if used != len(given):
                return None
            if whole:
                made = cls.made_of(values)
                for method in whole:
                    getattr(made, method)()
        except Exception:  # whatever a check raises: pydantic finds the same, and says where it is
            return None
        return values

    @classmethod
    def own(cls, fact: str) -> Any:
        """What the class itself states, or None: for facts that a subclass with another formula must not inherit."""
        return vars(cls).get(fact)

    @classmethod
    def quickly(cls, given: Any) -> Any:
        """An instance from a mapping of arguments that are certainly valid, otherwise NO."""
        values = cls._taken(given) if type(given) is dict else None
        return NO if values is None else cls.made_of(values)

    @classmethod
    def spelled_out(cls, given: Any) -> Any:
        """What a config gives a component, as a mapping of arguments where `bare` says how; otherwise unchanged."""
        if len(cls.bare) == 1 and given is not None and not isinstance(given, Mapping | list | tuple):
            return {cls.bare[0]: given}
        if len(cls.bare) > 1 and isinstance(given, list | tuple) and len(given) == len(cls.bare):
            return dict(zip(cls.bare, given, strict=True))
        return given

    @classmethod
    def made_of(cls, values: dict[str, Any]) -> Self:
        """An instance with these values, which have been checked already."""
        made = cls.__new__(cls)
        made.__dict__.update(values)
        return made

    @classmethod
    def model_validate(cls, given: Any, **options: Any) -> Self:
        """An instance from a mapping of arguments. Raises pydantic.ValidationError; options are pydantic's."""
        if isinstance(given, cls):
            return given
        made: Self = cls.quickly(given)
        if made is NO:
            from nnctl.components.pydantic_model import validated  # imported here to keep start-up fast

            made = cls.made_of(validated(cls, given, **options))
        return made

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        from nnctl.components.pydantic_model import twin  # imported here to keep start-up fast

        declared: Any = cls  # as in `_taken`
        return twin(declared).model_json_schema()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from nnctl.components.pydantic_model import core_schema_of  # imported here to keep start-up fast

        return core_schema_of(cls, handler)

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """A copy with some fields changed. The new values are not checked."""
        return self.made_of({**self._values(), **update})

    def model_dump(self) -> dict[str, Any]:
        """The fields as JSON values, at every depth."""
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


def expand(value: Any) -> Any:
    """The value as YAML would hold it, every argument written out: `{adam: {learning_rate: 0.001, ...}}`."""
    if isinstance(value, Declared):
        arguments = {name: expand(item) for name, item in value._values().items()}
        if not value.kind:
            return arguments
        return {value.kind: arguments} if arguments else value.kind
    if isinstance(value, list | tuple):
        return [expand(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): expand(item) for key, item in value.items()}
    return value


def plain(value: Any) -> Any:
    """The value as YAML and JSON would hold it."""
    if isinstance(value, Declared):
        return value.to_config()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
