"""The SQL query of a config over the rows of the files, and the row that each row of its result came from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.data.columns.column_format import OTHER, TEXT, ColumnFormat, Rules
from nnctl.data.columns.interpretation import as_category, beyond_note
from nnctl.data.columns.number_formats import BEYOND
from nnctl.data.readers.column_facts import Raw, column_format, quoted
from nnctl.data.readers.duckdb_columns import Found, fetch, unread
from nnctl.data.table import Array, Column, Table
from nnctl.errors import DataError
from nnctl.quoting import sql_text

if TYPE_CHECKING:
    import duckdb

_ROW = "row number of nnctl"


def run_query(connection: duckdb.DuckDBPyConnection, raw: Raw, found: Found, query: str, rules: Rules,
              formats: Mapping[str, ColumnFormat], needed: Sequence[str]) -> Table:  # fmt: skip
    """The result of the query over the table `data`: the columns of `raw` with the types in `found`.

    formats: of the training files; columns that those had and these files lack are NULL in all rows. needed: columns of
    the result that must not depend on them. Raises DataError.
    """
    absent = {name: chosen for name, chosen in formats.items() if name not in raw.names}
    written = {name.lower(): name for name in raw.names}
    for name in absent:
        if name.lower() in written:  # they are the same in SQL, but only the other's format is known
            raise DataError(f'has the column "{written[name.lower()]}", but the training files have "{name}"',
                            found.source, f"rename it to {name}")  # fmt: skip
    _create_data(connection, raw, found, absent)
    select = _statement(connection, query)
    rows, numbers = _with_numbers(connection, select)
    rows.create("result")
    total = connection.execute("select count(*) from data").fetchall()[0][0]
    _require(connection, select, absent, needed, found.source)
    names = [name for name in rows.columns if name != _ROW]
    kinds = dict(zip(rows.columns, map(str, rows.types), strict=True))
    facts = _largest(connection, [name for name in names if kinds[name] in _BIG])
    wanted, notes = {}, list(found.notes)
    for name in names:
        chosen, sql = column_format(kinds[name]), quoted(name)
        if facts.get(name, 0) >= BEYOND and name not in rules.numbers:
            notes += [] if formats else [beyond_note(name)]
            chosen = TEXT
        if chosen == OTHER:
            sql = "null::double"
        elif chosen.kind == "number":
            sql = f"{sql}::double"
        wanted[name] = chosen, sql
    if not wanted:
        raise DataError("there are no columns", found.source)
    columns = fetch(connection, "result", wanted)
    for name, column in columns.items():
        if column.kind == "nested":
            columns[name] = unread(connection, "result", quoted(name), kinds[name], column)
        elif name in rules.words:
            columns[name] = column.as_text()
        elif name in rules.categories:
            columns[name] = as_category(column.as_text())
    count = len(next(iter(columns.values())).values)
    if count == 0:
        raise DataError("there are no rows", found.source, "the query gives column names but no rows")
    origin = found.origin.take(numbers - 1) if found.origin and numbers is not None else None
    return Table(columns, count, found.source, found.formats | absent, numbers, tuple(notes), total,
                 found.missing_words, origin)  # fmt: skip


_BIG = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT")


def _largest(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> dict[str, float]:
    if not names:
        return {}
    parts = ", ".join(f"max(abs({quoted(name)}::double))" for name in names)
    largest = connection.execute(f"select {parts} from result").fetchall()[0]
    return {name: value or 0 for name, value in zip(names, largest, strict=True)}


def _create_data(connection: duckdb.DuckDBPyConnection, raw: Raw, found: Found,
                 absent: Mapping[str, ColumnFormat]) -> None:  # fmt: skip
    """Creates the table `data`. Columns that were read in Python come from arrays, joined row by row."""
    parts, arrays = [], {}
    for at, (name, kind) in enumerate(zip(raw.names, raw.types, strict=True), 1):
        chosen = found.formats[name]
        if name in found.columns:
            arrays[f"a{at}"] = _array(found.columns[name])
            sql = _from_array(f"a{at}", found.columns[name], chosen)
        elif (kind != "VARCHAR" and chosen == column_format(kind)) or chosen == OTHER:
            sql = f"v{at}"  # as in the file
        elif chosen.kind == "number" and chosen.whole and name in found.whole:
            sql = f"({found.sql[name]})::bigint"
        else:
            sql = found.sql[name]
        parts.append(f"{sql} as {quoted(name)}")
    parts += [f"null::{_sql_type(chosen)} as {quoted(name)}" for name, chosen in absent.items()]
    source = "raw"
    if arrays:
        connection.register("arrays", arrays)
        source = "raw positional join arrays"
    connection.execute(f"create table data as select {', '.join(parts)} from {source}")


_SQL_TYPES = {"number": "double", "date": "timestamp", "time": "time"}


def _array(column: Column) -> Array:
    if column.kind == "text":
        words: Array = np.array([*column.words, None], dtype=object)[column.values]
        return words
    return column.values


def _from_array(name: str, column: Column, chosen: ColumnFormat) -> str:
    present = f"case when isnan({name}) then null else {name} end"
    if column.kind == "date":
        moment = f"make_timestamp(({present})::bigint)"
        return f"({moment})::date" if chosen.whole else moment
    if column.kind == "time":
        return f"(make_timestamp(({present})::bigint))::time"
    if column.kind == "number":
        known = column.values[~np.isnan(column.values)]
        whole = chosen.whole and bool(np.all(known == np.floor(known))) and not np.any(np.abs(known) >= BEYOND)
        return f"({present})::bigint" if whole else present
    return name


def _statement(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    statements = connection.extract_statements(query)
    if len(statements) != 1 or statements[0].type.name != "SELECT":
        raise DataError(
            "dataset.query must be one SELECT statement over the table `data`",
            query,
            "for example: select * from data where year > 2019",
        )
    return statements[0].query


def _with_numbers(connection: duckdb.DuckDBPyConnection, select: str) -> tuple[Any, Array | None]:
    """The query's result, and the row of the file that each of its rows came from, for a plain SELECT ... FROM data
    with WHERE, ORDER BY or LIMIT; None for other queries."""
    import duckdb  # imported here to keep start-up fast

    plain = connection.sql(select)
    try:
        marked = _marked(connection, select)
        if marked is None:
            return plain, None
        both = connection.sql(marked)
        both.create("marked")
        numbers = connection.execute(f"select {quoted(_ROW)} as r from marked").fetchnumpy()["r"]
        return connection.sql(f"select * exclude ({quoted(_ROW)}) from marked"), np.asarray(numbers) + 1
    except (duckdb.Error, KeyError):
        return plain, None


def _marked(connection: duckdb.DuckDBPyConnection, select: str) -> str | None:
    """The query with the row number as an additional column; None if its rows are not rows of `data`."""
    tree = _tree(connection, select)
    if tree.get("error") or not _mark(tree["statements"][0]["node"], {}):
        return None
    return _text(connection, tree)


def _mark(node: dict[str, Any], named: Mapping[str, dict[str, Any]]) -> bool:
    """Adds the row number to the columns of a SELECT whose rows are rows of `data`, directly or through another SELECT;
    returns False if they are not. named: the SELECTs that WITH names."""
    if not _is_plain(node):
        return False
    for entry in node["cte_map"]["map"]:
        value = entry["value"]  # the key differs between versions of DuckDB
        named = {**named, entry["key"].lower(): value.get("query_node") or value["query"]["node"]}
    source = node["from_table"]
    if source["type"] == "SUBQUERY":
        inner = source["subquery"]["node"]
    elif source["type"] == "BASE_TABLE":
        inner = named.get(source["table_name"].lower())
        if inner is None and source["table_name"].lower() != "data":
            return False
    else:
        return False
    if inner is None:
        node["select_list"].append(_column("rowid"))
        return True
    if not _has_number(inner) and not _mark(inner, {n: each for n, each in named.items() if each is not inner}):
        return False
    if not any(each["class"] == "STAR" for each in node["select_list"]):
        node["select_list"].append(_column(_ROW))
    return True


def _is_plain(node: Mapping[str, Any]) -> bool:
    """Whether each row of a SELECT is a row of the single table that it reads."""
    return (
        node["type"] == "SELECT_NODE"
        and not node["group_expressions"]
        and node["aggregate_handling"] == "STANDARD_HANDLING"
        and not node["sample"]
        and all(modifier["type"] in ("ORDER_MODIFIER", "LIMIT_MODIFIER") for modifier in node["modifiers"])
    )


def _has_number(node: Mapping[str, Any]) -> bool:
    return any(each.get("alias") == _ROW for each in node.get("select_list", ()))


def _column(name: str) -> dict[str, Any]:
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": _ROW, "query_location": 0, "column_names": [name]}


def _tree(connection: duckdb.DuckDBPyConnection, select: str) -> dict[str, Any]:
    """The syntax tree of the query from DuckDB's parser; with the key "error" if it cannot be serialized."""
    tree: dict[str, Any] = json.loads(
        connection.execute("select json_serialize_sql(?::varchar)", [select]).fetchall()[0][0]
    )
    return tree


def _text(connection: duckdb.DuckDBPyConnection, tree: Mapping[str, Any]) -> str:
    select: str = connection.execute("select json_deserialize_sql(?::json)", [json.dumps(tree)]).fetchall()[0][0]
    return select


def _require(connection: duckdb.DuckDBPyConnection, select: str, absent: Mapping[str, ColumnFormat],
             needed: Sequence[str], source: str) -> None:  # fmt: skip
    """Raises DataError if a needed column of the query's result, or its selection of rows, depends on an absent column.

    DuckDB finds this out: absent columns raise an error when they are read, and it reads only the columns it needs.
    """
    if not absent:
        return
    parts = [f"* exclude ({', '.join(map(quoted, absent))})"]
    parts += [
        f"error({sql_text(_ABSENT + name)})::{_sql_type(each)} as {quoted(name)}" for name, each in absent.items()
    ]
    connection.execute("alter table data rename to data_with_nulls")
    connection.execute(f"create view data as select {', '.join(parts)} from data_with_nulls")
    select = _unordered(connection, select)
    if lacks := _absent_column(connection, f"select count(*) from ({select})"):
        raise DataError(f'lacks the column "{lacks}", on which the rows of the query depend', source,
                        "add the column to the file")  # fmt: skip
    result = connection.sql(select).columns
    for name in needed:
        if name in result and (
            lacks := _absent_column(connection, f"select max(hash({quoted(name)})) from ({select})")
        ):
            raise DataError(f'lacks the column "{lacks}", from which the query computes "{name}"', source,
                            "add the column to the file")  # fmt: skip


def _unordered(connection: duckdb.DuckDBPyConnection, select: str) -> str:
    """The query without its ORDER BY, if this affects only the order."""
    tree = _tree(connection, select)
    modifiers = [] if tree.get("error") else tree["statements"][0]["node"]["modifiers"]
    if [modifier["type"] for modifier in modifiers] != ["ORDER_MODIFIER"]:
        return select
    tree["statements"][0]["node"]["modifiers"] = []
    return _text(connection, tree)


_ABSENT = "nnctl finds no column "


def _absent_column(connection: duckdb.DuckDBPyConnection, select: str) -> str | None:
    """The absent column that this query reads, or None."""
    import duckdb  # imported here to keep start-up fast

    try:
        connection.execute(select).fetchall()
    except duckdb.Error as error:
        text = str(error)
        if _ABSENT not in text:
            raise
        return text.split(_ABSENT, 1)[1].split("\n")[0]
    return None


def _sql_type(chosen: ColumnFormat) -> str:
    return _SQL_TYPES.get(chosen.kind, "varchar")
