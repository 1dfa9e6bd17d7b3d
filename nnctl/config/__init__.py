"""A config file to a checked spec, and back.

Nothing is imported before it is called: the spec's types are used where no file is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnctl.config.types import Config


def load(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """The spec in a config file, or in the ready config of that name (`iris`).

    overrides: `key.path=value` strings, which win over the file. Raises ConfigError with every problem of the
    file, InputError where there is no such file.
    """
    from nnctl.config import loader

    return loader.load(path, overrides)


def loads(text: str | bytes, file: str = "config", overrides: Sequence[str] = ()) -> Config:
    """The spec in a text; `file` is what its messages call it. Raises ConfigError."""
    from nnctl.config import loader

    return loader.loads(text, file, overrides)


def dump(resolved: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    """A spec's `resolved` as YAML, each value with its origin in a comment."""
    from nnctl.config import defaults as writer

    return writer.dump(resolved, origins)


def schema() -> dict[str, Any]:
    """The JSON Schema of a config, for editors."""
    from nnctl.config import json_schema

    return json_schema.schema()
