"""How comments name columns, numbers and shares of rows: always one printable line."""

from __future__ import annotations

from collections.abc import Iterable

MOST_LETTERS = 40  # of a name in a comment


def quoted(name: object) -> str:
    """A name of the user's own in a comment: in quotes, on one line, shortened if it is long."""
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in str(name))
    text = text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 3] + "..."
    return f"'{text}'"


def listed(names: Iterable[object], most: int = 5) -> str:
    """`'a', 'b' and 3 more` as a list that needs no grammar: `'a', 'b', ... (5)`."""
    every = list(names)
    shown = ", ".join(map(quoted, every[:most]))
    return shown if len(every) <= most else f"{shown}, ... ({len(every)})"


def percent(part: float, whole: float) -> str:
    """`12%`; small shares with as many digits as tell them from 0, large ones as tell them from 100."""
    share = 100 * part / whole if whole else 0.0
    if share > 99 and part < whole:
        return f"{share:.1f}%" if share < 99.95 else ">99.9%"
    if share >= 9.95 or share == 0:
        return f"{share:.0f}%"
    return f"{share:.1f}%" if share >= 0.095 else f"{share:.1g}%" if share >= 0.001 else "<0.001%"
