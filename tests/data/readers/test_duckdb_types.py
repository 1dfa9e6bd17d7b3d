"""DuckDB's types: their names in messages, the queries of hints, which must run, and columns of these types."""

import json

import duckdb
import pytest

from nnctl.data.readers import duckdb_types

TYPES = {
    # SQL of a value: (kind, name in messages)
    "1::utinyint": ("number", "numbers"), "1::hugeint": ("number", "numbers"),
    "1.5::decimal(4, 1)": ("number", "numbers"),
    "1e3::float": ("number", "numbers"), "'12'::bignum": ("number", "numbers"),
    "'a'": ("text", "words"), "true": ("text", "words"), "uuid()": ("text", "words"),
    "'x'::enum('x', 'y')": ("text", "words"),
    "date '2020-01-01'": ("date", "dates"), "timestamp '2020-01-01'": ("date", "dates"),
    "timestamp_ns '2020-01-01'": ("date", "dates"), "timestamptz '2020-01-01'": ("date", "dates"),
    "'2020-01-01'::timestamp_s": ("date", "dates"),
    "time '10:00'": ("time", "times of day"), "timetz '10:00:00+02'": ("time", "times of day"),
    "interval 3 days": ("interval", "durations"), "'a'::blob": ("bytes", "bytes"),
    "bit '101'": ("bits", "strings of bits"),
    "[1.5::decimal(4, 1)]": ("list", "lists of numbers"), "['a']": ("list", "lists of words"),
    "[timestamp '2020-01-01']": ("list", "lists of dates"), "[[1]]": ("list", "lists of lists of numbers"),
    "array_value(1, 2)": ("list", "lists of numbers"), "[{'a': 1}]": ("list", "lists of objects with fields"),
    "[interval 3 days]": ("list", "lists of durations"),
    "{'a': 1}": ("struct", "objects with fields"), "{'the b': [1], 'c': 2}": ("struct", "objects with fields"),
    "{'select': 1}": ("struct", "objects with fields"),
    "map {'a': 1}": ("map", "objects with keys"), "map {1: [2]}": ("map", "objects with keys"),
    "union_value(k := 1)": ("union", "values of several types"),
    "'1'::json": ("mixed", "values of mixed types"), "null": ("empty", "no values"),
}  # fmt: skip


@pytest.mark.parametrize("value", TYPES)
def test_a_type_is_called_what_it_is(value):
    [kind] = map(str, duckdb.sql(f"select {value} as x").types)
    assert (duckdb_types.kind_of(kind), duckdb_types.called(kind)) == TYPES[value]


@pytest.mark.parametrize("name", ["at", "At", "the at", 'q"x', "select", "à"])
@pytest.mark.parametrize("value", [value for value in TYPES if TYPES[value][0] not in ("text", "number", "empty")])
def test_a_hints_query_runs(name, value):
    with duckdb.connect() as connection:
        quoted = '"' + name.replace('"', '""') + '"'
        connection.execute(f"create table data as select {value} as {quoted}")
        [kind] = map(str, connection.sql("select * from data").types)
        said = duckdb_types.hint(name, kind)
        assert "`query: " in said
        rows = connection.sql(said.split("`query: ")[1].rstrip("`"))
        assert len(rows.columns) == (1 if TYPES[value][0] == "mixed" else 2)
        assert all(duckdb_types.kind_of(str(last)) != "mixed" for last in rows.types)
        rows.fetchall()


@pytest.mark.parametrize(
    ("values", "called"),
    [
        ([1, 2, "x"], "values of mixed types (numbers and words)"),
        (["x", "y", 2.5, None], "values of mixed types (words and numbers)"),
        ([1, True, True], "values of mixed types (true or false and numbers)"),
        ([{"a": 1}, [1], "x", 2], "values of mixed types (lists, numbers, objects and words)"),
    ],
)
def test_the_kinds_in_json_are_named(values, called, tmp_path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps([{"y": value} for value in values]), encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(f"create table raw as select * from read_json('{path}')")
        written = duckdb_types.written(connection, "raw", "y", "JSON")
    assert duckdb_types.called(written) == called
