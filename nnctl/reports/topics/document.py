"""A topic as data: what `nnctl explain` shows in the terminal, as HTML and with --json. All texts are translated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict


class Curve(TypedDict):
    """One line of a plot. A y of null interrupts it."""

    name: str
    x: Sequence[float]
    y: Sequence[float | None]


class Plot(TypedDict):
    """kind: `curve`, or `histogram`, whose one curve has the middle of each bar and the number of values in it."""

    kind: Literal["curve", "histogram"]
    title: str
    curves: list[Curve]


class Rows(TypedDict):
    """A small table: titles and rows of text, the first `left` columns left-aligned."""

    titles: list[str]
    rows: list[list[str]]
    left: int


class Example(TypedDict):
    """A worked example: what is computed, a table (or null), lines of numbers, and what they show."""

    intro: str
    table: Rows | None
    lines: list[str]
    outcome: str


class ShapeChange(TypedDict):
    """Shapes without the batch axis; null is a length that varies."""

    input: list[int | None]
    output: list[int | None]


class Argument(TypedDict):
    """default: as YAML, or null where the argument is required."""

    name: str
    type: str
    default: str | None
    meaning: str


class Racer(TypedDict):
    """path: the two weights before each step and after the last; null where they have left all bounds."""

    name: str
    rate: float
    path: list[list[float | None]]
    heights: list[float | None]


class RaceSurface(TypedDict):
    """heights: of a grid over the ranges x and y, the largest y first."""

    name: str
    formula: str
    x: tuple[float, float]
    y: tuple[float, float]
    start: tuple[float, float]
    minimum: tuple[float, float]
    heights: list[list[float]]
    racers: list[Racer]


class Page(TypedDict):
    """All that a topic says; what does not apply to it is empty or null.

    parameters: the weights of a layer and their shapes, for the first of `shapes`. others: further topics of the same
    name, as `layer relu`.
    """

    topic: str
    family: str
    also_called: list[str]
    summary: str
    formula: list[str]
    derivative: str | None
    notes: list[str]
    parent: str | None
    adds: str
    shapes: list[ShapeChange]
    parameters: dict[str, list[int]]
    example: Example | None
    plots: list[Plot]
    race: list[RaceSurface]
    arguments: list[Argument]
    use: str
    avoid: str
    yaml: str
    keras: str
    source: str
    see: list[str]
    others: list[str]
