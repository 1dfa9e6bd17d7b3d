"""Loads config files, writes resolved configs, and generates the JSON Schema.

Each function imports its module when it is called, because the types are also used where no file is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnctl.config.types import Config


def load(path: str | Path, overrides: Sequence[str] = (), *, in_memory: bool = False) -> Config:
    """Loads a config file, or the ready config of that name (`iris`).

    overrides: `key.path=value` strings, which take precedence over the file. in_memory: rows that a program passes take
    the place of the files of `dataset`. Raises ConfigError with all problems
    of the file, InputError if there is no such file.
    """
    from nnctl.config import loader  # imported here to keep start-up fast

    return loader.load(path, overrides, in_memory)


def loads(text: str | bytes, file: str = "config", overrides: Sequence[str] = (), *,
          in_memory: bool = False) -> Config:  # fmt: skip
    """Loads a config from text. file: the name of the text in error messages. Raises ConfigError."""
    from nnctl.config import loader  # imported here to keep start-up fast

    return loader.loads(text, file, overrides, in_memory)


def dump(resolved: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    """A resolved config as YAML, with the origin of each value in a comment."""
    from nnctl.config import defaults as writer  # imported here to keep start-up fast

    return writer.dump(resolved, origins)


def schema_text() -> str:
    """The JSON Schema of a config as JSON text, for editors."""
    from nnctl.config import shipped_schema  # imported here to keep start-up fast

    return shipped_schema.schema_text()


def schema() -> dict[str, Any]:
    """The JSON Schema of a config, made from the declarations."""
    from nnctl.config import json_schema  # imported here to keep start-up fast

    return json_schema.schema()
