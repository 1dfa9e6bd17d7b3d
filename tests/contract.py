"""What the tests say of a component that is registered but has no row in its family's table."""

from collections.abc import Iterable

from nnctl.components.registry import Family


def check_rows(family: Family, covered: Iterable[str], where: str, without: Iterable[str] = ()) -> None:
    """Fails, and names each component of nnctl itself that is neither in `covered` nor in `without`."""
    own = [name for name, cls in family.items() if cls.__module__.startswith("nnctl.")]
    missing = sorted(set(own) - set(covered) - set(without))
    assert not missing, "\n".join(f"the {family.noun} {name} has no row: add one to {where}" for name in missing)
    unknown = sorted((set(covered) | set(without)) - set(own))
    assert not unknown, f"no {family.noun} is registered as {', '.join(unknown)}: see the table {where}"


def golden(part: str, table: str = "CASES") -> str:
    """Where a row of a part of tests/golden/ goes."""
    return (
        f"{table} in tests/golden/{part}.py and run `python tests/golden/make.py {part}`; "
        f"if Keras does not have it, to {part.upper()} in tests/golden/not_in_keras.py instead"
    )
