"""The row that a walkthrough is about: of a split of the run's data, or of a file."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnctl.api import TrainedRun
from nnctl.data import Preprocessing
from nnctl.data.dataset import Split
from nnctl.data.load import read_fitted
from nnctl.data.named_arrays import Arrays
from nnctl.data.preprocessing.sequence_tables import LongTable
from nnctl.data.splits import finish
from nnctl.data.table import Table
from nnctl.engine.batch import Batch
from nnctl.errors import DataError, InputError
from nnctl.training.batching import cast, make_batch
from nnctl.training.checks.inputs import check_inputs
from nnctl.translation import _

Array = np.ndarray


@dataclass(frozen=True)
class ChosenRow:
    """A row as read, and as a batch of its own.

    row: its number, from 1, in the split or the file. split: the name of the split, or the file. total: the rows there.
    name: what messages call the row: its number in the file, or the id of a sequence. raw: the row as it was read, one
    row. source: the file(s). labelled: whether its targets are known.
    """

    row: int
    split: str
    total: int
    name: Any
    raw: Table | LongTable | Arrays
    source: str
    batch: Batch
    labelled: bool = True


def chosen_row(run: TrainedRun, row: int, split: str = "test", data: str | None = None) -> ChosenRow:
    """The row with that number, counted from 1. data: a file, in place of the run's own data.

    Raises InputError for a number that no row has, or a split that the run has not.
    """
    if data is not None:
        return _of_file(run, row, data)
    preprocessing = run.preprocessing
    rows, splits, notes = read_fitted(preprocessing)
    dataset = finish(preprocessing, rows, splits, notes)
    if split not in dataset.splits:
        raise InputError(
            _("the run has no {split} split").format(split=split), where=str(run.folder),
            hint=_("splits: {splits}; or give a file with --data").format(splits=", ".join(dataset.splits)),
        )  # fmt: skip
    found = dataset.splits[split]
    _check_range(row, found.rows, _("the {split} split").format(split=split), str(run.folder))
    number = int(splits.rows[split][row - 1])
    return _chosen(run, row, split, found, row - 1, _taken(rows, number), True)


def _of_file(run: TrainedRun, row: int, data: str) -> ChosenRow:
    preprocessing = run.preprocessing
    try:
        given, labelled = preprocessing.read(data, with_targets=True), True
    except DataError:  # perhaps only for want of targets; anything else is an error again
        given, labelled = preprocessing.read(data, with_targets=False), False
    split = given.split
    numbers = np.arange(1, split.rows + 1) if given.numbers is None else given.numbers
    if row in given.left_out:
        raise InputError(_("row {row} of {file} is left out by the config").format(row=row, file=data), where=data,
                         hint=_("choose another row"))  # fmt: skip
    last = int(numbers.max()) if len(numbers) else 0
    _check_range(row, last, data, data)
    [places] = np.nonzero(numbers == row)
    at = int(places[0])
    taken = _taken(given.rows, at)
    if not labelled and _has_target(preprocessing, taken):  # only other rows lack theirs
        names = None if split.names is None else split.names[at : at + 1]
        alone = replace(preprocessing.transform(taken, True, []), names=names)
        return _chosen(run, row, data, alone, 0, taken, True, split.rows)
    return _chosen(run, row, data, split, at, taken, labelled)


def _has_target(preprocessing: Preprocessing, row: Table | LongTable | Arrays) -> bool:
    """Whether a row that was read without its target has one."""
    if isinstance(row, Table):
        return all(name in row.columns and not row[name].missing[0] for name in preprocessing.target_columns)
    if isinstance(row, Arrays):
        return all(name in row.arrays and np.all(np.asarray(row[name]) == row[name])  # NaN is missing
                   for name in preprocessing.target_columns)  # fmt: skip
    return False


def _check_range(row: int, rows: int, what: str, where: str) -> None:
    if not 1 <= row <= rows:
        raise InputError(
            _("there is no row {row} in {what}").format(row=row, what=what), where=where,
            hint=_("rows are counted from 1: give a number from 1 to {rows}").format(rows=rows),
        )  # fmt: skip


def _chosen(run: TrainedRun, row: int, split: str, rows: Split, at: int, raw: Table | LongTable | Arrays,
            labelled: bool, total: int | None = None) -> ChosenRow:  # fmt: skip
    """at: the row's place in `rows`. total: the rows of the file, if `rows` are not all of them."""
    model = run.model
    check_inputs(model.graph, {"given": rows})
    batch = make_batch(cast(rows, model.program.dtype), slice(at, at + 1), ahead=True)
    name = row if rows.names is None else rows.names[at]
    return ChosenRow(row, split, rows.rows if total is None else total, name, raw, _source(raw), batch, labelled)


def _taken(rows: Table | LongTable | Arrays, at: int) -> Table | LongTable | Arrays:
    """One of the rows."""
    if isinstance(rows, Table):
        return rows.take(np.array([at]))
    if isinstance(rows, LongTable):
        steps = rows.order[rows.starts[at] : rows.starts[at + 1]]
        one = np.array([at])
        order = np.arange(len(steps))
        return LongTable(rows.table.take(steps), rows.sequences.take(one), order, np.array([0, len(steps)]),
                         rows.names[one])  # fmt: skip
    arrays = {name: np.asarray(x.select(np.array([at])) if not isinstance(x, np.ndarray) else x[at : at + 1])
              for name, x in rows.arrays.items()}  # fmt: skip
    return Arrays(arrays, rows.source, rows.divisors, rows.names, image=rows.image)


def _source(raw: Table | LongTable | Arrays) -> str:
    if isinstance(raw, Table) and raw.origin is not None:
        return raw.origin.files[int(raw.origin.file[0])]
    return raw.source


def as_seen(path: str) -> str:
    """A path as it is seen from the current folder."""
    try:
        inside = os.path.relpath(path)
    except ValueError:  # another drive of Windows
        return path
    return path if inside.startswith("..") else inside
