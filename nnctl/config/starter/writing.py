"""A starter config as YAML text: every key below the comment that says why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from nnctl.config.starter.choices import TOP, Choice, Starter
from nnctl.quoting import yaml_name

WIDTH = 100  # of a line with a comment


def yaml_text(starter: Starter) -> str:
    """The file. Keys stand in the usual order; dataset, lists of layers and of callbacks have a line for each entry."""
    lines = [line for sentence in starter.title for line in _comment(sentence, "")]
    for top in TOP:
        chosen = [choice for choice in starter.choices if choice.key[0] == top]
        if not chosen:
            continue
        lines.append("")
        if len(chosen) == 1 and chosen[0].key == (top,):
            lines += _entry(chosen[0], "", f"{top}: ")
            continue
        lines.append(f"{top}:")
        for choice in chosen:
            at = choice.key[1]
            lines += _entry(choice, "  ", "- " if isinstance(at, int) else f"{yaml_name(at)}: ")
    return "\n".join(lines) + "\n"


def _entry(choice: Choice, indent: str, head: str) -> list[str]:
    lines = [line for sentence in choice.why for line in _comment(sentence, indent)]
    value = choice.value
    written = flow(value, braces=False) if head == "- " and isinstance(value, Mapping) else flow(value)
    return [*lines, f"{indent}{head}{written}"]


def flow(value: Any, braces: bool = True) -> str:
    """A value in one line of YAML. braces: whether a mapping stands in braces; only the outermost may do without."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{yaml_name(key)}: {flow(item)}" for key, item in value.items())
        return "{" + inside + "}" if braces else inside
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.15g}"
    return yaml_name(value) if isinstance(value, str) else str(value)


def _comment(sentence: str, indent: str) -> Iterable[str]:
    line = f"{indent}#"
    for word in sentence.split():
        if len(line) + 1 + len(word) > WIDTH and line.strip() != "#":
            yield line
            line = f"{indent}#"
        line += f" {word}"
    yield line
