"""Numbers and small arrays as text."""

from __future__ import annotations

from typing import Any

import numpy as np


def number(value: float) -> str:
    """At most four digits after the point: 2, 0.5, -0.1353, 1.2e-06."""
    value = float(value)
    if not np.isfinite(value):
        return str(value)
    if value and abs(value) < 5e-4:
        return f"{value:.1e}"
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def bracketed(value: float) -> str:
    """A factor of a product: a negative one in brackets."""
    return number(value) if value >= 0 else f"({number(value)})"


def array(values: Any) -> str:
    """An array in one line: [1, 0.5], [[1, 2], [3, 4]]."""
    if np.ndim(values) == 0:
        return number(values)
    return "[" + ", ".join(array(each) for each in values) + "]"


def assigned(name: str, values: Any, width: int = 74) -> list[str]:
    """`name = [...]`, in several lines if one would be too long."""
    line = f"{name} = {array(values)}"
    if len(line) <= width or np.ndim(values) < 2:
        return [line]
    before, after = f"{name} = [", " " * (len(name) + 4)
    rows = [array(each) for each in values]
    if any(len(before) + len(row) + 1 > width for row in rows):
        return [line for i, each in enumerate(values) for line in assigned(f"{name}[{i}]", each, width)]
    return [(before if not i else after) + row + ("," if i < len(rows) - 1 else "]") for i, row in enumerate(rows)]
