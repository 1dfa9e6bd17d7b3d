"""Numbers of the page that the terminal has no form for."""

from __future__ import annotations


def percent(share: float | int | None) -> str:
    """0.123 is 12.3%; an unknown share is empty."""
    return "" if share is None else f"{share:.1%}"
