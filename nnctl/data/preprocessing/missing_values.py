"""Missing values: the error about those without a rule, and the rows that `missing: drop` leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from nnctl.data.config import DatasetSpec
from nnctl.data.lazy_array import blocks, chosen
from nnctl.data.named_arrays import Arrays, rows_of
from nnctl.data.row_origin import Origin, located
from nnctl.data.table import Array, Table
from nnctl.errors import DataError, Problem
from nnctl.quoting import yaml_list, yaml_map

NAMED = 20  # rows that a note names one by one


def kept_rows(dataset: DatasetSpec, table: Table, features: Iterable[str], targets: Iterable[str],
              notes: list[str], *, labelled: bool = True) -> Array:  # fmt: skip
    """The numbers of the rows that `missing: drop` keeps, from 0, with a note for each column that excludes some.

    labelled: the rows are for training or evaluation, so that their weights and times must not be missing either.
    """
    kept = np.ones(table.rows, dtype=bool)
    looked_at = _looked_at(dataset, table, features, targets, labelled)
    columns = 0
    for name, missing in table.gaps([name for name in looked_at if rule(dataset.missing, name) == "drop"]):
        columns += 1
        shown = located(table.where(name), missing, NAMED).told
        have, are = ("has", "is") if missing.sum() == 1 else ("have", "are")
        notes.append(
            f'column "{name}": {missing.sum()} of {len(missing)} rows {have} no value and {are} left out ({shown})'
        )
        kept &= ~missing
    if not kept.any():
        raise DataError("`missing: drop` leaves no row", table.source, "fill in the values instead: `missing: median`")
    if columns > 1:
        notes.append(f"`missing: drop` leaves out {np.count_nonzero(~kept)} of {len(kept)} rows in all")
    return np.flatnonzero(kept)


def _looked_at(dataset: DatasetSpec, table: Table, features: Iterable[str], targets: Iterable[str],
               labelled: bool) -> dict[str, None]:  # fmt: skip
    """The columns to which `missing: drop` applies."""
    aside = [dataset.weight, dataset.split.time] if labelled else []
    if dataset.sequence:
        aside += [dataset.sequence.id, dataset.sequence.order]
    return dict.fromkeys((*targets, *features, *(name for name in aside if name and name in table.columns)))


_FILLS = {"number": "median", "category": "category", "text": "zero"}


def refuse_missing(dataset: DatasetSpec, table: Table, takes: Mapping[str, str], targets: Sequence[str],
                   whole: Table | None = None) -> None:  # fmt: skip
    """Raises one DataError for all columns with missing values that no rule covers, with a rule for each to paste.

    takes: by feature, "number", "category" or "text". whole: the table before rows were dropped.
    """
    problems, wanted = [], {}
    for name, missing in table.gaps((*targets, *takes)):
        chosen = rule(dataset.missing, name)
        at = located(table.where(name), missing)
        told = f"{missing.sum()} of {at.total} rows ({at.rows}){table.missing_told(name)}"
        if name not in takes:
            problems.append(Problem(f"the target is missing in {told}", at.where))
            wanted[name] = "drop"
        elif chosen == "error":
            problems.append(Problem(f"a value is missing in {told}", at.where))
            wanted[name] = _FILLS[takes[name]]
        elif chosen == "category" and takes[name] == "number":
            problems.append(
                Problem("`missing: category` works for categories, but this column holds numbers", table.where(name),
                        f"treat it as a category with `categorical: {yaml_list([name])}`, or fill it in another way")
            )  # fmt: skip
            wanted[name] = "median"
    if problems:
        own = f"{problems[-1].hint}; " if problems[-1].hint else ""
        problems[-1] = replace(
            problems[-1], hint=own + _proposal(dataset, table, takes, targets, wanted, whole or table)
        )
        raise DataError.of(problems)


def _proposal(dataset: DatasetSpec, table: Table, takes: Mapping[str, str], targets: Sequence[str],
              wanted: Mapping[str, str], whole: Table) -> str:  # fmt: skip
    """The hint: a rule for each column that needs one, and how many rows `drop` would leave out instead."""
    known: dict[str, str]
    if isinstance(dataset.missing, str):
        known = {} if dataset.missing == "error" else {
            name: dataset.missing for name in takes if name not in wanted and table[name].missing.any()
        }  # fmt: skip
    else:
        known = dict(dataset.missing)
    lost = _any_missing(whole, _looked_at(dataset, whole, takes, targets, True))
    if lost.all():
        cost = "`missing: drop` would leave no row"
    else:
        cost = f"`missing: drop` would leave out {lost.sum()} of {len(lost)} rows instead"
    if all(each == "drop" for each in wanted.values()):
        lost = _any_missing(table, wanted)
        cost = f"it leaves out {lost.sum()} of {len(lost)} rows"
    return f"set under dataset: `missing: {yaml_map(known | dict(wanted))}`; {cost}"


def _any_missing(table: Table, names: Iterable[str]) -> Array:
    """(rows,) bool: rows in which one of the columns has no value."""
    missing = np.zeros(table.rows, dtype=bool)
    for name in names:
        missing |= table[name].missing
    return missing


def keep_array_rows(dataset: DatasetSpec, rows: Arrays, names: Iterable[str], notes: list[str]) -> Arrays:
    """The arrays without the rows that `missing: drop` excludes."""
    return take_rows(rows, kept_array_rows(dataset, rows, names, notes))


def kept_array_rows(dataset: DatasetSpec, rows: Arrays, names: Iterable[str], notes: list[str]) -> Array:
    """(rows,) bool: the rows that `missing: drop` keeps, with a note for each array that excludes some."""
    names = list(names)
    kept = np.ones(rows_of(rows, names), dtype=bool)
    for name in names:
        array = rows[name]
        if rule(dataset.missing, name) == "drop" and array.dtype.kind == "f":
            missing = np.concatenate([np.isnan(block.reshape(len(block), -1)).any(axis=1)
                                      for _, block in blocks(array)])  # fmt: skip
            if missing.any():
                at = located(rows.where(name), missing, NAMED)
                counted = "1 row with NaN is" if missing.sum() == 1 else f"{missing.sum()} rows with NaN are"
                notes.append(f'array "{name}": {counted} left out ({at.told})')
                kept &= ~missing
    if not kept.any():
        raise DataError("`missing: drop` leaves no row", rows.source, "fill in the values instead: `missing: zero`")
    return kept


def take_rows(rows: Arrays, kept: Array) -> Arrays:
    """The rows of the arrays that `kept` marks; arrays with another number of rows are left out."""
    if kept.all():
        return rows
    stay = np.flatnonzero(kept)
    origin = (rows.origin or Origin.of([(rows.source, len(kept))])).take(stay)
    return replace(
        rows, origin=origin, arrays={n: chosen(a, stay) for n, a in rows.arrays.items() if len(a) == len(kept)}
    )


def rule(rules: str | Mapping[str, str], name: str) -> str:
    """The rule of one column for its missing values."""
    return rules if isinstance(rules, str) else rules.get(name, "error")
