"""Numbers formatted for people."""

from __future__ import annotations

import math
from collections.abc import Mapping

from nnctl.reports.terminal import display_width, fitted
from nnctl.translation import N_, _, plural


def metric(value: float | None, letters: int = 7) -> str:
    """A loss or a metric in about that many characters, with at most four decimals: 0.0312, 2890.50, 3.1e-05."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return str(float(value))
    decimals = min(4, letters - 1 - len(f"{value:.0f}"))
    if decimals < -1 or 0 < abs(value) < 5e-4:
        return f"{value:.1e}"
    return f"{value:.{max(decimals, 0)}f}"


_FLOAT32 = 8  # significant digits; further ones of a float32 are made up


def fine(value: float | None, step: float) -> str:
    """As `metric` writes it, with more digits where differences as small as `step` would not be seen."""
    text = metric(value)
    if value is None or not math.isfinite(value) or not step > 0:
        return text
    form = "f" if 5e-4 <= abs(value) < 1e15 else "e"
    needed = math.ceil(math.log10(max(abs(value), step)) - math.log10(step)) + 1
    value = float(f"{value:.{min(17, max(_FLOAT32, needed))}g}")
    digits = 0
    while digits < 16 and _coarseness(text, value) > step:
        text = f"{value:.{digits}{form}}"
        digits += 1
    return text


def _coarseness(text: str, value: float) -> float:
    """The smallest difference that a number's text shows; without an exponent, only how far it is off, doubled, so that
    round numbers stay short."""
    mantissa, e, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return float(f"1e{int(exponent) - decimals}") if e else 2 * abs(float(text) - value)


def fixed(value: float | None, decimals: int, letters: int) -> str:
    """A number with that many decimals, as in the rest of its column; in scientific notation, with as many digits as
    the width of the column allows, if it is too small or too large for that."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return str(float(value))
    text = f"{value:.{decimals}f}"
    if len(text) <= letters and (not value or abs(value) >= 5 * 10.0**-decimals):
        return text
    most = min(max(letters - 6 - (value < 0), 0), 3)
    return f"{value:.{most}e}"


def short(value: float) -> str:
    """A setting such as a learning rate: 0.001, 3e-05."""
    return f"{value:.3g}"


def count(value: int) -> str:
    """1234567 is 1,234,567."""
    return f"{value:,}"


def parameters(total: int, trainable: int | None = None) -> str:
    """1,234, or 1,234 (1,200 trainable, 34 non-trainable); None means that all are trainable."""
    if trainable is None or trainable == total:
        return count(total)
    return _("{total} ({trainable} trainable, {rest} non-trainable)").format(
        total=count(total), trainable=count(trainable), rest=count(total - trainable)
    )


_SPLITS = {"train": N_("{n} train"), "validation": N_("{n} validation"), "test": N_("{n} test")}


def rows_of_splits(rows: Mapping[str, int]) -> str:
    """1,079 train, 359 validation."""
    return ", ".join(_(_SPLITS.get(split, f"{{n}} {split}")).format(n=count(n)) for split, n in rows.items())


def parameters_counted(n: int) -> str:
    """1 parameter, 1,234 parameters."""
    return plural("{n} parameter", "{n} parameters", n).format(n=count(n))


def duration(seconds: float) -> str:
    """12 ms, 3.4 s, 5 m 02 s, 1 h 07 m."""
    if seconds < 0.0005:
        return "<1 ms"
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


def cut(text: str, letters: int) -> str:
    """The text, shortened with an ellipsis to at most that many columns of a terminal."""
    return text if display_width(text) <= letters else fitted(text, letters).rstrip()
