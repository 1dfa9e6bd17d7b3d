"""Predictions as files: CSV, TSV, JSON, JSON lines, Parquet, npz."""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.data.temporary_files import writing
from nnctl.reports.json_output import dumps

Columns = Mapping[str, np.ndarray]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs a cell that begins with one of these as a formula


_ROWS = 1 << 16  # that are written together


def pieces(columns: Columns, form: str, kept: Collection[str] = ()) -> Iterator[bytes]:
    """The content of a file in that format, one of FORMATS, piece by piece where the format allows it. kept: columns
    copied from the input as text; if a format distinguishes numbers from text, their numbers become numbers."""
    if form not in ("csv", "tsv"):
        columns = {name: _numbers(column) if name in kept else column for name, column in columns.items()}
    return FORMATS[form](columns)


def _some_rows(columns: Columns) -> Iterator[Columns]:
    """The columns, some rows at a time."""
    count = len(next(iter(columns.values()), ()))
    for first in range(0, count, _ROWS):
        yield {name: column[first : first + _ROWS] for name, column in columns.items()}


def _numbers(column: np.ndarray) -> np.ndarray:
    """The column as numbers if every text in it is a plain number or missing, otherwise unchanged."""
    if column.dtype != object:
        return column
    words = column.tolist()
    if not all(word is None or (isinstance(word, str) and _PLAIN.fullmatch(word)) for word in words):
        return column
    read = float if any("." in word for word in words if word) else int
    if None not in words:
        return np.array([read(word) for word in words])
    return np.array([None if word is None else read(word) for word in words], dtype=object)


_PLAIN = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?")  # 007 is not 7, and longer numbers lose digits as float64


def _shortest(column: np.ndarray) -> np.ndarray:
    """float32 values as the shortest decimal that gives the same float32: 0.1, not 0.10000000149011612."""
    return column.astype(str).astype(np.float64) if column.dtype == np.float32 else column


def _rows(columns: Columns) -> Iterator[tuple[Any, ...]]:
    return zip(*(_shortest(column).tolist() for column in columns.values()), strict=True)


def _delimited(delimiter: str) -> Callable[[Columns], Iterator[bytes]]:
    def lines(rows: Iterable[Iterable[Any]]) -> bytes:
        file = io.StringIO(newline="")
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(
            [_cell(cell) for cell in row] for row in rows
        )
        return file.getvalue().encode()

    def write(columns: Columns) -> Iterator[bytes]:
        yield lines([columns])
        for some in _some_rows(columns):
            yield lines(_rows(some))

    return write


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers are unchanged, NaN is empty."""
    if isinstance(value, float) and value != value:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA) and not _PLAIN.fullmatch(value):
        return f"'{value}"
    return value


def _json(columns: Columns) -> Iterator[bytes]:
    yield (dumps([dict(zip(columns, row, strict=True)) for row in _rows(columns)], indent=1) + "\n").encode()


def _json_lines(columns: Columns) -> Iterator[bytes]:
    for some in _some_rows(columns):
        records = (dict(zip(columns, row, strict=True)) for row in _rows(some))
        yield "".join(dumps(record, indent=None) + "\n" for record in records).encode()


def _npz(columns: Columns) -> Iterator[bytes]:
    # not np.savez, because a column may have the name of one of its arguments, such as "file"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, column in columns.items():
            array = column
            if column.dtype == object:  # as an array of text, since an array of objects would be pickled
                array = np.where(np.equal(column, np.array(None)), "", column).astype(str)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)
    yield file.getvalue()


def _parquet(columns: Columns) -> Iterator[bytes]:
    import duckdb  # imported here to keep start-up fast

    types = ", ".join(f"{_quoted(name)}: {_text(_sql_type(column))}" for name, column in columns.items())
    with tempfile.TemporaryDirectory() as folder:
        # through JSON lines, because DuckDB takes arrays only from pandas or pyarrow
        lines, file = Path(folder) / "rows.jsonl", Path(folder) / "rows.parquet"
        with writing("a temporary file for Parquet"):
            with lines.open("wb") as written:
                written.writelines(_json_lines(columns))
            with duckdb.connect() as connection:
                try:
                    connection.execute(
                        f"copy (select * from read_json({_text(str(lines))}, format='newline_delimited',"
                        f" columns={{{types}}})) to {_text(str(file))} (format parquet)"
                    )
                except duckdb.IOException as error:
                    raise OSError(str(error)) from None
        yield file.read_bytes()


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


FORMATS: dict[str, Callable[[Columns], Iterator[bytes]]] = {
    "csv": _delimited(","),
    "tsv": _delimited("\t"),
    "json": _json,
    "jsonl": _json_lines,
    "parquet": _parquet,
    "npz": _npz,
}
