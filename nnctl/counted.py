"""Numbers with their nouns, for the messages that are in English only; translated ones use translation.plural."""

from __future__ import annotations


def counted(value: int, noun: str, plural: str | None = None) -> str:
    """1 epoch, 20 epochs. plural: of the noun; default: with an s."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"
