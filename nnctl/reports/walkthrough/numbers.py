"""Numbers with four significant digits, in lines whose decimal points stand below one another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

DIGITS = 4
MINUS = "-"


def number(value: Any) -> str:
    """Four significant digits: 0.1234, 12.34, 1.234e-05; whole numbers of integer types, and 0, as they are."""
    if isinstance(value, int | np.integer | bool | np.bool_):
        return str(int(value))
    value = float(value)
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    rounded = float(f"{value:.{DIGITS - 1}e}")
    size = math.floor(math.log10(abs(rounded)))
    if not -4 <= size < 6:
        return f"{value:.{DIGITS - 1}e}"
    return f"{value:.{max(DIGITS - 1 - size, 0)}f}"


def factor(value: Any) -> str:
    """A number inside a product or a sum: negative ones in parentheses."""
    text = number(value)
    return f"({text})" if text.startswith(MINUS) else text


def precise(value: Any) -> str:
    """All digits that float32 has, for what would otherwise be lost: 1 minus a probability near 1."""
    return f"{float(value):.7g}"


def aligned(values: Iterable[Any]) -> list[str]:
    """The numbers in texts of one width, their decimal points below one another."""
    texts = [number(value) for value in values]
    before = [_before_the_point(text) for text in texts]
    left = max(before, default=0)
    texts = [" " * (left - n) + text for text, n in zip(texts, before, strict=True)]
    width = max(map(len, texts), default=0)
    return [text.ljust(width) for text in texts]


def _before_the_point(text: str) -> int:
    return text.index(".") if "." in text else len(text)


def shape(sizes: Sequence[int | None]) -> str:
    """(4), (8, 8, 1)."""
    return "(" + ", ".join("?" if n is None else str(n) for n in sizes) + ")"
