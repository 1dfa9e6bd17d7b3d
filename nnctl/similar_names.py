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


def alike_files(name: str, known: Iterable[str], most: int = 2) -> list[str]:
    """As `alike`, for the names of files: their extensions, which many of them share, do not count."""
    by_stem: dict[str, list[str]] = {}
    for other in known:
        by_stem.setdefault(_stem(other), []).append(other)
    near = alike(_stem(name), by_stem, most)
    return [other for stem in near for other in alike(name, by_stem[stem], most, 0.0)][:most]


def _stem(name: str) -> str:
    return name.partition(".")[0] or name
