"""The place of every value in a config file, and the problems found in the config."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnctl.errors import ConfigError, Problem

Path = tuple[str | int, ...]  # ("layers", 0, "Dense", "units")

MOST_PROBLEMS = 40  # nobody fixes more by hand

_PLAIN_KEY = re.compile(r"[^\s.\[\]\"'=]+(?: [^\s.\[\]\"'=]+)*")


def show_path(path: Path) -> str:
    """A key path as in messages and in `--set`: layers[0].Dense.units."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = shorten(step) if _PLAIN_KEY.fullmatch(step) else f'"{shorten(step)}"'
            text += f".{key}" if text else key
    return text


def shorten(text: str, most: int = 60) -> str:
    """The text on one line of at most `most` characters."""
    text = " ".join(text[: 4 * most].split())
    return text if len(text) <= most else text[: most - 1] + "…"


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column in the file, both from 1, or the `--set` argument that set the value."""

    line: int
    column: int
    override: str | None = None


@dataclass
class Document:
    """A config as plain data, and the place of every key path in it.

    problems: mistakes that leave the rest readable, such as a duplicate key.
    """

    file: str
    data: Any
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """The place of a key path, or of the nearest enclosing one that is in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))

    def at(self, place: Place) -> str:
        return place.override or f"{self.file}:{place.line}:{place.column}"

    def shown_places(self) -> dict[str, str]:
        """Key path as text -> `file:line:column`, for every key path in the document."""
        return {show_path(path): self.at(place) for path, place in self.places.items() if path}

    def origins(self, written: Mapping[Path, Path | None]) -> dict[str, str]:
        """Key path as text -> "line 7", "--set" or "default".

        written: key path of a value -> the key path in the document that set it, None for a default.
        """
        return {show_path(path): "default" if source is None else self._origin(source)
                for path, source in written.items()}  # fmt: skip

    def _origin(self, path: Path) -> str:
        place = self.place(path)
        return "--set" if place.override else f"line {place.line}"

    def where(self, path: Path) -> str:
        """`file:line:column: key.path`."""
        place = self.at(self.place(path))
        return f"{place}: {show_path(path)}" if path else place


class Findings:
    """Collects the problems of a document, so that all of them are reported at once.

    problems: those found so far, each with its position in the file for sorting.
    """

    def __init__(self, document: Document):
        self.document = document
        self.problems: list[tuple[tuple[bool, int, int], Problem]] = [
            ((False, 0, 0), problem) for problem in document.problems
        ]

    def add(self, path: Path, message: str, hint: str | None = None) -> None:
        """Adds a problem at a key path. Raises ConfigError once there are MOST_PROBLEMS."""
        place = self.document.place(path)
        order = (place.override is not None, place.line, place.column)
        self.problems.append((order, Problem(message, self.document.where(path), hint)))
        if len(self.problems) >= MOST_PROBLEMS:
            self.stop_if_any()

    def add_problem(self, problem: Problem) -> None:
        """Adds a problem that has no place in the file."""
        self.problems.append(((True, 0, 0), problem))

    def stop_if_any(self) -> None:
        """Raises ConfigError with all problems, in the order of the file, if there are any."""
        if self.problems:
            self.problems.sort(key=lambda item: item[0])
            raise ConfigError.of([problem for _, problem in self.problems])
