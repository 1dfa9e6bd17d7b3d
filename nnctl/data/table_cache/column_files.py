"""Columns as files: written while DuckDB streams them, mapped into memory when they are read."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.counted import counted
from nnctl.data.columns.column_format import NO_RULES, TEXT, ColumnFormat
from nnctl.data.columns.interpretation import decide
from nnctl.data.readers.arrow_stream import pieces
from nnctl.data.readers.duckdb_columns import ColumnReader, sql_of
from nnctl.data.table import Column, Kind
from nnctl.data.table_cache.mapped_file import MappedFile
from nnctl.errors import DataError
from nnctl.progress import Progress
from nnctl.quoting import yaml_list

if TYPE_CHECKING:
    import duckdb

Array = np.ndarray
_TOGETHER = 64  # columns that are read in one pass over the files, for which DuckDB has enough memory
_OTHER_FILES = 200  # that a run has open besides those of the columns
MOST_WORDS = 1_000_000  # distinct words of a column: each takes about 100 bytes of memory


class ColumnFiles(ColumnReader):
    """Reads columns as `ColumnReader` does, but into files of a folder, which the columns are then mapped from.

    source: what messages call the files. ignored: columns whose words are left out if there are too many.
    """

    def __init__(self, folder: Path, source: str, ignored: Collection[str] = ()):
        self.folder, self.source, self.ignored = folder, source, ignored
        self._count = 0
        self._paths: dict[int, Path] = {}  # of the mapped columns, by address

    def fetch(self, connection: duckdb.DuckDBPyConnection, table: str,
              wanted: Mapping[str, tuple[ColumnFormat, str]]) -> dict[str, Column]:  # fmt: skip
        found: dict[str, Column] = {}
        names = list(wanted)
        for first in range(0, len(names), _TOGETHER):
            found |= self._fetch(connection, table, {name: wanted[name] for name in names[first : first + _TOGETHER]})
        return found

    def _fetch(self, connection: duckdb.DuckDBPyConnection, table: str,
               wanted: Mapping[str, tuple[ColumnFormat, str]]) -> dict[str, Column]:  # fmt: skip
        connection.execute("set threads = 1")  # several would deliver the pieces in any order
        words: dict[str, tuple[str, ...]] = {}
        parts: list[str] = []
        dtypes: list[np.dtype[Any]] = []
        for at, (name, (kind, sql)) in enumerate(wanted.items(), 1):
            sql = sql_of(kind, sql)
            if kind.kind in ("text", "category"):
                words[name] = self._words(connection, table, name, sql)
                parts.append(f"{self._code_sql(connection, sql, words[name])} as r{at}")
                dtypes.append(np.dtype(np.int32))
            else:
                parts.append(f"coalesce({sql}, 'nan'::double) as r{at}")
                dtypes.append(np.dtype(np.float64))
        names = [self._new_name() for _ in wanted]
        allow_files(2 * len(names), self.source)  # those that are written, and those that are mapped
        with ExitStack() as opened:
            files = [opened.enter_context((self.folder / name).open("wb")) for name in names]
            progress, rows = Progress(f"reading {self.source}"), 0
            for arrays in pieces(connection.sql(f"select {', '.join(parts)} from {table}"), dtypes):
                rows += len(arrays[0])
                progress.at(counted(rows, "row"))
                for file, array in zip(files, arrays, strict=True):
                    file.write(np.ascontiguousarray(array).data)
        return {name: Column(_kind(kind), self._mapped(self.folder / file, dtype), words.get(name, ()))
                for (name, (kind, _)), file, dtype in zip(wanted.items(), names, dtypes, strict=True)}  # fmt: skip

    def fetch_texts(self, connection: duckdb.DuckDBPyConnection,
                    texts: Mapping[str, str]) -> Iterator[tuple[str, Column]]:  # fmt: skip
        # all at once, since the files are read anew for each query
        yield from self.fetch(connection, "raw", {name: (TEXT, sql) for name, sql in texts.items()}).items()

    def keep(self, column: Column) -> Column:
        path = self.folder / self._new_name()
        with path.open("wb") as file:
            file.write(np.ascontiguousarray(column.values).data)
        return replace(column, values=self._mapped(path, column.values.dtype))

    def path_of(self, column: Column) -> Path:
        """The file that a column is mapped from."""
        return self._paths[_address(column.values)]

    def _mapped(self, path: Path, dtype: Any) -> Array:
        values, _ = mapped(path, dtype)
        self._paths[_address(values)] = path
        return values

    def _new_name(self) -> str:
        self._count += 1
        return f"{self._count}.column"

    def _words(self, connection: duckdb.DuckDBPyConnection, table: str, name: str, sql: str) -> tuple[str, ...]:
        """The distinct words of a column, in the order in which they first occur. Raises DataError if too many;
        of an ignored column there are then none, if they cannot tell how other columns are written."""
        self._count += 1
        connection.execute(
            f"create temp table words{self._count} as"
            f" select w, min(n) as n from (select {sql} as w, row_number() over () as n from {table})"
            f" where w is not null group by w order by min(n) limit {MOST_WORDS + 1}"
        )
        rows = connection.execute(f"select w from words{self._count} order by n").fetchall()
        words = tuple(word for (word,) in rows)
        if len(words) <= MOST_WORDS:
            return words
        decision = decide({name: words}, NO_RULES)
        are_words = decision.formats[name] == TEXT and not decision.notes
        if are_words and name in self.ignored:
            return ()
        raise DataError(
            f"has more than {MOST_WORDS:,} different words, too many for a table that is streamed",
            f'{self.source}: column "{name}"',
            f"`ignore: {yaml_list([name])}` leaves it out" if are_words
            else "save the table as Parquet, with the types of numbers and dates",
        )  # fmt: skip

    def _code_sql(self, connection: duckdb.DuckDBPyConnection, sql: str, words: tuple[str, ...]) -> str:
        """An expression for the index of a word among those that `_words` has just found, -1 if it is missing."""
        if not words:
            return "(-1)::integer"
        kind = f"word{self._count}"  # created from the table: as literals, a million words would take 500 MB
        connection.execute(f"create type {kind} as enum (select w from words{self._count} order by n)")
        return f"coalesce(enum_code(({sql})::{kind})::integer, -1)"


def _kind(wanted: ColumnFormat) -> Kind:
    if wanted.kind == "category":
        return "text"
    return "nested" if wanted.kind == "other" else wanted.kind


def _address(values: Array) -> int:
    address: int = values.__array_interface__["data"][0]
    return address


def allow_files(count: int, source: str) -> None:
    """Raises the number of files that this process may have open, if so many more are too many. Raises DataError if the
    system does not allow it."""
    try:
        import resource  # not on Windows, where there is no such limit
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise DataError(f"has so many columns that {wanted:,} files must be open, but the system allows {hard:,}",
                            source, "train on fewer columns, or ask for a higher `ulimit -n`")  # fmt: skip
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def mapped(path: Path, dtype: Any) -> tuple[Array, MappedFile | None]:
    """All values of a file as an array that must not be written to, and the file."""
    size = path.stat().st_size
    if not size:
        return np.empty(0, dtype), None
    file = MappedFile(path, in_order=True)
    return file.array(dtype, (size // np.dtype(dtype).itemsize,)), file


def write_words(path: Path, words: tuple[str, ...]) -> None:
    path.write_text(json.dumps(words), encoding="utf-8")


def read_words(path: Path) -> tuple[str, ...]:
    return tuple(json.loads(path.read_text(encoding="utf-8")))
