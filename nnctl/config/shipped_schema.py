"""The JSON Schema as text. It comes with nnctl, since making it takes a second: every component is imported for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAME = "nnctl.schema.json"


def schema_text() -> str:
    """The JSON Schema of a config: the one that comes with nnctl, or one made now, with what other packages declare."""
    from importlib.metadata import entry_points  # imported here: shell completion does without

    extended = any(group.startswith("nnctl.") for group in entry_points().groups)
    if not extended and (text := shipped_text()):
        return text
    from nnctl.config.json_schema import schema  # only here: it imports all components

    return as_text(schema())


def shipped_text() -> str | None:
    """The JSON Schema that comes with nnctl; None if it is missing."""
    package = Path(__file__).parent.parent
    for folder in (package / "_bundled", package.parent / "docs" / "reference"):
        if (folder / NAME).is_file():
            return (folder / NAME).read_text(encoding="utf-8")
    return None


def as_text(schema: Mapping[str, Any]) -> str:
    """JSON in which each entry of the top level's mappings has a line, so that versions can be compared and merged."""
    parts = []
    for key, value in schema.items():
        text = json.dumps(value)
        if isinstance(value, dict):
            text = "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in value.items()) + "\n}"
        parts.append(f"{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
