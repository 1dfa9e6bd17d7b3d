"""What reports in Markdown consist of: texts, numbers, tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nnctl.reports.findings.document import Number
from nnctl.reports.number_format import count, metric
from nnctl.reports.terminal import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$&])")


def escaped(text: object) -> str:
    """A text of the user's own, which Markdown shows as it is, in one line, and which controls no terminal."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(str(text).split())))


def fenced(kind: str, text: str) -> list[str]:
    """Lines of code. kind: "yaml", "sh" and so on."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{kind}", text.rstrip("\n"), fence, ""]


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The first column is text, the others are numbers. Cells are written as they are: `escaped` is for texts."""
    marks = ["---", *["---:"] * (len(titles) - 1)]
    return [f"| {' | '.join(map(str, row))} |" for row in (titles, marks, *rows)] + [""]


def number(value: Number) -> str:
    """A metric, or a count."""
    if isinstance(value, int):
        return count(value)
    return metric(value)
