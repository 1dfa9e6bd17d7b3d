"""Compares the output that a page shows with what a command printed, loosely.

Blanks and the lengths of rules and bars do not count, nor do times, dates and the sizes of files; other numbers with a
decimal point may differ by rounding that training enlarges. Lines that are left out are shown as `...`.
"""

from __future__ import annotations

import math
import re

TOLERANCE = {"rel_tol": 0.25, "abs_tol": 0.06}

COMPILED = "- compiled kernels (Numba)"  # a note of long runs where Numba is installed, which is not shown

_MASKS = (
    (re.compile(r"\d{8}-\d{6}"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"), "<time>"),
    (re.compile(r"\b[\d.,]+(e-?\d+)? ?(ms|s|min|kB|KB|MB|GB|µs|us)\b"), "<measured>"),
    (re.compile(r"time \((ms|s|µs|us)\)"), "time"),
    (re.compile(r"[─━╸╺═-]{3,}"), "──"),
    (re.compile(r"[▁▂▃▄▅▆▇█▏▎▍▌▋▊▉⠀-⣿]+"), "▆"),  # bars and plots
    (re.compile(r"\*"), " "),  # the best epoch may be another one
)
_NUMBER = re.compile(r"-?\d[\d,]*\.\d+(?:e[-+]?\d+)?")


def difference(shown: str, printed: str) -> str | None:
    """What differs first, as a sentence; None if the output is as it is shown."""
    lines = _lines(printed)
    at = 0
    skipping = False
    for line in _lines(shown):
        if line == "...":
            skipping = True
            continue
        while at < len(lines) and not _alike(line, lines[at]) and skipping:
            at += 1
        if at == len(lines):
            return f"not printed: {line!r}"
        if not _alike(line, lines[at]):
            return f"shown: {line!r}, printed: {lines[at]!r}"
        at, skipping = at + 1, False
    return None if skipping or at == len(lines) else f"not shown: {lines[at]!r}"


def _lines(text: str) -> list[str]:
    return [line for line in map(masked, text.splitlines()) if line and not line.startswith(COMPILED)]


def masked(line: str) -> str:
    """A line without what depends on the machine, and with single blanks."""
    line = _without_times(line)
    for pattern, replacement in _MASKS:
        line = pattern.sub(replacement, line)
    return " ".join(line.split())


def _without_times(line: str) -> str:
    """A row of the table of epochs without its last column, the time."""
    return line.rstrip().rpartition(" ")[0] if _ROW.match(line) else line


_ROW = re.compile(r"^ *(best|\*)? *\d+( +[\d.e-]+){3,}$")


def _alike(shown: str, printed: str) -> bool:
    if shown == printed:
        return True
    if _NUMBER.sub("#", shown) != _NUMBER.sub("#", printed):
        return False
    pairs = zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=True)
    return all(math.isclose(float(a.replace(",", "")), float(b.replace(",", "")), **TOLERANCE) for a, b in pairs)
