"""Tables without files, for tests: the only place in the tests that knows how they are built."""

from __future__ import annotations

import datetime

import numpy as np

from nnctl.data.table import Column, Table

EPOCH = datetime.datetime(1970, 1, 1)
NESTED = object()  # a value of a column of lists or structs


def column(values) -> Column:
    """Numbers, words, dates, times or NESTED, None if missing; bools are the words true and false of a CSV file."""
    values = [str(value).lower() if isinstance(value, bool) else value for value in values]
    present = [value for value in values if value is not None]
    if any(value is NESTED for value in present):
        return Column("nested", np.full(len(values), np.nan), called="DOUBLE[]")
    if any(isinstance(value, str) for value in present):
        return Column.of_words(values)
    if any(isinstance(value, datetime.time) for value in present):
        times = [None if value is None else datetime.datetime.combine(EPOCH, value) for value in values]
        return Column("time", np.array([np.nan if value is None else _microseconds(value) for value in times]))
    if any(isinstance(value, datetime.date) for value in present):
        return Column("date", np.array([np.nan if value is None else _microseconds(value) for value in values]))
    return Column("number", np.array([np.nan if value is None else value for value in values], dtype=np.float64))


def _microseconds(value: datetime.date) -> float:
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    return (value - EPOCH) / datetime.timedelta(microseconds=1)


def table(**columns) -> Table:
    """table(x=[1.0, None], word=["a", "b"])"""
    made = {name: column(values) for name, values in columns.items()}
    return Table(made, len(next(iter(made.values())).values), "data.csv")
