"""Rows that a program passes in place of a file: columns, arrays, data frames, records.

They have types, as JSON and Parquet files do, and their columns are read in the formats of the training files.
"""

from __future__ import annotations

import datetime
import decimal
import json
import numbers
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.data.columns.column_format import TEXT, ColumnFormat, Rules
from nnctl.data.columns.interpretation import as_category, typed
from nnctl.data.columns.number_formats import BEYOND, PLAIN
from nnctl.data.named_arrays import Arrays
from nnctl.data.table import Array, Column, Table, listing, number_word
from nnctl.data.temporary_files import writing
from nnctl.errors import DataError

if TYPE_CHECKING:
    from nnctl.data.preprocessing.fitted import Preprocessing

SOURCE = "the rows given"  # what messages call them
ACCEPTED = (
    "a NumPy array, a dict of columns, a list of dicts, a pandas or Polars data frame, an Arrow table, or a file's path"
)


def read_in_memory(rows: Any, preprocessing: Preprocessing) -> Table | Arrays:
    """The rows as a Table, for a model of table columns, or as Arrays.

    rows: a dict (or data frame) of columns by name; an array (rows, columns), whose columns are the features in the
    order of training; a list of dicts; or, for a model of arrays, its array, or a dict of its arrays.
    Raises DataError for anything else, and for columns that differ in length.
    """
    if not preprocessing.is_table:
        return _arrays(rows, preprocessing)
    columns = columns_of(rows, preprocessing.features)
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(f"the columns have different lengths: {shown}", SOURCE, "give a value for each row")
    if not lengths or not next(iter(lengths.values())):
        raise DataError("there are no rows", SOURCE)
    formats, rules = preprocessing.formats or {}, preprocessing.rules
    table = {
        name: in_format(name, column_of(name, values, rules), formats.get(name, TEXT))
        for name, values in columns.items()
        if name in formats
    }
    if not table.keys() >= set(preprocessing.features):  # for a message: one of the others may be misspelt
        table |= {name: _nested("values", len(values)) for name, values in columns.items() if name not in formats}
    return Table(table, next(iter(lengths.values())), SOURCE, formats)


@contextmanager
def as_file(rows: Any, features: Sequence[str]) -> Iterator[str]:
    """Yields the name of a temporary file with the rows, as JSON lines, for a query to read."""
    columns = {name: np.asarray(values, dtype=object).tolist() for name, values in columns_of(rows, features).items()}
    with tempfile.TemporaryDirectory(prefix="nnctl-") as folder:
        path = Path(folder) / "rows.jsonl"
        with writing("a temporary file of the rows"), path.open("w", encoding="utf-8") as file:
            for values in zip(*columns.values(), strict=True):
                row = {name: None if _is_missing(v) else v for name, v in zip(columns, values, strict=True)}
                file.write(json.dumps(row, default=str) + "\n")
        yield str(path)


def in_format(name: str, column: Column, wanted: ColumnFormat) -> Column:
    """A typed column in the format that the training files had. Raises DataError for a value that does not fit."""
    if wanted.kind in (column.kind, "other"):
        return column
    if column.kind != "nested":
        words = column.as_text()
        return as_category(words) if wanted.kind in ("category", "text") else typed(name, words, wanted, SOURCE)
    raise DataError(f"holds {column.called}, but the model was trained on {wanted.called()}",
                    f'{SOURCE}: column "{name}"')  # fmt: skip


def column_of(name: str, values: Any, rules: Rules) -> Column:
    """A column of numbers, dates, times or words, by the type of its values. None, NaN, NaT and pandas.NA are missing,
    and so are the words of `missing_values`."""
    missing = rules.missing or ()
    array = values if isinstance(values, np.ndarray) else _array(values)
    if array.ndim != 1:
        return _nested(f"arrays of shape {array.shape[1:]}", len(array))
    kind = array.dtype.kind
    if kind in "iuf":
        column = _numbers(name, array, rules)
    elif kind == "b":
        return Column.of_words(["true" if value else "false" for value in array.tolist()])
    elif kind == "M":
        return _instants(array)
    elif kind in "US":
        column = _words(array.astype(str).tolist(), missing)
    elif kind == "O":
        column = _objects(name, array.tolist(), rules)
    else:
        return _nested(f"values of type {array.dtype}", len(array))
    if column.kind == "number":  # such as -999
        for word in filter(PLAIN.fullmatch, missing):
            column.values[column.values == float(word)] = np.nan
    return column


def _array(values: Any) -> Array:
    """A list, or a column of a data frame, as an array; strings beside numbers stay what they are."""
    if isinstance(values, Sequence) and not isinstance(values, str | bytes):
        plain = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        array = np.empty(len(values), dtype=object) if not plain else np.asarray(values)
        if not plain:
            array[:] = values
        return array
    return np.asarray(values)


def _numbers(name: str, array: Array, rules: Rules) -> Column:
    whole = array.dtype.kind in "iu" and array.size > 0 and name not in rules.numbers
    if whole and max(abs(int(array.max())), abs(int(array.min()))) >= BEYOND:
        return Column.of_words([str(value) for value in array.tolist()])
    return Column("number", array.astype(np.float64))  # always a copy


def _instants(array: Array) -> Column:
    values = array.astype("datetime64[us]").astype(np.int64).astype(np.float64)
    values[np.isnat(array)] = np.nan
    return Column("date", values)


def _words(values: Sequence[str | None], missing: Sequence[str]) -> Column:
    return Column.of_words([None if word in missing else word for word in values])


def _objects(name: str, values: list[Any], rules: Rules) -> Column:
    """Python's objects: the values of one kind, or strings and numbers together, which become words."""
    present = [value for value in values if not _is_missing(value)]
    filled = [None if _is_missing(value) else value for value in values]
    if all(isinstance(value, str) for value in present):
        return _words(filled, rules.missing or ())
    if all(isinstance(value, bool | np.bool_) for value in present):
        return Column.of_words([None if value is None else str(bool(value)).lower() for value in filled])
    if all(isinstance(value, numbers.Real | decimal.Decimal) for value in present):
        whole = all(isinstance(value, numbers.Integral) for value in present)
        if whole and present and max(map(abs, present)) >= BEYOND and name not in rules.numbers:
            return Column.of_words([None if value is None else str(int(value)) for value in filled])
        return Column("number", np.array([np.nan if value is None else float(value) for value in filled]))
    if all(isinstance(value, datetime.date | np.datetime64) for value in present):
        return _instants(np.array([np.datetime64("NaT") if v is None else _instant(v) for v in filled], "M8[us]"))
    if all(isinstance(value, datetime.time) for value in present):
        return Column("time", np.array([np.nan if value is None else _microseconds(value) for value in filled]))
    if all(isinstance(value, str | numbers.Real) and not isinstance(value, bool) for value in present):
        return _words([None if v is None else v if isinstance(v, str) else _word(v) for v in filled],
                      rules.missing or ())  # fmt: skip
    kinds = sorted({type(value).__name__ for value in present})
    return _nested(f"values of the type{'s' * (len(kinds) > 1)} {listing(kinds)}", len(values))


def _is_missing(value: Any) -> bool:
    """None, NaN, NaT and pandas.NA, whose comparison with itself is not true."""
    if value is None:
        return True
    if isinstance(value, str | bytes):
        return False
    try:
        return not bool(value == value)
    except (TypeError, ValueError):  # pandas.NA; an array
        return type(value).__name__ == "NAType"


def _word(value: Any) -> str:
    return str(value) if isinstance(value, numbers.Integral) else number_word(float(value))


def _instant(value: Any) -> np.datetime64:
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(value, "us")


def _microseconds(value: datetime.time) -> float:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1e6 + value.microsecond


def _nested(called: str, count: int) -> Column:
    return Column("nested", np.full(count, np.nan), called=called)


def columns_of(rows: Any, features: Sequence[str]) -> dict[str, Any]:
    """The columns by name, each a sequence or an array."""
    if isinstance(rows, Mapping):
        alone = [name for name, value in rows.items() if isinstance(value, str | numbers.Number) or value is None]
        single = len(alone) == len(rows)
        if alone and not single:
            raise DataError(f'column "{alone[0]}" is a single value, but others have a value for each row', SOURCE,
                            "give lists, or single values for a single row")  # fmt: skip
        return {str(name): [value] if single else value for name, value in rows.items()}
    if hasattr(rows, "column_names") and hasattr(rows, "column"):  # an Arrow table
        return {str(name): rows.column(name).to_pylist() for name in rows.column_names}
    if hasattr(rows, "columns") and hasattr(rows, "__getitem__"):  # a data frame of pandas or Polars
        return {str(name): np.asarray(rows[name]) for name in rows.columns}
    if isinstance(rows, np.ndarray) and rows.dtype.names:
        return {name: rows[name] for name in rows.dtype.names}
    if isinstance(rows, Sequence) and not isinstance(rows, str) and rows and isinstance(rows[0], Mapping):
        names = dict.fromkeys(name for row in rows for name in row)
        return {str(name): [row.get(name) for row in rows] for name in names}
    if isinstance(rows, np.ndarray) or (isinstance(rows, Sequence) and not isinstance(rows, str | bytes)):
        return _unnamed(_matrix(rows), features)
    raise DataError(f"rows cannot be given as {type(rows).__name__}", SOURCE, f"give {ACCEPTED}")


def _matrix(rows: Any) -> Array:
    """(rows, columns). Lists with strings keep their numbers as numbers."""
    if isinstance(rows, np.ndarray):
        return rows
    mixed = any(isinstance(value, str) for row in rows if isinstance(row, list | tuple) for value in row)
    try:
        return np.array(rows, dtype=object if mixed else None)
    except ValueError as error:  # rows of different lengths
        raise _no_array(error) from None


def _no_array(error: ValueError) -> DataError:
    return DataError(f"the rows do not form an array: {error}", SOURCE, f"give {ACCEPTED}")


def _unnamed(array: Array, features: Sequence[str]) -> dict[str, Any]:
    if not array.size:
        raise DataError("there are no rows", SOURCE)
    if array.ndim != 2 or array.shape[1] != len(features):
        raise DataError(
            f"an array of shape {array.shape} does not hold the columns of the model", SOURCE,
            f"give (rows, {len(features)}), with the columns {listing(features, 20)} in this order; or a dict by name",
        )  # fmt: skip
    return {name: array[:, at] for at, name in enumerate(features)}


def _arrays(rows: Any, preprocessing: Preprocessing) -> Arrays:
    if isinstance(rows, Mapping):
        return Arrays({str(name): np.asarray(values) for name, values in rows.items()}, SOURCE)
    inputs = [entry.array for entry in preprocessing.array_inputs.values()]
    if len(inputs) > 1:
        raise DataError(f"the model takes {len(inputs)} arrays", SOURCE, f"give a dict with {listing(inputs)}")
    try:
        array = np.asarray(rows)
    except ValueError as error:
        raise _no_array(error) from None
    return Arrays({inputs[0]: array}, SOURCE)
