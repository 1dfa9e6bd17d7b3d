"""Sums written out term by term, beside the number that the engine computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from nnctl.reports.walkthrough.numbers import factor, number
from nnctl.reports.walkthrough.page import Page
from nnctl.translation import _

SHOWN = 6  # terms of a sum that is cut


@dataclass(frozen=True)
class Term:
    """A product: the names of its factors, and their values."""

    names: tuple[str, ...]
    values: tuple[float, ...]

    @property
    def symbols(self) -> str:
        return " × ".join(self.names)

    @property
    def numbers(self) -> str:
        return " × ".join(map(factor, self.values))


@dataclass(frozen=True)
class Sum:
    """left = the sum of the terms. result: what the engine computed for it."""

    left: str
    terms: Sequence[Term]
    result: float

    @property
    def total(self) -> float:
        """The sum of the terms as they are written."""
        return float(sum(prod(map(float, term.values)) for term in self.terms))


def write_sum(page: Page, of: Sum) -> None:
    """The sum in symbols, in numbers, and its result."""
    shown = list(of.terms)
    left_out = len(shown) - SHOWN
    if page.whole or left_out <= 2:
        left_out = 0
    symbols, numbers = [t.symbols for t in shown], [t.numbers for t in shown]
    if left_out:
        dots = "… " + _("{n} more terms").format(n=left_out) + " …"
        symbols = [*symbols[: SHOWN - 2], dots, *symbols[-2:]]
        numbers = [*numbers[: SHOWN - 2], "…", *numbers[-2:]]
    page.formula(of.left, " + ".join(symbols), " + ".join(numbers), number(of.result))
