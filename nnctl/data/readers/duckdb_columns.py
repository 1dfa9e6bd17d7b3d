"""The columns of a file in DuckDB, each read in the format that fits all its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from nnctl.data.columns.column_format import CATEGORY, NUMBER, OTHER, TEXT, ColumnFormat, Rules
from nnctl.data.columns.interpretation import as_category, beyond_note, decide, plain_format, typed
from nnctl.data.columns.number_formats import BEYOND
from nnctl.data.readers import duckdb_types
from nnctl.data.readers.column_facts import Fact, Raw, clean_sql, column_format, facts_of
from nnctl.data.row_origin import Origin
from nnctl.data.table import Array, Column, Table, missing_note
from nnctl.errors import DataError
from nnctl.quoting import yaml_list

if TYPE_CHECKING:
    import duckdb


class ColumnReader:
    """Where the values of columns go: into memory. `ColumnFiles` puts them into files."""

    def fetch(self, connection: duckdb.DuckDBPyConnection, table: str,
              wanted: Mapping[str, tuple[ColumnFormat, str]]) -> dict[str, Column]:  # fmt: skip
        """Columns of a table by name, each from an SQL expression with the type of its format."""
        return fetch(connection, table, wanted)

    def fetch_texts(self, connection: duckdb.DuckDBPyConnection,
                    texts: Mapping[str, str]) -> Iterator[tuple[str, Column]]:  # fmt: skip
        """Columns of `raw` as text, one after the other. texts: the expression of each."""
        for name, sql in texts.items():
            yield name, self.fetch(connection, "raw", {name: (TEXT, sql)})[name]

    def keep(self, column: Column) -> Column:
        """A column that was computed from another one."""
        return column


@dataclass
class Found:
    """The result of `scan`. sql: by column, an expression over `raw` for its values, if DuckDB can read them. columns:
    those that were read in Python. formats, notes, origin: as in Table."""

    connection: duckdb.DuckDBPyConnection
    source: str
    names: tuple[str, ...]
    reader: ColumnReader
    formats: dict[str, ColumnFormat] = field(default_factory=dict)
    sql: dict[str, str] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    native: dict[str, str] = field(default_factory=dict)  # DuckDB's types of columns that are not read
    whole: set[str] = field(default_factory=set)  # columns of plain whole numbers
    notes: list[str] = field(default_factory=list)
    notes_of_files: tuple[str, ...] = ()  # those of them that are not about the meaning of columns
    missing_words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    origin: Origin | None = None

    def typed(self, name: str, column: Column, wanted: ColumnFormat) -> Column:
        """A column of words converted by its format: see `interpretation.typed`."""
        values = typed(name, column, wanted, self.source, self.origin)
        return values if values is column else self.reader.keep(values)

    def table(self) -> Table:
        """All columns, in the order of the files."""
        left = [name for name in self.names if name not in self.columns]
        wanted = {name: (self.formats[name], self.sql[name]) for name in left}
        fetched = self.reader.fetch(self.connection, "raw", wanted)
        whole = {**self.columns, **fetched}
        columns = {name: whole[name] for name in self.names}
        rows = len(next(iter(columns.values())).values)
        if rows == 0:
            raise DataError("there are no rows", self.source, "the file gives column names but no rows")
        for name, kind in self.native.items():
            columns[name] = unread(self.connection, "raw", f"v{self.names.index(name) + 1}", kind, columns[name])
        return Table(columns, rows, self.source, self.formats, notes=tuple(self.notes),
                     missing_words=self.missing_words, origin=self.origin)  # fmt: skip


def scan(connection: duckdb.DuckDBPyConnection, raw: Raw, rules: Rules,
         formats: Mapping[str, ColumnFormat] | None, source: str, reader: ColumnReader) -> Found:  # fmt: skip
    """Decides how each column of `raw` is read: by `formats` if given, otherwise by all its rows."""
    found = Found(connection, source, raw.names, reader, notes=list(raw.notes), notes_of_files=raw.notes,
                  origin=raw.origin)  # fmt: skip
    facts = facts_of(connection, raw)
    open_columns: dict[str, Column] = {}
    texts: dict[str, str] = {}
    for at, (name, kind) in enumerate(zip(raw.names, raw.types, strict=True), 1):
        saved = None if formats is None else formats.get(name, _unknown(name, rules))
        fact, clean = facts.get(name), clean_sql(f"v{at}", kind, raw.missing)
        if fact is not None and (native := _native_format(kind)):
            if native.whole and fact.largest >= BEYOND and name not in rules.numbers:
                found.notes += [beyond_note(name)] if saved is None else []
                native, clean = TEXT, f"{clean}::varchar"
            _take_native(found, name, native, clean, saved, rules)
        elif fact is None:
            words = _json_words(found, at, name, kind, saved, rules, raw.delimiter)
            if words is not None and saved is not None:
                found.formats[name], found.columns[name] = saved, found.typed(name, words, saved)
            elif words is not None:
                open_columns[name] = words
            elif saved is not None and saved.kind != "other":
                raise DataError(f"holds {duckdb_types.called(kind)}, but the model was trained on {saved.called()}",
                                f'{source}: column "{name}"', duckdb_types.hint(name, kind))  # fmt: skip
            else:
                found.formats[name], found.sql[name], found.native[name] = OTHER, "null::double", kind
        elif raw.typed and saved is None and name in rules.classes:
            found.formats[name], found.sql[name] = TEXT, clean  # in JSON, "1" is a word and 1 a number
        elif fact.plain and _reads_plain(name, fact, saved, rules):
            chosen = saved or plain_format(fact.whole, fact.largest, name, rules)
            if chosen == TEXT and saved is None:
                found.notes.append(beyond_note(name))
            elif raw.typed and saved is None and name not in rules.numbers:
                found.notes.append(
                    f'column "{name}": texts that are numbers are read as numbers;'
                    f" `categorical: {yaml_list([name])}` keeps them as words"
                )
            found.formats[name], found.sql[name] = chosen, _cast(clean, chosen)
            found.whole |= {name} if fact.whole else set()
        else:
            texts[name] = clean
    for name, column in reader.fetch_texts(connection, texts):
        if formats is None:
            open_columns[name] = column
        else:
            saved = formats.get(name, _unknown(name, rules))
            found.formats[name], found.columns[name] = saved, found.typed(name, column, saved)
    open_columns = {name: open_columns[name] for name in raw.names if name in open_columns}
    decision = decide({name: column.words for name, column in open_columns.items()}, rules, raw.delimiter)
    for name, column in open_columns.items():
        found.formats[name] = decision.formats[name]
        found.columns[name] = found.typed(name, column, decision.formats[name])
    found.notes += decision.notes
    found.missing_words = {name: fact.missing for name, fact in facts.items() if fact.missing}
    found.notes += missing_note(found.missing_words)
    return found


def _json_words(found: Found, at: int, name: str, kind: str, saved: ColumnFormat | None,
                rules: Rules, delimiter: str) -> Column | None:  # fmt: skip
    """A JSON column of strings and numbers, as words; None for mixed types, which are not read."""
    if kind != "JSON" or (saved is not None and saved.kind == "other"):
        return None
    scalar = f"count(*) filter (json_type(v{at}) in ('OBJECT', 'ARRAY')) = 0"
    if not found.connection.execute(f"select {scalar} from raw").fetchall()[0][0]:
        return None
    words = found.reader.fetch(found.connection, "raw", {name: (TEXT, f"v{at} ->> '$'")})[name]
    if saved is not None or name in rules.words | rules.categories:
        return words
    numbers = decide({name: words.words}, rules, delimiter).formats[name].kind == "number"
    return words if numbers else None


def _unknown(name: str, rules: Rules) -> ColumnFormat:
    """The format of a column that the training files did not have."""
    return NUMBER if name in rules.numbers else TEXT


def _reads_plain(name: str, fact: Fact, saved: ColumnFormat | None, rules: Rules) -> bool:
    """Whether a cast in DuckDB reads the words correctly."""
    if saved is not None:
        return saved.kind == "number" and saved.number.decimal == "." and saved.number.suffix != "%"
    return name not in rules.words | rules.categories and rules.decimal != "," and not fact.grouped


def _native_format(kind: str) -> ColumnFormat | None:
    """The format of a column with a type other than text; None for text."""
    return None if kind == "VARCHAR" else column_format(kind)


def unread(connection: duckdb.DuckDBPyConnection, table: str, sql: str, kind: str, column: Column) -> Column:
    """A column of a type that is not read, with its name for messages. column: missing values of the same length."""
    return Column("nested", column.values, called=duckdb_types.written(connection, table, sql, kind))


def _take_native(found: Found, name: str, native: ColumnFormat, clean: str, saved: ColumnFormat | None,
                 rules: Rules) -> None:  # fmt: skip
    """A column with a type in the file: unchanged, or as the words that the config or the trained model needs."""
    wanted = saved or (TEXT if name in rules.words else CATEGORY if name in rules.categories else native)
    found.formats[name] = wanted
    if wanted.kind == native.kind:
        found.sql[name] = _cast(clean, native)
        return
    column = found.reader.fetch(found.connection, "raw", {name: (native, _cast(clean, native))})[name]
    if wanted.kind == "category" or (wanted.kind == "text" and native.kind != "text"):
        found.columns[name] = found.reader.keep(as_category(column.as_text()))
    else:
        found.columns[name] = found.typed(name, column.as_text(), wanted)


def _cast(clean: str, wanted: ColumnFormat) -> str:
    """The expression with the SQL type of a format in queries."""
    if wanted.kind == "number":
        return f"({clean})::double"
    return f"({clean})::varchar" if wanted.kind == "text" else f"({clean})"


def fetch(connection: duckdb.DuckDBPyConnection, table: str,
          wanted: Mapping[str, tuple[ColumnFormat, str]]) -> dict[str, Column]:  # fmt: skip
    """Columns of a table by name, each from an SQL expression with the type of its format."""
    if not wanted:
        return {}
    parts = []
    for at, (kind, sql) in enumerate(wanted.values(), 1):
        parts.append(f"{sql_of(kind, sql)} as r{at}")
    arrays = connection.execute(f"select {', '.join(parts)} from {table}").fetchnumpy()
    return {name: _column(kind, arrays[f"r{at}"]) for at, (name, (kind, _)) in enumerate(wanted.items(), 1)}


def sql_of(wanted: ColumnFormat, sql: str) -> str:
    """The expression as a column of this format is fetched: a float64, or a text."""
    match wanted.kind:
        case "date":
            return f"epoch_us(({sql})::timestamp)::double"
        case "time":
            return f"epoch_us(('1970-01-01'::date + ({sql})::time)::timestamp)::double"
        case "text" | "category":
            return f"({sql})::varchar"
    return sql


def _column(wanted: ColumnFormat, array: Array) -> Column:
    # without importing numpy.ma, which takes longer than reading a small file
    masked = cast("np.ma.MaskedArray[Any, Any]", array) if hasattr(array, "filled") else None
    kind = wanted.kind
    if kind == "text" or kind == "category":
        words: Array = array if masked is None else np.array(masked.data)
        if masked is not None:  # not masked.filled(None), which fills in "?"
            words[masked.mask] = None
        return Column.of_words(words.tolist())
    if masked is not None:
        floats = cast("np.ma.MaskedArray[Any, Any]", masked.astype(np.float64))
        array = floats.filled(np.nan)
    return Column("nested" if kind == "other" else kind, np.asarray(array, dtype=np.float64))
