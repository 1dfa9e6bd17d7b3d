"""Fewer points that look like all of them, so that a report stays small."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

Array = np.ndarray


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


def numbers(values: Iterable[Any]) -> list[float]:
    """Finite numbers with at most 5 digits each, which is more than a chart shows."""
    return [float(f"{float(value):.5g}") for value in values]
