"""What a column of Parquet, JSON or a query holds, by the name of its type in DuckDB.

`kind_of(type)` decides how a column is read. A column that is not of numbers, text, dates or times is not fetched
(lists of decimals, for example, cannot be), has `written(...)` as the name of its type, and is left out of the features
with a note, or refused as a target:

    f'column "{name}" holds {called(type)} and is left out; {hint(name, type)}'
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from nnctl.quoting import sql_name, yaml_line, yaml_list

if TYPE_CHECKING:
    import duckdb

Kind = Literal["number", "text", "date", "time", "empty", "interval", "bytes", "bits", "list", "struct", "map",
               "union", "mixed", "other"]  # fmt: skip

# The first match counts: the type of a list of numbers ends in [].
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("list", r".*\[\d*\]"),
    ("struct", r"(STRUCT|ROW)\b.*"),
    ("map", r"MAP\b.*"),
    ("union", r"UNION\b.*"),
    ("text", r"VARCHAR|BOOLEAN|UUID|ENUM\b.*"),
    ("number", r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|REAL|DECIMAL\b.*|BIGNUM|VARINT"),
    ("date", r"DATE|TIMESTAMP\b.*|TIMESTAMP_(S|MS|NS)"),
    ("time", r"TIME|TIMETZ|TIME_NS|TIME WITH TIME ZONE"),
    ("interval", r"INTERVAL"),
    ("bytes", r"BLOB"),
    ("bits", r"BIT"),
    ("empty", r'"?NULL"?'),
    ("mixed", r"JSON\b.*|VARIANT"),
)
_CALLED = {
    "number": "numbers", "text": "words", "date": "dates", "time": "times of day", "empty": "no values",
    "interval": "durations", "bytes": "bytes", "bits": "strings of bits", "struct": "objects with fields",
    "map": "objects with keys", "union": "values of several types", "mixed": "values of mixed types",
}  # fmt: skip
_JSON_WORDS = {"VARCHAR": "words", "BOOLEAN": "true or false", "OBJECT": "objects", "ARRAY": "lists"}


def kind_of(type_name: str) -> Kind:
    """The kind of one of DuckDB's types."""
    return next((kind for kind, pattern in _KINDS if re.fullmatch(pattern, type_name, re.DOTALL)), "other")


def called(type_name: str) -> str:
    """What messages call the values: `lists of numbers`, `times of day`."""
    kind = kind_of(type_name)
    if kind == "list":
        inner = type_name[: type_name.rindex("[")]
        return f"lists of {called(inner)}" if kind_of(inner) != "empty" else "empty lists"
    if kind == "mixed" and (kinds := type_name.removeprefix("JSON").removeprefix(" of ")):
        return f"values of mixed types ({kinds})" if " and " in kinds else kinds
    return _CALLED.get(kind, f"values of type {type_name}" if type_name else "lists or structs")


def hint(name: str, type_name: str) -> str:
    """How to use a column that is not read: a query to paste, if there is one."""
    column = sql_name(name)
    kind = kind_of(type_name)
    if kind == "mixed":
        query = f"select * replace ({column} ->> '$' as {column}) from data"
        return f"write values of one type, or read them as words: `query: {yaml_line(query)}`"
    taken = {
        "date": (f"year({column})", "year"),
        "time": (f"hour({column})", "hour"),
        "interval": (f"epoch({column})", "seconds"),
        "bytes": (f"octet_length({column})", "size"),
        "bits": (f"bit_count({column})", "count"),
        "list": (f"{column}[1]", "1"),
        "map": (f"{column}['key']" if type_name.startswith("MAP(VARCHAR") else f"map_values({column})[1]", "key"),
        "union": (f"{column}::varchar", "text"),
        "struct": (f"{column}.{sql_name(field)}", field) if (field := _first_field(type_name)) else None,
    }.get(kind)
    if taken is None:
        return f"`ignore: {yaml_list([name])}` leaves it out"
    query = f"select *, {taken[0]} as {sql_name(f'{name}_{taken[1]}')} from data"
    return f"for example `query: {yaml_line(query)}`"


def written(connection: duckdb.DuckDBPyConnection, table: str, column: str, type_name: str) -> str:
    """The name of the type, for JSON with the types that occur: `JSON of numbers and words`. column: in SQL."""
    if type_name != "JSON":
        return type_name
    counts: dict[str, int] = {}
    rows = connection.execute(f"select json_type({column}), count(*) from {table} group by 1").fetchall()
    for kind, count in ((kind, count) for kind, count in rows if kind is not None):
        if kind != "NULL":
            word = _JSON_WORDS.get(kind, "numbers")
            counts[word] = counts.get(word, 0) + count
    kinds = sorted(counts, key=lambda word: (-counts[word], word))
    return f"JSON of {', '.join(kinds[:-1])}{' and ' if kinds[1:] else ''}{kinds[-1]}" if kinds else '"NULL"'


def _first_field(type_name: str) -> str | None:
    """The name of the first field of STRUCT(a INTEGER, "the b" VARCHAR)."""
    found = re.match(r'\w+\((?:"((?:[^"]|"")+)"|(\w+)) ', type_name)
    return (found[2] or found[1].replace('""', '"')) if found else None
