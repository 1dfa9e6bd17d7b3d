"""Sums written out term by term, beside the number that the engine computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from nnctl.reports.walkthrough.numbers import factor, number
from nnctl.reports.walkthrough.page import JOINED, Page
from nnctl.translation import _

SHOWN = 6  # terms of a sum that is cut


@dataclass(frozen=True)
class Term:
    """A product: the names of its factors, and their values."""

    names: tuple[str, ...]
    values: tuple[float, ...]

    @property
    def symbols(self) -> str:
        return f"{JOINED}×{JOINED}".join(self.names)

    @property
    def numbers(self) -> str:
        return f"{JOINED}×{JOINED}".join(map(factor, self.values))


@dataclass(frozen=True)
class Sum:
    """left = the sum of the terms. result: what the engine computed for it; None where the engine keeps only what a
    function makes of it."""

    left: str
    terms: Sequence[Term]
    result: float | None = None

    @property
    def total(self) -> float:
        """The sum of the terms as they are written."""
        return float(sum(prod(map(float, term.values)) for term in self.terms))


def products(x: str, values: Iterable[float], w: str, weights: Iterable[float]) -> list[Term]:
    """The terms of a dot product. x, w: the names of the factors, with {i} in the place of their number."""
    pairs = enumerate(zip(values, weights, strict=True), 1)
    return [Term((x.format(i=i), w.format(i=i)), (float(a), float(b))) for i, (a, b) in pairs]


def write_sum(page: Page, of: Sum, most: int = SHOWN) -> None:
    """The sum in symbols, in numbers, and its result. most: terms that are shown of a longer sum."""
    shown = list(of.terms)
    left_out = len(shown) - most
    symbols, numbers = [t.symbols for t in shown], [t.numbers for t in shown]
    if left_out > 2 and not page.whole:
        dots = "… " + _("{n} more terms").format(n=left_out + 1) + " …"
        symbols = [*symbols[: most - 3], dots, *symbols[-2:]]
        numbers = [*numbers[: most - 3], "…", *numbers[-2:]]
    result = of.total if of.result is None else of.result
    page.formula(of.left, " + ".join(symbols), " + ".join(numbers), number(result))
