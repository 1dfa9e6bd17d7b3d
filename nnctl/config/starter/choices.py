"""What a starter config consists of: keys with their values, each with the reason for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TOP = (
    "dataset", "inputs", "layers", "loss", "optimizer", "metrics", "epochs", "batch_size", "class_weight", "callbacks",
    "keep",
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """One key of the config, or one layer or callback of a list.

    key: the path, such as ("dataset", "missing") or ("layers", 0). value: plain data, as YAML has it. why: sentences
    for the comment, in the language of the command.
    """

    key: tuple[str | int, ...]
    value: Any
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Starter:
    """A config with its reasons. title: what the comment at the top says, line by line."""

    title: tuple[str, ...]
    choices: tuple[Choice, ...]

    def value(self, *key: str | int) -> Any:
        """The value that was chosen for a key; None if there is none."""
        return next((choice.value for choice in self.choices if choice.key == key), None)
