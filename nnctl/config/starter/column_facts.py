"""What a table's columns look like: the facts that the choices follow from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from nnctl.data.columns.number_formats import PLAIN, looks_like_number
from nnctl.data.distinct_values import code_counts
from nnctl.data.preprocessing.column_reading import MOSTLY, is_text, refuse_broken_numbers
from nnctl.data.table import Column, Table
from nnctl.errors import DataError

MOST_ROWS = 200_000  # facts of larger tables are those of this many of their rows, evenly spaced


@dataclass(frozen=True)
class ColumnFacts:
    """One column. rows: those that were looked at. present: those of them that have a value. missing: of all rows of
    the table, but for those without a target; missing_anywhere: of these, too. distinct: number of values.

    kind: as of Column, but "words" or "long text" for text. whole: whether all numbers are whole.
    counts: of a column of words, or of few numbers, the rows of each value, most frequent first.
    """

    name: str
    kind: str
    rows: int
    present: int
    missing: int
    distinct: int
    whole: bool = False
    least: float = 0.0
    most: float = 0.0
    counts: tuple[tuple[str, int], ...] = ()
    missing_anywhere: int = 0

    @property
    def is_number(self) -> bool:
        return self.kind == "number"

    @property
    def is_like_names(self) -> bool:
        """Whether every row, or nearly every one of many, has another word, as names have."""
        some = self.present > 4 and self.distinct == self.present
        return self.kind in ("words", "text") and (some or (self.distinct > 20 and self.distinct > 0.5 * self.present))


@dataclass(frozen=True)
class TableFacts:
    """A table. rows: all of them, but for those without a target, which are counted by `unlabelled`. sample: the rows
    that were looked at. repeated: rows of the sample that are equal to an earlier one."""

    columns: Mapping[str, ColumnFacts]
    rows: int
    sample: Table
    repeated: int
    unlabelled: int = 0


def facts_of(table: Table, target: str | None = None) -> TableFacts:
    """The facts of all columns of a table. target: only the rows that have it are looked at, and all of these for the
    facts of the target itself, since each of its classes counts."""
    labelled = np.ones(table.rows, bool) if target is None else ~table[target].missing
    rows = np.flatnonzero(labelled)
    some = rows if len(rows) <= MOST_ROWS else rows[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.int64)]
    sample = table if len(some) == table.rows else table.take(some)
    gaps = {name: (int((each & labelled).sum()), int(each.sum())) for name, each in table.gaps(table.columns)}
    columns = {}
    for name in table.columns:
        missing, anywhere = gaps.get(name, (0, 0))
        seen = table[name].take(rows) if name == target and len(some) < len(rows) else sample[name]
        columns[name] = replace(_facts(name, seen, missing), missing_anywhere=anywhere)
    return TableFacts(columns, len(rows), sample, _repeated(sample), table.rows - len(rows))


def _facts(name: str, column: Column, missing: int) -> ColumnFacts:
    rows = len(column.values)
    if column.kind == "nested":
        return ColumnFacts(name, "nested", rows, 0, rows, 0)
    if column.kind == "text":
        counts = code_counts(column.values, len(column.words))
        order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        pairs = tuple((column.words[code], int(counts[code])) for code in order)
        present = int(counts.sum())
        varied = len(pairs) > 20 and len(pairs) > 0.5 * present  # otherwise they are categories with long names
        kind = "text" if varied and is_text(column) else "words"
        return ColumnFacts(name, kind, rows, present, missing, len(pairs), counts=pairs)
    values = column.values[~np.isnan(column.values)]
    found, counted = np.unique(values, return_counts=True)
    if not len(found):
        return ColumnFacts(name, column.kind, rows, 0, missing, 0)
    whole = bool(np.all(found == np.floor(found)))
    pairs = ()
    if len(found) <= 100:
        words = Column(column.kind, found).as_text().words
        pairs = tuple(sorted(zip(words, map(int, counted), strict=True), key=lambda pair: -pair[1]))
    return ColumnFacts(name, column.kind, rows, len(values), missing, len(found), whole, float(found[0]),
                       float(found[-1]), pairs)  # fmt: skip


def word_among_numbers(column: ColumnFacts, table: Table) -> str | None:
    """A word of a column that is mostly numbers, and that training therefore refuses; None of any other column. It may
    be one of a row without a target."""
    if column.kind not in ("words", "text"):
        return None
    numbers = sum(count for word, count in column.counts if looks_like_number(word))
    if numbers < MOSTLY * column.present:
        return None
    words = [*(word for word, _count in column.counts), *table[column.name].words]
    if odd := [word for word in words if not looks_like_number(word)]:
        return odd[0]
    try:
        refuse_broken_numbers(column.name, table[column.name], table)
    except DataError:
        return next(word for word in words if not PLAIN.fullmatch(word))
    return None


def _repeated(table: Table) -> int:
    """How many rows are equal to an earlier one, in all columns."""
    total = np.zeros(table.rows, np.uint64)
    rng = np.random.default_rng(0)
    for column in table.columns.values():
        odd = rng.integers(0, 2**63, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        values = np.nan_to_num(np.asarray(column.values, np.float64), nan=-1.5) + 0.0
        bits = values.view(np.uint64)
        total += (bits ^ (bits >> np.uint64(31))) * odd
    return table.rows - len(np.unique(total))
