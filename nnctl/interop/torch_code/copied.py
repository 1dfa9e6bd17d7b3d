"""The definitions of `written_out`, to be copied into generated files."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Definition:
    """A function or a class. uses: the names in its code."""

    source: str
    uses: frozenset[str]


@cache
def definitions() -> Mapping[str, Definition]:
    """All of them by name."""
    found = {}
    for file in sorted(files(f"{__package__}.written_out").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".py"):
            continue
        text = file.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                source = ast.get_source_segment(text, node)
                assert source is not None and not node.decorator_list
                found[node.name] = Definition(source, frozenset(names_in(source)))
    return found


def needed_by(code: str) -> list[str]:
    """The sources of the definitions that the code uses, each after those that it uses itself."""
    order: list[str] = []

    def add(names: Iterable[str]) -> None:
        for name in sorted(names):
            if name in definitions() and name not in order:
                add(definitions()[name].uses - {name})
                order.append(name)

    add(names_in(code))
    return [definitions()[name].source for name in order]


def names_in(code: str) -> set[str]:
    """The names that Python code uses, attributes apart."""
    return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
