"""The columns of the input that `predict --keep` copies to its output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnctl.data.columns.column_format import Rules
from nnctl.data.named_arrays import Arrays
from nnctl.data.prediction_rows import Given
from nnctl.data.preprocessing.sequence_tables import LongTable
from nnctl.data.readers.paths import Files, find_files
from nnctl.data.readers.read import read_table
from nnctl.data.readers.text_files import are_texts
from nnctl.data.table import Array, Column, Table, listing
from nnctl.errors import InputError
from nnctl.similar_names import alike

ALL = "all"


def kept_columns(given: Given, source: str | Path, names: Sequence[str], notes: list[str],
                 encoding: str | None = None) -> dict[str, Array]:  # fmt: skip
    """The named columns of the input, (rows of `given`,) each; for ("all",), all that have one value per row.

    Values of CSV files are kept as they are written (str, None if empty), so that 01046 stays 01046; those of other
    files are int, float or str. encoding: of CSV files. Raises InputError for a name that is not a column, and for a
    column that does not have one value per row.
    """
    if isinstance(given.rows, LongTable):
        return _of_sequences(given.rows, names, notes)
    if isinstance(given.rows, Arrays):
        return _of_arrays(given.rows, names)
    columns = _of_table(given.rows, given.numbers, source, names, encoding)
    nested = [name for name, column in columns.items() if column.kind == "nested"]
    if nested and ALL not in names:
        raise InputError(
            f"--keep {listing(nested)}: the column holds lists or structs, not one value per row",
            given.rows.source,
            "choose columns of numbers, words or dates",
        )
    if nested:
        notes.append(f"columns of lists or structs are not kept: {listing(nested, 20)}")
    return {name: values(column) for name, column in columns.items() if name not in nested}


def _of_table(table: Table, numbers: Array | None, source: str | Path, names: Sequence[str],
              encoding: str | None) -> dict[str, Column]:  # fmt: skip
    if numbers is None or are_texts(table):  # the query makes new rows; texts have no other columns
        return {name: table[name] for name in _chosen(names, list(table.columns), table.source)}
    files = find_files((str(source),))
    whole = read_table(files, Rules(words=frozenset(_titles(files, encoding)), missing=()), encoding=encoding)
    made = [name for name in table.columns if name not in whole.columns and name not in table.formats]  # by the query
    chosen = list(whole.columns) if ALL in names else _chosen(names, [*whole.columns, *made], table.source)
    return {name: whole[name].take(numbers - 1) if name in whole.columns else table[name] for name in chosen}


def _titles(files: Files, encoding: str | None) -> tuple[str, ...]:
    """The columns of CSV files, to be read as words; none for other files, which have types of their own."""
    if files.format != "csv":
        return ()
    from nnctl.data.readers.csv.dialect import dialect  # imported here to keep start-up fast

    return dialect(files.paths[0], encoding).names


def values(column: Column) -> Array:
    """(rows,) the values of a column: int64, float64, or objects (str or int, None if missing); dates in ISO format."""
    missing = column.missing
    if column.kind == "text":
        texts: Array = np.array([*column.words, None], dtype=object)[column.values]
        return texts
    if column.kind == "nested":
        return np.full(len(missing), None, dtype=object)
    if column.kind == "date":
        day = 86_400_000_000
        whole_days = not (column.values[~missing] % day).any()
        dates = np.where(missing, 0, column.values).astype("datetime64[us]")
        texts = np.datetime_as_string(dates, unit="D" if whole_days else "auto").astype(object)
        texts[missing] = None
        return texts
    present = column.values[~missing]
    if not (np.abs(present) < 2**53).all() or (present != np.floor(present)).any():
        return column.values
    if not missing.any():
        return column.values.astype(np.int64)
    return np.array([None if gone else int(x) for gone, x in zip(missing, column.values, strict=True)], dtype=object)


def _chosen(names: Sequence[str], known: Sequence[str], source: str) -> list[str]:
    """The names, without repeats. Raises InputError for an unknown one, with the most similar known name."""
    if ALL in names:
        return list(known)
    for name in names:
        if name not in known:
            near = alike(name, known)
            mean = f"did you mean {near[0]}? " if near else ""
            raise InputError(f'--keep names "{name}", which is not in the input', source,
                             f"{mean}columns: {listing(known, 20)}")  # fmt: skip
    return list(dict.fromkeys(names))


def _of_sequences(rows: LongTable, names: Sequence[str], notes: list[str]) -> dict[str, Array]:
    """Columns with one value in all steps of each sequence."""
    heads, differing, out = rows.order[rows.starts[:-1]], [], {}
    for name in _chosen(names, list(rows.table.columns), rows.source):
        column = rows.table[name]
        steps = column.values[rows.order]
        first = np.repeat(column.values[heads], rows.lengths)
        if ((steps != first) & ~((steps != steps) & (first != first))).any():
            differing.append(name)
        else:
            out[name] = values(column.take(heads))
    if differing and ALL not in names:
        raise InputError(
            f"--keep {listing(differing)}: its values differ within a sequence, but a sequence has one prediction",
            rows.source,
            "--keep all keeps the columns that have one value in each sequence",
        )
    if differing:
        notes.append(f"columns that differ within a sequence are not kept: {listing(differing, 20)}")
    return out


def _of_arrays(rows: Arrays, names: Sequence[str]) -> dict[str, Array]:
    """Arrays with one value per row."""
    single = [name for name, array in rows.arrays.items() if array.size == len(array)]
    for name in names:
        if name in rows.arrays and name not in single:
            raise InputError(f'--keep {name}: the array has the shape {rows[name].shape}, not one value per row',
                             rows.source, f"arrays that can be kept: {listing(single, 20) or 'none'}")  # fmt: skip
    return {name: np.asarray(rows[name]).reshape(-1) for name in _chosen(names, single, rows.source)}
