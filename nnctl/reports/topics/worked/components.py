"""Components by name."""

from __future__ import annotations

from typing import Any

from nnctl.reports.topics.declarations import FAMILIES


def made(noun: str, name: str, **arguments: Any) -> Any:
    """A component of a family with these arguments."""
    return FAMILIES[noun][name](**arguments)
