"""The ideas behind training, each a topic of its own."""

from __future__ import annotations

IDEAS: tuple[str, ...] = ()
ABBREVIATIONS: dict[str, str] = {}
