"""Predictions as files: CSV, TSV, JSON, JSON lines, Parquet, npz."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def written(columns: Mapping[str, np.ndarray], form: str) -> bytes:
    """The columns in that format."""
    if form in ("csv", "tsv"):
        return _delimited(columns, "," if form == "csv" else "\t")
    if form in ("json", "jsonl"):
        records = [dict(zip(columns, row, strict=True)) for row in _rows(columns)]
        if form == "json":
            return (json.dumps(records, ensure_ascii=False, indent=1) + "\n").encode()
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
    if form == "npz":
        file = io.BytesIO()
        # text as text: an array of objects would be pickled
        np.savez_compressed(file, **{name: _plain(column) for name, column in columns.items()})
        return file.getvalue()
    return _parquet(columns)


def _plain(column: np.ndarray) -> np.ndarray:
    return column.astype(str) if column.dtype == object else column


def _rows(columns: Mapping[str, np.ndarray]):
    return zip(*(column.tolist() for column in columns.values()), strict=True)


def _delimited(columns: Mapping[str, np.ndarray], delimiter: str) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerow([_cell(name) for name in columns])
    kinds = [column.dtype for column in columns.values()]
    for row in _rows(columns):
        writer.writerow([_number(cell, kind) if isinstance(cell, float) else _cell(cell)
                         for cell, kind in zip(row, kinds, strict=True)])  # fmt: skip
    return file.getvalue().encode()


def _number(value: float, kind: np.dtype) -> str:
    """As few digits as tell the number from its neighbours in its own precision."""
    return str(kind.type(value)) if kind.kind == "f" else repr(value)


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _parquet(columns: Mapping[str, np.ndarray]) -> bytes:
    import duckdb

    connection = duckdb.connect()
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in columns}
    names = ", ".join(quoted.values())
    types = ", ".join(f"{quoted[name]} {_sql_type(column)}" for name, column in columns.items())
    with tempfile.TemporaryDirectory() as folder:
        # by way of JSON lines: DuckDB takes no dict of arrays without pandas or pyarrow
        lines, file = Path(folder) / "rows.jsonl", Path(folder) / "rows.parquet"
        lines.write_bytes(written(columns, "jsonl"))
        connection.execute(f"create table rows ({types})")
        connection.execute(f"insert into rows select {names} from read_json('{lines}', format='newline_delimited')")
        connection.execute(f"copy rows to '{file}' (format parquet)")
        return file.read_bytes()


def _sql_type(column: np.ndarray) -> str:
    return {"f": "double", "i": "bigint", "u": "bigint", "b": "boolean"}.get(column.dtype.kind, "varchar")
