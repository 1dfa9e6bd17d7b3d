"""Names like one that is not known, for messages."""

from __future__ import annotations

from collections.abc import Iterable


def alike(name: str, known: Iterable[str], most: int = 1, cutoff: float = 0.6) -> list[str]:
    """At most so many of the known names that look like `name`, the most alike first. cutoff: how alike, 0 to 1."""
    import difflib  # takes longer than most of a start, and is wanted only when something is wrong

    known = list(known)
    same = [other for other in known if other.casefold() == name.casefold()]  # Y and y have no letter in common
    near = difflib.get_close_matches(name, known, n=most, cutoff=cutoff)
    return list(dict.fromkeys([*same, *near]))[:most]
