"""Known names that are similar to an unknown one, for messages."""

from __future__ import annotations

from collections.abc import Iterable


def alike(name: str, known: Iterable[str], most: int = 1, cutoff: float = 0.6) -> list[str]:
    """The known names most similar to `name`, at most `most` of them, best first. cutoff: least similarity, 0 to 1."""
    import difflib  # here, for a quick start: only messages need it

    known = list(known)
    same = [other for other in known if other.casefold() == name.casefold()]  # Y and y have no letter in common
    near = difflib.get_close_matches(name, known, n=most, cutoff=cutoff)
    return list(dict.fromkeys([*same, *near]))[:most]
