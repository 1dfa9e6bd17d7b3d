"""CSV files that begin with a row of data instead of column names."""

from __future__ import annotations

from nnctl.data.columns.number_formats import PLAIN
from nnctl.data.table import Table, listing
from nnctl.errors import DataError


def refuse_missing_header(table: Table) -> None:
    """Raises DataError if the names of a table are its first row: those of all columns of numbers are numbers, and that
    of a column of words is one of its words."""
    numbers = [name for name, column in table.columns.items() if column.kind == "number"]
    if not numbers or not all(map(PLAIN.fullmatch, numbers)):
        return
    words = [name for name, column in table.columns.items() if column.kind == "text" and name in column.words]
    if words:
        shown = listing([*numbers[:2], words[0]], 3)
        raise DataError(f"the first line contains data ({shown}), not column names", table.source,
                        "add a line of column names at the top")  # fmt: skip
