"""Fewer points that look like all of them, so that a report stays small."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

Array = np.ndarray
DIGITS = 5  # significant digits that a chart can show


def kept_places(count: int, most: int, also: Iterable[int] = ()) -> list[int]:
    """About `most` of the places 0 to count - 1, evenly spread, with the first, the last and those in `also`."""
    if count <= most:
        return list(range(count))
    places = {*np.linspace(0, count - 1, most).round().astype(int).tolist(), *also}
    return sorted(places)


def thinned_curve(x: Array, y: Array, most: int = 200) -> tuple[Array, Array]:
    """At most `most` points of a curve from (x, y), of those where it bends: points on a straight line between their
    neighbours go first, then every second, and so on."""
    if len(x) > 2:
        turn = np.diff(x)[:-1] * np.diff(y)[1:] - np.diff(x)[1:] * np.diff(y)[:-1]
        bends = np.concatenate([[True], np.abs(turn) > 1e-15, [True]])
        x, y = x[bends], y[bends]
    places = kept_places(len(x), most)
    return x[places], y[places]


def number(value: Any) -> float | None:
    """A plain number with at most 7 digits; None if it is NaN, infinite or absent."""
    if value is None:
        return None
    value = float(value)
    return float(f"{value:.7g}") if math.isfinite(value) else None


def numbers(values: Iterable[Any], among: Iterable[Any] | None = None) -> list[float]:
    """Finite numbers with as many digits as a chart can show. among: all numbers that are drawn at the same scale."""
    found = [float(value) for value in values]
    most = digits(found if among is None else among)
    return [float(f"{value:.{most}g}") for value in found]


def digits(values: Iterable[Any]) -> int:
    """How many significant digits a chart of these values can show: 5, or more if they differ only in later ones."""
    finite = [value for value in map(float, values) if math.isfinite(value)]
    span = max(finite) - min(finite) if finite else 0.0
    if not 0 < span < math.inf:
        return DIGITS
    return min(17, DIGITS + max(0, round(math.log10(max(map(abs, finite)) / span))))
