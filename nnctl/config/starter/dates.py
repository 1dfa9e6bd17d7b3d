"""Dates as numbers: a query that adds the year, month, weekday and hour of each date column, as far as they differ."""

from __future__ import annotations

import numpy as np

from nnctl.config.starter.choices import Choice
from nnctl.config.starter.column_facts import TableFacts
from nnctl.config.starter.wording import listed
from nnctl.data.table import Array
from nnctl.quoting import sql_name
from nnctl.translation import _

_PARTS = ("year", "month", "dayofweek", "hour")  # functions of SQL


def date_query(facts: TableFacts, target: str) -> Choice | None:
    """The `query:` that makes numbers of the dates; None if there are none, or if the names of its columns clash.

    Dates that stand for months or years, all on the same day of the month, get no weekday.
    """
    if len(set(map(str.casefold, facts.columns))) < len(facts.columns):
        return None  # SQL does not tell them apart
    found = []
    for name, column in facts.columns.items():
        if column.kind in ("date", "time") and column.distinct > 1 and name != target:
            moments = facts.sample[name].values
            for part in _PARTS if column.kind == "date" else ("hour",):
                new = f"{name}_{part}"
                if new.casefold() in map(str.casefold, facts.columns):
                    return None
                present = moments[~np.isnan(moments)]
                if _differ(present, part) and (part != "dayofweek" or _differ(present, "day")):
                    found.append(f"{part}({sql_name(name)}) as {sql_name(new)}")
    if not found:
        return None
    names = [name for name, column in facts.columns.items() if column.kind in ("date", "time")]
    why = _("A network reads numbers: parts of {columns} are added as columns of numbers.")
    return Choice(("dataset", "query"), f"select *, {', '.join(found)} from data", (why.format(columns=listed(names)),))


def _differ(moments: Array, part: str) -> bool:
    """Whether a part of the dates has different values. moments: in microseconds since 1970, or since midnight."""
    dates = moments.astype(np.int64).astype("datetime64[us]")
    if part == "day":
        values = (dates.astype("datetime64[D]") - dates.astype("datetime64[M]")).astype(np.int64)
    elif part == "dayofweek":
        values = dates.astype("datetime64[D]").astype(np.int64) % 7
    elif part == "month":
        values = dates.astype("datetime64[M]").astype(np.int64) % 12
    elif part == "hour":
        values = dates.astype("datetime64[h]").astype(np.int64) % 24
    else:
        values = dates.astype("datetime64[Y]").astype(np.int64)
    return len(values) > 0 and bool(values.min() < values.max())
