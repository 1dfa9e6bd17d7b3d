"""Rows that a program trains on, in place of files: a table or named arrays in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnctl.data.columns.column_format import CATEGORY, OTHER, TEXT, TIME, ColumnFormat, Rules
from nnctl.data.columns.interpretation import as_category, decide, typed
from nnctl.data.named_arrays import Arrays
from nnctl.data.readers.in_memory import ACCEPTED, SOURCE, column_of, columns_of
from nnctl.data.table import Array, Column, Table
from nnctl.errors import DataError

_DAY = 86_400_000_000  # microseconds


def read_training_rows(rows: Any, rules: Rules) -> Table | Arrays:
    """The rows as a Table; or as Arrays if they are a pair (x, y), or a dict of arrays some of which have several axes.

    The type of each column is that of its values. Raises DataError for anything else, and for columns that differ in
    length.
    """
    if isinstance(rows, tuple) and len(rows) == 2:
        return Arrays({"x": _array("x", rows[0]), "y": _array("y", rows[1])}, SOURCE)
    if isinstance(rows, Mapping) and any(isinstance(each, np.ndarray) and each.ndim > 1 for each in rows.values()):
        return Arrays({str(name): _array(str(name), values) for name, values in rows.items()}, SOURCE)
    if isinstance(rows, np.ndarray) and not rows.dtype.names:
        raise DataError("an array alone has no target", SOURCE, "give a pair (x, y), or a dict of columns")
    given = columns_of(rows, ())
    lengths = {name: len(values) for name, values in given.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(f"the columns have different lengths: {shown}", SOURCE, "give a value for each row")
    if not lengths or not next(iter(lengths.values())):
        raise DataError("there are no rows", SOURCE, f"give {ACCEPTED}")
    columns, formats = {}, {}
    for name, values in given.items():
        columns[name], formats[name] = with_format(name, column_of(name, values, rules), rules)
    return Table(columns, next(iter(lengths.values())), SOURCE, formats)


def _array(name: str, values: Any) -> Array:
    """An array of numbers, or of words such as the names of classes, which pandas gives as objects."""
    try:
        array = np.asarray(values)
        if array.dtype != object:
            return array
        words = array.size and all(isinstance(value, str) for value in array.flat)
        return array.astype(str if words else np.float64)
    except (ValueError, TypeError):
        raise DataError("not an array of numbers", f'{SOURCE}: array "{name}"',
                        "give a data frame or a dict of columns, in which words are encoded") from None  # fmt: skip


def with_format(name: str, column: Column, rules: Rules) -> tuple[Column, ColumnFormat]:
    """The column, as words where the config says so, and the format in which later rows are read."""
    if column.kind == "nested":
        return column, OTHER
    if name in rules.words:
        return column.as_text(), TEXT
    if name in rules.categories:
        return as_category(column), CATEGORY
    if column.kind == "text":
        if name in rules.numbers:
            wanted = decide({name: column.words}, rules).formats[name]
            return typed(name, column, wanted, SOURCE), wanted
        return column, TEXT
    if column.kind == "time":
        return column, TIME
    return column, ColumnFormat(column.kind, whole=_whole(column.values, _DAY if column.kind == "date" else 1))


def _whole(values: Array, unit: int) -> bool:
    present = values[~np.isnan(values)]
    return bool(np.all(present % unit == 0))
