"""Facts that each class of a family must state: where a default would be wrong for some, it would be so silently."""

from collections.abc import Iterable

from nnctl.errors import InputError


def require_fact(
    what: str, cls: type, fact: str, meaning: str, allowed: Iterable[str], *, several: bool = False
) -> None:
    """Raises InputError if a class does not state a fact, or states an unknown value.

    what: the component, as in "the loss 'mse'". meaning: of the fact, as in "its targets are". several: the fact is a
    tuple of the allowed values.
    """
    stated = getattr(cls, fact, None)
    values = (stated if isinstance(stated, tuple) else ()) if several else (stated,)
    if values and all(value in allowed for value in values):
        return
    said = f"{fact} = {stated!r}" if stated is not None else f"no `{fact}`"
    raise InputError(
        f"{what} cannot be registered: its class {cls.__name__} has {said}",
        hint=f"state what {meaning}: {fact} = {'a tuple' if several else 'one'} of {', '.join(map(repr, allowed))}",
    )
