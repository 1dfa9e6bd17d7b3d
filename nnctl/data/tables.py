"""CSV, TSV, JSON and Parquet files to a Table, through DuckDB."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnctl.data import csv_text
from nnctl.data.files import Files
from nnctl.data.plain_csv import read_plain
from nnctl.data.table import Array, Column, Table, listing
from nnctl.errors import DataError

if TYPE_CHECKING:
    import duckdb

NULLS = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None", "?")
_SMALL = 16 << 20  # bytes: under this, threads cost more than they bring

_NUMBERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*")
_TEXTS = re.compile(r"VARCHAR|BOOLEAN|UUID|ENUM.*")
_DATES = re.compile(r"DATE|TIMESTAMP.*")


def read_table(files: Files, query: str | None = None, absent: Sequence[str] = (),
               words: Sequence[str] = ()) -> Table:  # fmt: skip
    """The files' rows, or what `query` makes of them; in the query they are the table `data`.

    absent: columns that the query may name though the files lack them (targets, when predicting); missing.
    words: columns of a CSV file that are text though they look like numbers.
    DuckDB may read these files and nothing else, write nothing and load no extension.
    Raises DataError.
    """
    if files.format == "csv" and query is None and not words and (plain := read_plain(files)) is not None:
        return plain
    import duckdb

    names = None
    if files.format == "csv":
        source, names = _csv_source(files, words)
    elif files.format == "json":
        source = f"read_json({_literals(files)}, union_by_name = true)"
    else:
        source = f"read_parquet({_literals(files)}, union_by_name = true)"
    try:
        with _connect(files) as connection:
            rows = connection.sql(f"select * from {source}")
            if names is not None:
                _check_width(files, rows.columns, names)
                rows = rows.project(", ".join(f"#{at} as {_quoted(name)}" for at, name in enumerate(names, 1)))
            if query is not None:
                rows = _run_query(connection, rows, query, absent)
            return _fetch(rows, files.name)
    except duckdb.Error as error:
        raise _explained(error, files, query) from None


def _connect(files: Files) -> duckdb.DuckDBPyConnection:
    import duckdb

    config = {
        "autoload_known_extensions": False,
        "autoinstall_known_extensions": False,
        "python_enable_replacements": False,  # a query sees `data`, not this program's variables
    }
    if files.size < _SMALL:
        config["threads"] = 1
    connection = duckdb.connect(":memory:", config=config)
    connection.execute(f"set allowed_paths = {_literals(files)}")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literals(files: Files) -> str:
    return "[" + ", ".join(_literal(os.path.abspath(path)) for path in files.paths) + "]"


def _csv_source(files: Files, words: Sequence[str]) -> tuple[str, list[str] | None]:
    """The SQL that reads the files, and their column names as written (None: several files, by name).

    words: columns, if they are there, whose type is not left to DuckDB's sniffer.
    """
    delimiter, names = csv_text.header(files.paths[0])
    for path in files.paths[1:]:
        other_delimiter, others = csv_text.header(path)
        if set(others) != set(names) or other_delimiter != delimiter:
            raise DataError(
                f"its columns ({listing(others)}) are not those of {files.paths[0]} ({listing(names)})",
                str(path),
                "give all files the same columns, or read them as data sets of their own",
            )
    nulls = ", ".join(map(_literal, NULLS))
    texts = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in dict.fromkeys(words) if name in names)
    types = f" types = {{{texts}}}," if texts else ""
    # Only the types are left to DuckDB's sniffer: guessing the dialect as well, it may take a broken
    # file for a sound one of another shape.
    source = (
        f"read_csv({_literals(files)}, delim = {_literal(delimiter)}, quote = '\"', escape = '\"', comment = '',"
        f" header = true, skip = 0,{types} nullstr = [{nulls}], null_padding = false, strict_mode = true,"
        " union_by_name = true)"
    )
    return source, names if len(files.paths) == 1 else None


def _check_width(files: Files, found: Sequence[str], names: Sequence[str]) -> None:
    if len(found) != len(names):
        [path] = files.paths
        raise csv_text.diagnose(path, csv_text.header(path)[0], len(names)) or DataError(
            f"the header has {len(names)} fields, the rows {len(found)}", str(path)
        )


def _run_query(connection, rows, query: str, absent: Sequence[str]):
    statements = connection.extract_statements(query)
    if len(statements) != 1 or statements[0].type.name != "SELECT":
        raise DataError(
            "dataset.query must be one SELECT statement over the table `data`",
            query,
            "for example: select * from data where year > 2019",
        )
    missing = [name for name in absent if name not in rows.columns]
    if missing:
        rows = rows.project("*, " + ", ".join(f"null as {_quoted(name)}" for name in missing))
    rows.create_view("data")
    return connection.sql(statements[0].query)


def _fetch(rows, source: str) -> Table:
    kinds, casts = {}, []
    for name, kind in zip(rows.columns, map(str, rows.types), strict=True):
        if _NUMBERS.fullmatch(kind):
            kinds[name], cast = "number", f"{_quoted(name)}::double"
        elif _TEXTS.fullmatch(kind):
            kinds[name], cast = "text", f"{_quoted(name)}::varchar"
        elif _DATES.fullmatch(kind):
            kinds[name], cast = "date", f"epoch_us({_quoted(name)}::timestamp)::double"
        else:
            kinds[name], cast = "nested", "null::double"
        casts.append(f"{cast} as {_quoted(name)}")
    if not casts:
        raise DataError("there are no columns", source)
    arrays = rows.project(", ".join(casts)).fetchnumpy()
    columns = {name: _column(kinds[name], array) for name, array in arrays.items()}
    count = len(next(iter(arrays.values())))
    if count == 0:
        raise DataError("there are no rows", source, "the file or the query gives column names but no rows")
    return Table(columns, count, source)


def _column(kind: str, array: Array) -> Column:
    masked = hasattr(array, "filled")  # without numpy.ma, which takes longer to import than a small file to read
    if kind == "text":
        words = array.filled(None).tolist() if masked else array.tolist()
        return Column.of_words([None if word is None or word in NULLS else word for word in words])
    if masked:
        array = array.astype(np.float64).filled(np.nan)
    return Column(kind, np.asarray(array, dtype=np.float64))


_LINE = re.compile(r"CSV Error on Line: (\d+)")
_VALUE = re.compile(r'Error when converting column "(.*?)"\. Could not convert string "(.*?)" to')


def _explained(error: duckdb.Error, files: Files, query: str | None) -> DataError:
    """What DuckDB says, as file, row, column and mend."""
    text = str(error)
    line, value = _LINE.search(text), _VALUE.search(text)
    if value:
        place = f"row {int(line[1]) - 1} (line {line[1]})" if line else "a row"
        return DataError(
            f'{place} holds "{value[2]}" in a column of numbers or dates',
            f'{files.name}: column "{value[1]}"',
            "mend the value, or leave the field empty and say what fills it: `missing: median`",
        )
    first = text.split("\n")[0].removeprefix("Invalid Input Error: ").removeprefix("IO Error: ")
    if query is not None and not any(sign in text for sign in ("CSV", "JSON", "Parquet")):
        return DataError(f"the query fails: {first}", query, "the files are the table `data`")
    if files.format == "csv":
        for path in files.paths:
            delimiter, names = csv_text.header(path)
            if found := csv_text.diagnose(path, delimiter, len(names)):
                return found
    return DataError(f"cannot be read as {files.format}: {first}", files.name, _MENDS.get(files.format))


_MENDS = {
    "json": "write a list of records, [{...}, {...}], or one record a line",
    "parquet": "check that the file is complete and is Parquet",
    "csv": "write a line of column names, then rows of as many fields",
}
