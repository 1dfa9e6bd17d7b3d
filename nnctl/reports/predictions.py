"""Predictions as files: CSV, TSV, JSON, JSON lines, Parquet, npz."""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.reports.json_output import dumps

Columns = Mapping[str, np.ndarray]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet run a cell instead of showing it


def written(columns: Columns, form: str, kept: Collection[str] = ()) -> bytes:
    """The columns as a file of that format, one of FORMATS. kept: columns of words as the input has them, whose numbers
    are numbers in a format that tells numbers from words."""
    if form not in ("csv", "tsv"):
        columns = {name: _numbers(column) if name in kept else column for name, column in columns.items()}
    return FORMATS[form](columns)


def _numbers(column: np.ndarray) -> np.ndarray:
    """Words that are all plain numbers, or missing, as these; others as they are."""
    if column.dtype != object:
        return column
    words = column.tolist()
    if not all(word is None or isinstance(word, str) and _PLAIN.fullmatch(word) for word in words):
        return column
    read = float if any("." in word for word in words if word) else int
    if None not in words:
        return np.array([read(word) for word in words])
    return np.array([None if word is None else read(word) for word in words], dtype=object)


_PLAIN = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?")  # 007 is no 7, and longer ones lose digits as float64


def _shortest(column: np.ndarray) -> np.ndarray:
    """float32 as the shortest decimal that gives the same float32: 0.1, not 0.10000000149011612."""
    return column.astype(str).astype(np.float64) if column.dtype == np.float32 else column


def _rows(columns: Columns) -> Iterator[tuple[Any, ...]]:
    return zip(*(_shortest(column).tolist() for column in columns.values()), strict=True)


def _delimited(delimiter: str) -> Callable[[Columns], bytes]:
    def write(columns: Columns) -> bytes:
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow([_cell(name) for name in columns])
        writer.writerows([_cell(cell) for cell in row] for row in _rows(columns))
        return file.getvalue().encode()

    return write


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay, NaN is empty."""
    if isinstance(value, float) and value != value:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA) and not _PLAIN.fullmatch(value):
        return f"'{value}"
    return value


def _json(columns: Columns) -> bytes:
    return (dumps([dict(zip(columns, row, strict=True)) for row in _rows(columns)], indent=1) + "\n").encode()


def _json_lines(columns: Columns) -> bytes:
    records = (dict(zip(columns, row, strict=True)) for row in _rows(columns))
    return "".join(dumps(record, indent=None) + "\n" for record in records).encode()


def _npz(columns: Columns) -> bytes:
    # not np.savez: its own arguments are names that a column may have, such as "file"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, column in columns.items():
            # text as text: an array of objects would be pickled
            array = column
            if column.dtype == object:
                array = np.where(np.equal(column, None), "", column).astype(str)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)
    return file.getvalue()


def _parquet(columns: Columns) -> bytes:
    import duckdb

    types = ", ".join(f"{_quoted(name)}: {_text(_sql_type(column))}" for name, column in columns.items())
    with tempfile.TemporaryDirectory() as folder:
        # by way of JSON lines: DuckDB takes no arrays without pandas or pyarrow
        lines, file = Path(folder) / "rows.jsonl", Path(folder) / "rows.parquet"
        lines.write_bytes(_json_lines(columns))
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select * from read_json({_text(str(lines))}, format='newline_delimited', columns={{{types}}})) "
                f"to {_text(str(file))} (format parquet)"
            )
        return file.read_bytes()


def _sql_type(column: np.ndarray) -> str:
    if column.dtype == object and (present := {type(value) for value in column.tolist()} - {type(None)}):
        return {frozenset({int}): "bigint", frozenset({float}): "double"}.get(frozenset(present), "varchar")
    kinds = {"f": "double", "i": "bigint", "u": "bigint", "b": "boolean"}
    kind = "real" if column.dtype == np.float32 else kinds.get(column.dtype.kind, "varchar")
    return kind + "[]" * (column.ndim - 1)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


FORMATS: dict[str, Callable[[Columns], bytes]] = {
    "csv": _delimited(","),
    "tsv": _delimited("\t"),
    "json": _json,
    "jsonl": _json_lines,
    "parquet": _parquet,
    "npz": _npz,
}
