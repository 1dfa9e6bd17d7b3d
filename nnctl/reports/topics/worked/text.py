"""The two forms of a worked example."""

from __future__ import annotations

from nnctl.reports.topics.document import Example


def lines_example(intro: str, lines: list[str], outcome: str = "") -> Example:
    """An example of lines with numbers."""
    return {"intro": intro, "table": None, "lines": lines, "outcome": outcome}


def table_example(intro: str, titles: list[str], rows: list[list[str]], outcome: str = "", left: int = 0) -> Example:
    """An example with a table, whose first `left` columns are left-aligned."""
    return {"intro": intro, "table": {"titles": titles, "rows": rows, "left": left}, "lines": [], "outcome": outcome}
