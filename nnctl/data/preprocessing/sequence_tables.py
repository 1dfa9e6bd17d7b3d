"""Tables with one row per time step: the rows with the same id form a sequence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from nnctl.counted import counted
from nnctl.data.columns.ordering import rank
from nnctl.data.config import DatasetSpec
from nnctl.data.preprocessing.column_reading import refuse_unread
from nnctl.data.row_origin import located
from nnctl.data.table import Array, Column, Table
from nnctl.errors import DataError
from nnctl.quoting import yaml_map


@dataclass(frozen=True)
class LongTable:
    """A table of time steps, grouped into sequences.

    table: one row per time step, as read. sequences: one row per sequence, with the columns that have one value in it.
    order: (steps,) row numbers of `table`, sequence after sequence, each in the order of its steps.
    starts: (sequences + 1,) where each sequence begins in `order`. names: (sequences,) the ids.
    """

    table: Table
    sequences: Table
    order: Array
    starts: Array
    names: Array

    @property
    def source(self) -> str:
        return self.table.source

    @property
    def lengths(self) -> Array:
        """(sequences,) the number of time steps of each."""
        lengths: Array = np.diff(self.starts)
        return lengths

    def steps_of(self, sequences: Array) -> Array:
        """Row numbers of all steps of some sequences."""
        wanted = np.zeros(len(self.names), dtype=bool)
        wanted[sequences] = True
        steps: Array = np.sort(self.order[np.repeat(wanted, self.lengths)])
        return steps

    def take(self, sequences: Array) -> LongTable:
        """Some of the sequences, in the order given."""
        lengths = self.lengths[sequences]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        step = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        order = self.order[np.repeat(self.starts[sequences], lengths) + step]
        return LongTable(self.table.take(order), self.sequences.take(sequences), np.arange(len(order)), starts,
                         self.names[sequences])  # fmt: skip

    def pack(self, values: Array, steps: int) -> Array:
        """(sequences, steps, ...) from (rows of the table, ...): the first `steps` steps, padded with zeros."""
        out = np.zeros((len(self.names), steps, *values.shape[1:]), dtype=values.dtype)
        number = np.repeat(np.arange(len(self.names)), self.lengths)
        step = np.arange(len(self.order)) - self.starts[number]
        kept = step < steps
        out[number[kept], step[kept]] = values[self.order[kept]]
        return out

    def real_lengths(self, steps: int, cuts: bool, notes: list[str]) -> Array:
        """(sequences,) how many steps `pack` keeps. Raises DataError if it would truncate and `cuts` is False."""
        beyond = self.lengths > steps
        if beyond.any() and not cuts:
            first = int(np.flatnonzero(beyond)[0])
            raise DataError(
                f'{_counted(beyond)} too long: "{self.names[first]}" has {self.lengths[first]} time steps,'
                f" but the model takes {steps}",
                self.source,
                f"truncate them, or train with `sequence: {{length: {self.lengths.max()}}}`",
            )
        if beyond.any():
            notes.append(f"{_counted(beyond)} truncated to the first {steps} time steps, as configured")
        kept: Array = np.minimum(self.lengths, steps)
        return kept


def _counted(marked: Array) -> str:
    """`1 sequence is`, `3 sequences are`."""
    count = np.count_nonzero(marked)
    return "1 sequence is" if count == 1 else f"{count} sequences are"


def fold(dataset: DatasetSpec, table: Table, targets: Iterable[str],
         fixed: Mapping[str, Array]) -> tuple[LongTable, dict[str, Array]]:  # fmt: skip
    """The table as sequences, in the order in which their ids first appear, and the sequences of the splits with files
    of their own, where an id means another sequence than in other files.

    targets: columns to predict. Raises DataError, with row and column, for a missing id or order, a repeated step,
    and a value that differs within a sequence although it must not.
    """
    spec = dataset.sequence
    assert spec is not None  # the rows are time steps
    table.require([spec.id, *([spec.order] if spec.order else [])], "dataset.sequence")
    ids = _whole(table, spec.id).as_text()
    part = np.zeros(table.rows, dtype=np.int64)
    for at, rows in enumerate(fixed.values(), 1):
        part[rows] = at
    _, first, group = np.unique(part * len(ids.words) + ids.values, return_index=True, return_inverse=True)
    number = np.argsort(np.argsort(first))[group]  # of the sequence of each row, by first appearance
    place: Array = np.arange(table.rows)
    if spec.order:
        place = rank(_whole(table, spec.order), table.where(spec.order),
                     "number the steps, or remove `order` if the rows are already in order")  # fmt: skip
    order = np.lexsort((place, number))
    starts = np.flatnonzero(np.diff(number[order], prepend=-1, append=len(first)))
    if spec.order:
        _refuse_twice(table, spec.order, ids, order, number, place)
    heads = order[starts[:-1]]
    names = np.array([ids.words[code] for code in ids.values[heads]], dtype=object)
    once = [name for name in (dataset.weight, dataset.split.column) if name and name in table.columns]
    if spec.target == "one":
        once += targets
    columns = {name: _constant(table, name, order, starts, names) for name in dict.fromkeys(once)}
    time = dataset.split.time
    if time and time in table.columns:  # a sequence counts as late as its last step
        columns[time] = table[time].take(order[starts[1:] - 1])
    sequences = Table(columns, len(heads), table.source, origin=table.whole_origin.take(heads))
    long = LongTable(table, sequences, order, starts, names)
    return long, {name: np.unique(number[rows]) for name, rows in fixed.items()}


def _whole(table: Table, name: str) -> Column:
    """The column. Raises DataError if a value is missing."""
    column = table[name]
    if column.kind == "nested":
        refuse_unread(table, [name], "which cannot be an id or an order")
    if (missing := column.missing).any():
        at = located(table.where(name), missing)
        raise DataError(
            f"the sequence or the step of {counted(missing.sum(), 'row')} is missing ({at.rows})", at.where,
            f"fill it in, or leave these rows out: `missing: {yaml_map({name: 'drop'})}`",
        )  # fmt: skip
    return column


def _refuse_twice(table: Table, name: str, ids: Column, order: Array, number: Array, place: Array) -> None:
    same = (np.diff(number[order]) == 0) & (np.diff(place[order]) == 0)
    if not same.any():
        return
    at = int(np.flatnonzero(same)[0])
    here = located(table.where(name), np.isin(np.arange(table.rows), order[[at, at + 1]]))
    raise DataError(
        f'{here.rows}: the sequence "{ids.words[ids.values[order[at]]]}" has the step'
        f" {table[name].as_text().value(int(order[at]))} twice",
        here.where,
        "remove one of them, or remove `order` if the rows are already in order",
    )


def _constant(table: Table, name: str, order: Array, starts: Array, names: Array) -> Column:
    """A column with one value per sequence. Raises DataError if the value differs within a sequence."""
    column = table[name]
    heads = order[starts[:-1]]
    sequence = np.repeat(np.arange(len(heads)), np.diff(starts))
    values, firsts = column.values[order], column.values[heads[sequence]]
    differs = (values != firsts) & ~((values != values) & (firsts != firsts))  # NaN counts as equal to NaN
    if differs.any():
        at = int(np.flatnonzero(differs)[0])
        text, here = column.as_text(), located(table.where(name), np.arange(table.rows) == order[at])
        raise DataError(
            f'{here.rows}: the sequence "{names[sequence[at]]}" has {text.value(int(order[at]))!r} here, and'
            f" {text.value(int(heads[sequence[at]]))!r} in row {table.whole_origin.number[heads[sequence[at]]]}",
            here.where,
            "give all steps of a sequence the same value; for a label at each step, write `sequence: {target: each}`",
        )
    return column.take(heads)
