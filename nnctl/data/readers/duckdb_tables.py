"""CSV, TSV, JSON and Parquet files to a Table, with DuckDB."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnctl.data.columns.column_format import NO_RULES, NULLS, ColumnFormat, Rules
from nnctl.data.readers.column_facts import Raw, literals, quoted
from nnctl.data.readers.duckdb_columns import ColumnReader, Found, scan
from nnctl.data.readers.paths import Files
from nnctl.data.row_origin import Origin
from nnctl.data.table import Array, Table, listing
from nnctl.errors import DataError

if TYPE_CHECKING:
    import duckdb

    from nnctl.data.readers.csv.dialect import Dialect

_SMALL = 16 << 20  # bytes: below this, threads cost more time than they save
_STREAMED_MEMORY = 256 << 20  # bytes that DuckDB may use while files are streamed


def read_table(files: Files, rules: Rules = NO_RULES, *, query: str | None = None,
               formats: Mapping[str, ColumnFormat] | None = None, needed: Sequence[str] = (),
               encoding: str | None = None) -> Table:  # fmt: skip
    """The rows of the files, or the result of `query`, in which they are the table `data`.

    formats: of the columns of the files that a model was trained on, in which these are read; None: they are decided
    from all rows. In a query, columns that the training files had and these files lack are NULL. needed: the columns of
    the result that must not depend on such a column.
    encoding: of CSV files; by default UTF-8.
    DuckDB can read only these files, write nothing and load no extension.
    Raises DataError.
    """
    with _explaining(files, query, encoding), _source(files, rules, encoding) as (connection, raw):
        _refuse_alike(raw, query, files)
        found = scan(connection, raw, rules, formats, files.name, ColumnReader())
        if query is None:
            return found.table()
        from nnctl.data.readers.duckdb_query import run_query  # imported here to keep start-up fast

        return run_query(connection, raw, found, query, rules, formats or {}, needed)


def read_some_rows(files: Files, rules: Rules, formats: Mapping[str, ColumnFormat], encoding: str | None,
                   first: Sequence[str], choose: Callable[[Table], Array]) -> Table:  # fmt: skip
    """Some rows of CSV files, without deciding and converting the values of all the others.

    first: the columns that `choose` is given of all rows, to choose the numbers of the rows wanted, from 0, ascending.
    formats, encoding: as in `read_table`. Raises DataError.
    """
    with _explaining(files, None, encoding), _source(files, rules, encoding) as (connection, raw):
        connection.execute("alter table raw rename to whole")
        places = [raw.names.index(name) + 1 for name in first]
        columns = ", ".join(f"v{place} as v{at}" for at, place in enumerate(places, 1))
        connection.execute(f"create temp view raw as select {columns} from whole")
        some = replace(raw, names=tuple(first), types=("VARCHAR",) * len(first))
        looked_at = scan(connection, some, rules, formats, files.name, ColumnReader()).table()
        rows = choose(looked_at)
        connection.execute("drop view raw")
        connection.register("chosen", {"number": rows.astype("int64")})
        connection.execute(
            "create temp table raw as select whole.* from whole join chosen on whole.rowid = number order by number"
        )
        table = scan(connection, raw, rules, formats, files.name, ColumnReader()).table()
        return replace(table, origin=looked_at.whole_origin.take(rows))


@contextmanager
def streamed(files: Files, rules: Rules, formats: Mapping[str, ColumnFormat] | None, encoding: str | None,
             reader: ColumnReader, temporary: Path) -> Iterator[Found]:  # fmt: skip
    """The columns of the files, for `reader` to fetch within the `with`. See `read_table`, but the files are read anew
    by each query, in little memory. temporary: a folder for what DuckDB has no memory for."""
    with _explaining(files, None, encoding), _source(files, rules, encoding, temporary) as (connection, raw):
        yield scan(connection, raw, rules, formats, files.name, reader)


@contextmanager
def _explaining(files: Files, query: str | None, encoding: str | None) -> Iterator[None]:
    """Raises DuckDB's errors as DataError, and a Ctrl-C during a query as KeyboardInterrupt."""
    import duckdb  # imported here to keep start-up fast

    try:
        yield
    except duckdb.Error as error:
        raise _explained(error, files, query, encoding) from None
    except RuntimeError as error:
        if "interrupted" in str(error):
            raise KeyboardInterrupt from None
        raise


@contextmanager
def _source(files: Files, rules: Rules, encoding: str | None,
            temporary: Path | None = None) -> Iterator[tuple[duckdb.DuckDBPyConnection, Raw]]:  # fmt: skip
    """A connection with the table `raw` of the files. temporary: as in `streamed`; None: `raw` is in memory."""
    with ExitStack() as opened:
        if files.format != "csv":
            paths = [os.path.abspath(path) for path in files.paths]
            connection = opened.enter_context(_connect(files, paths, temporary))
            yield connection, _native(connection, files, rules)
            return
        from nnctl.data.readers.csv.duckdb_source import readable  # imported here to keep start-up fast

        dialects = _dialects(files, encoding)
        names = dialects[0].names
        sources = [opened.enter_context(readable(path, how))
                   for path, how in zip(files.paths, dialects, strict=True)]  # fmt: skip
        paths = [os.path.abspath(source.path) for source in sources]
        connection = opened.enter_context(_connect(files, paths, temporary))
        selects: list[str] = []
        counts: list[int] = []
        for source, how in zip(sources, dialects, strict=True):
            places = {name: at for at, name in enumerate(how.names, 1)}
            columns = ", ".join(f"c{places[name]} as v{at}" for at, name in enumerate(names, 1))
            selects.append(f"select {columns} from {source.sql}")
        if temporary:
            connection.execute(f"create temp view raw as {' union all '.join(selects)}")
            counts = [connection.execute(f"select count(*) from ({select})").fetchall()[0][0]
                      for select in selects if len(selects) > 1]  # fmt: skip
        for at, select in enumerate(() if temporary else selects):
            connection.execute(f"insert into raw {select}" if at else f"create temp table raw as {select}")
            counts.append(connection.execute("select count(*) from raw").fetchall()[0][0] - sum(counts))
        notes = tuple(dict.fromkeys(note for how in dialects for note in how.notes))
        missing = NULLS if rules.missing is None else ("", *rules.missing)
        yield connection, Raw(names, ("VARCHAR",) * len(names), missing, dialects[0].delimiter, notes,
                         origin=_origin(files, counts), reread=temporary is not None)  # fmt: skip


def _origin(files: Files, counts: Sequence[int]) -> Origin | None:
    """Which of several files each row came from. counts: the rows of each file."""
    return Origin.of(zip(map(str, files.paths), counts, strict=True)) if len(files.paths) > 1 else None


def _connect(files: Files, paths: Sequence[str], temporary: Path | None = None) -> duckdb.DuckDBPyConnection:
    import duckdb  # imported here to keep start-up fast

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoload_known_extensions": False,
        "autoinstall_known_extensions": False,
        "python_enable_replacements": False,  # so that a query does not see variables of this program
    }
    if files.size < _SMALL:
        config["threads"] = 1
    if temporary:
        config |= {"memory_limit": f"{_STREAMED_MEMORY}B", "temp_directory": os.path.abspath(temporary)}
    connection = duckdb.connect(":memory:", config=config)
    connection.execute(f"set allowed_paths = {_literals(paths)}")
    connection.execute("set enable_external_access = false")
    # DuckDB makes a join of `in` with many words, which does not keep the order of the rows with several threads
    connection.execute("set disabled_optimizers = 'in_clause'")
    if not temporary:  # then there is no query of the user, and the number of threads changes
        connection.execute("set lock_configuration = true")
    return connection


def _literals(paths: Sequence[str]) -> str:
    return f"[{literals(paths)}]"


def _dialects(files: Files, encoding: str | None) -> list[Dialect]:
    """The dialect of each file. Raises DataError if the files do not have the same columns."""
    from nnctl.data.readers.csv.dialect import dialect  # imported here to keep start-up fast

    dialects = [dialect(path, encoding) for path in files.paths]
    first = dialects[0]
    for path, other in zip(files.paths[1:], dialects[1:], strict=True):
        if set(other.names) != set(first.names):
            raise DataError(
                f"its columns ({listing(other.names)}) differ from those of {files.paths[0]} ({listing(first.names)})",
                str(path),
                "give all files the same columns, or use them as separate data sets",
            )
    return dialects


def _native(connection: duckdb.DuckDBPyConnection, files: Files, rules: Rules) -> Raw:
    """JSON and Parquet files: they have types and null, so that words are missing values only if the config says so."""
    paths = _literals([os.path.abspath(path) for path in files.paths])
    if files.format == "parquet":
        source = f"read_parquet({paths}, union_by_name = true)"
        rows = connection.sql(f"select * from {source}")
    else:
        source = f"read_json({paths}, union_by_name = true, sample_size = -1)"
        rows = connection.sql(f"select * from {source}")
        written = {name: "VARCHAR" if _IN_TEXT.fullmatch(str(kind)) else str(kind)
                   for name, kind in zip(rows.columns, rows.types, strict=True)}  # fmt: skip
        if _names_as_written(connection, files, paths, rows.columns) != tuple(rows.columns):
            # `columns` does not accept names that differ only by case; with these formats, no string is a date
            source = source.removesuffix(")") + ", dateformat = 'x', timestampformat = 'x')"
            rows = connection.sql(f"select * from {source}")
        elif list(written.values()) != [str(kind) for kind in rows.types]:  # dates and times are strings in JSON
            columns = ", ".join(f"{quoted(name)}: '{kind}'" for name, kind in written.items())
            source = f"read_json({paths}, union_by_name = true, columns = {{{columns}}})"
            rows = connection.sql(f"select * from {source}")
    if not rows.columns:
        raise DataError("there are no columns", files.name)
    names, types = tuple(rows.columns), tuple(map(str, rows.types))
    columns = ", ".join(f"{quoted(name)} as v{at}" for at, name in enumerate(names, 1))
    kind = "view" if files.format == "parquet" else "table"
    connection.execute(f"create temp {kind} raw as select {columns} from {source}")
    names = _names_as_written(connection, files, paths, names)
    counts = [connection.execute(f"select count(*) from {_COUNTED[files.format]}({_literals([path])})").fetchall()[0][0]
              for path in map(os.path.abspath, files.paths if len(files.paths) > 1 else ())]  # fmt: skip
    return Raw(names, types, rules.missing or (), ",", (), typed=True, origin=_origin(files, counts))


def _names_as_written(connection: duckdb.DuckDBPyConnection, files: Files, paths: str,
                      names: Sequence[str]) -> tuple[str, ...]:  # fmt: skip
    """The names as in the files: if two differ only by case, DuckDB renames the second to a_1."""
    lower = {name.lower() for name in names}
    found = ((name, re.fullmatch(r"(.+)_\d+", name)) for name in names)
    renamed = {name: match[1] for name, match in found if match and match[1].lower() in lower}
    if not renamed:
        return tuple(names)
    keys_sql = (
        f"select name from parquet_schema({paths})" if files.format == "parquet"
        else f"select distinct unnest(json_keys(json)) from read_json_objects({paths})"
    )  # fmt: skip
    keys = {name for (name,) in connection.execute(keys_sql).fetchall()}
    return tuple(renamed[name] if name not in keys and renamed.get(name) in keys else name for name in names)


_COUNTED = {"parquet": "read_parquet", "json": "read_json_objects"}
_IN_TEXT = re.compile(r"DATE|TIME|TIMESTAMP.*|TIME WITH.*|UUID")


def _refuse_alike(raw: Raw, query: str | None, files: Files) -> None:
    """Raises DataError for a query over columns that differ only by case, which are the same in SQL."""
    lower = [name.lower() for name in raw.names]
    if query is not None and len(set(lower)) < len(lower):
        twice = next(name for name in lower if lower.count(name) > 1)
        raise DataError(
            f"the columns {listing(name for name in raw.names if name.lower() == twice)} differ only by case, which"
            " SQL does not distinguish",
            files.name,
            "rename one of them in the file, or remove `query`",
        )


def _explained(error: duckdb.Error, files: Files, query: str | None, encoding: str | None) -> DataError:
    """An error of DuckDB as a DataError with file, row, column and hint."""
    text = str(error)
    first = re.sub(r"^[A-Z][A-Za-z ]*Error: ", "", text.split("\n")[0])
    if query is not None and not any(sign in text for sign in ("CSV", "JSON", "Parquet")):
        return DataError(f"the query fails: {first}", " ".join(query.split()), "the files are the table `data`")
    if files.format == "csv":
        from nnctl.data.readers.csv.diagnosis import diagnose  # imported here to keep start-up fast
        from nnctl.data.readers.csv.dialect import dialect

        for path in files.paths:
            if found := diagnose(path, dialect(path, encoding)):
                return found
    return DataError(f"cannot be read as {files.format}: {first}", files.name, _HINTS.get(files.format))


_HINTS = {
    "json": "write a list of records, [{...}, {...}], or one record per line",
    "parquet": "check that the file is complete and is Parquet",
    "csv": "write a line of column names, then rows with the same number of fields",
}
