"""The rule `missing: drop`: which rows it leaves out of tables and of arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from nnctl.data.named_arrays import Arrays, rows_of
from nnctl.data.rows import blocks, chosen
from nnctl.data.spec import DatasetSpec
from nnctl.data.table import Array, Table, row_list
from nnctl.errors import DataError

NAMED = 20  # rows that a note names one by one


def kept_rows(dataset: DatasetSpec, table: Table, features: Iterable[str], targets: Iterable[str],
              notes: list[str], *, labelled: bool = True) -> Array:  # fmt: skip
    """Numbers of the rows that stay after `missing: drop`, from 0; a note for each column that dropped some.

    labelled: the rows are to be learnt or evaluated, so that their weights and times count, too.
    """
    kept = np.ones(table.rows, dtype=bool)
    aside = [dataset.weight, dataset.split.time] if labelled else []
    if dataset.sequence:
        aside += [dataset.sequence.id, dataset.sequence.order]
    for name in dict.fromkeys((*targets, *features, *(name for name in aside if name in table.columns))):
        missing = table[name].missing
        if rule(dataset.missing, name) == "drop" and missing.any():
            shown = row_list(missing, NAMED, numbers=table.numbers)
            notes.append(f'column "{name}": {missing.sum()} rows without a value are left out ({shown})')
            kept &= ~missing
    if not kept.any():
        raise DataError("`missing: drop` leaves no row", table.source, "fill the values instead: `missing: median`")
    return np.flatnonzero(kept)


def keep_array_rows(dataset: DatasetSpec, rows: Arrays, names: Iterable[str], notes: list[str]) -> Arrays:
    """The arrays without the rows that `missing: drop` covers."""
    return take_rows(rows, kept_array_rows(dataset, rows, names, notes))


def kept_array_rows(dataset: DatasetSpec, rows: Arrays, names: Iterable[str], notes: list[str]) -> Array:
    """(rows,) bool: which rows stay after `missing: drop`; a note for each array that dropped some."""
    names = list(names)
    kept = np.ones(rows_of(rows, names), dtype=bool)
    for name in names:
        array = rows[name]
        if rule(dataset.missing, name) == "drop" and array.dtype.kind == "f":
            missing = np.concatenate([np.isnan(block.reshape(len(block), -1)).any(axis=1)
                                      for _, block in blocks(array)])  # fmt: skip
            if missing.any():
                notes.append(f'array "{name}": {missing.sum()} rows with NaN are left out ({row_list(missing, NAMED)})')
                kept &= ~missing
    if not kept.any():
        raise DataError("`missing: drop` leaves no row", rows.source, "fill the values instead: `missing: zero`")
    return kept


def take_rows(rows: Arrays, kept: Array) -> Arrays:
    """The rows of the arrays that `kept` marks; arrays that do not have a row for each of its values are left out."""
    if kept.all():
        return rows
    stay = np.flatnonzero(kept)
    return replace(rows, arrays={n: chosen(a, stay) for n, a in rows.arrays.items() if len(a) == len(kept)})


def rule(rules: str | Mapping[str, str], name: str) -> str:
    """The rule of one column for its missing values."""
    return rules if isinstance(rules, str) else rules.get(name, "error")
