"""Numbers as people read them."""

from __future__ import annotations

import math


def figure(value: float | None) -> str:
    """A loss or a metric in at most eight letters: 0.0312, 25.71, 2890.5, 3.1e-05."""
    if value is None:
        return ""
    size = abs(value)
    if not math.isfinite(value):
        return str(float(value))
    if size != 0 and not 1e-3 <= size < 1e6:
        return f"{value:.1e}"
    decimals = 4 if size < 10 else 3 if size < 100 else 2 if size < 1e4 else 0
    return f"{value:.{decimals}f}"


def short(value: float) -> str:
    """A setting such as a learning rate: 0.001, 3e-05."""
    return f"{value:.3g}"


def count(value: int) -> str:
    """1234567 is 1,234,567."""
    return f"{value:,}"


def counted(value: int, noun: str, plural: str | None = None) -> str:
    """1 epoch, 20 epochs."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """12 ms, 3.4 s, 5 m 02 s, 1 h 07 m."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} m"


def size(count_of_bytes: int) -> str:
    """Bytes as B, kB, MB, GB."""
    value = float(count_of_bytes)
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} GB"


def shape(dimensions: tuple[int | None, ...]) -> str:
    """A tensor's shape without the batch axis: 28 × 28 × 1; an axis of any length is `any`."""
    return " × ".join("any" if axis is None else str(axis) for axis in dimensions) or "one number"
