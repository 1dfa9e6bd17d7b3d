"""Statistics of the columns of a file over all rows: one or two DuckDB queries before any values are fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nnctl.data.columns.column_format import OTHER, TEXT, TIME, ColumnFormat
from nnctl.data.columns.number_formats import PLAIN
from nnctl.data.readers import duckdb_types
from nnctl.data.row_origin import Origin
from nnctl.quoting import sql_text

if TYPE_CHECKING:
    import duckdb

_DIGITS = PLAIN.pattern.partition("|-?(?i:inf")[0]  # plain numbers that are finite
_MOST = 300  # expressions in one query
_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")


@dataclass(frozen=True)
class Raw:
    """The table `raw`: columns v1, v2, ... as they are in the files.

    names, types: of the columns; DuckDB's types. missing: words that mean a missing value. notes: of reading. typed:
    the file format has types, including text. origin: which of several files each row came from. reread: each query
    reads the files anew.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    missing: tuple[str, ...]
    delimiter: str
    notes: tuple[str, ...]
    typed: bool = False
    origin: Origin | None = None
    reread: bool = False


@dataclass(frozen=True)
class Fact:
    """Facts about a column. plain: all words are plain numbers. whole: they are whole numbers. largest: the largest
    absolute value. grouped: the points in all words may be thousands separators. missing: words that mean a missing
    value, and in how many rows they occur."""

    plain: bool
    whole: bool
    largest: float
    grouped: bool
    missing: Mapping[str, int]


def facts_of(connection: duckdb.DuckDBPyConnection, raw: Raw) -> dict[str, Fact]:
    """Facts about the columns of words and whole numbers: the first query asks whether words can be numbers, the second
    whether those that can are plain numbers. If each query reads the files anew, the first one asks for both, in the
    way that suits nearly all columns of numbers."""
    facts: dict[str, Fact] = {}
    words: dict[str, int] = {}
    asked: dict[tuple[str, str], str] = {}
    for at, (name, kind) in enumerate(zip(raw.names, raw.types, strict=True), 1):
        if kind == "VARCHAR":
            words[name] = at
            asked[name, "count"] = f"count({clean_sql(f'v{at}', kind, raw.missing)})"
            asked[name, "present"] = f"count(nullif(v{at}, ''))" if raw.missing else "0"
            asked[name, "numbers"] = f"count(try_cast(v{at} as double)) filter (v{at} not in ({_taken(raw.missing)}))"
            if raw.reread:
                clean = _present(at, raw)
                asked[name, "digits"] = f"sum(regexp_full_match({clean}, '{_DIGITS}')::integer)"
                asked[name, "points"] = f"sum(contains({clean}, '.')::integer)"
                asked[name, "others"] = f"sum((contains({clean}, 'e') or contains({clean}, 'E'))::integer)"
                asked[name, "largest"] = f"max(abs(try_cast({clean} as double)))"
        elif _WHOLE.fullmatch(kind):
            asked[name, "largest"] = f"max(abs(v{at}::double))"
        elif column_format(kind) != OTHER:
            facts[name] = Fact(False, False, 0, False, {})
    first = _ask(connection, asked)
    plainly = {}
    second: dict[tuple[str, str], Any] = {}
    for name, at in words.items():
        if raw.reread and 0 < first[name, "count"] == first[name, "digits"]:
            second |= {(name, what): first[name, what] for what in ("points", "others", "largest")}
            second[name, "plain"] = first[name, "count"]
        elif 0 < first[name, "count"] == first[name, "numbers"]:
            clean = _present(at, raw)
            plainly[name, "plain"] = f"count(*) filter (regexp_full_match({clean}, '{PLAIN.pattern}'))"
            plainly[name, "points"] = f"count(*) filter (contains({clean}, '.'))"
            plainly[name, "others"] = " + ".join(f"count(*) filter (contains({clean}, '{sign}'))" for sign in "eEfF")
            plainly[name, "largest"] = f"max(abs(try_cast({clean} as double)))"
    second |= _ask(connection, plainly)
    for (name, what), value in first.items():
        if what == "largest" and name not in words:
            facts[name] = Fact(False, True, value or 0, False, {})
    for name, at in words.items():
        missing = {}
        if raw.missing and first[name, "present"] != first[name, "count"]:
            missing = missing_words(connection, at, raw.missing)
        if (name, "plain") not in second:
            facts[name] = Fact(False, False, 0, False, missing)
            continue
        plain = second[name, "plain"] == first[name, "count"]
        points, others = second[name, "points"], second[name, "others"]
        largest = second[name, "largest"] or 0
        facts[name] = Fact(plain, not points and not others, largest, bool(points) and not others, missing)
    _look_for_thousands(connection, words, facts)
    return facts


def _present(at: int, raw: Raw) -> str:
    """The words of a column that do not mean a missing value."""
    return f"case when v{at} not in ({_taken(raw.missing)}) then v{at} end"


def _ask(connection: duckdb.DuckDBPyConnection, parts: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], Any]:
    """The results of expressions over all rows of `raw`."""
    found: dict[tuple[str, str], Any] = {}
    keys = list(parts)
    for first in range(0, len(keys), _MOST):  # DuckDB's time and memory for one query grow faster than its size
        some = keys[first : first + _MOST]
        values = connection.execute(f"select {', '.join(parts[key] for key in some)} from raw").fetchall()[0]
        found |= zip(some, values, strict=True)
    return found


def _look_for_thousands(connection: duckdb.DuckDBPyConnection, words: Mapping[str, int],
                        facts: dict[str, Fact]) -> None:  # fmt: skip
    """Finds whether the points in columns of plain numbers, such as 1.234, may be thousands separators. Only needed if
    other columns have no plain numbers, since only these can prove that the file has decimal commas."""
    possible = {name: at for name, at in words.items() if facts[name].grouped}
    proven = not all(facts[name].plain for name in words)
    ungrouped = _ask(connection, {
        (name, ""): f"count(*) filter (contains(v{at}, '.')"
        f" and not regexp_full_match(v{at}, '-?[0-9]{{1,3}}(\\.[0-9]{{3}})+'))"
        for name, at in possible.items()
    } if proven else {})  # fmt: skip
    for name in possible:
        facts[name] = replace(facts[name], grouped=ungrouped.get((name, "")) == 0)


def _taken(missing: Sequence[str]) -> str:
    return literals(missing) if missing else "''"


def missing_words(connection: duckdb.DuckDBPyConnection, at: int, words: Sequence[str]) -> dict[str, int]:
    rows = connection.execute(
        f"select v{at}, count(*) from raw where v{at} in ({literals(words)}) and v{at} <> '' group by 1 order by 1"
    ).fetchall()
    return dict(rows)


def column_format(kind: str) -> ColumnFormat:
    """The format of a column of one of DuckDB's types."""
    match duckdb_types.kind_of(kind):
        case "number":
            return ColumnFormat("number", whole=_WHOLE.fullmatch(kind) is not None)
        case "date":
            return ColumnFormat("date", whole=kind == "DATE")
        case "time":
            return TIME
        case "text" | "empty":
            return TEXT
    return OTHER


def clean_sql(column: str, kind: str, missing: Sequence[str]) -> str:
    """The column with NULL for the words that mean a missing value."""
    if duckdb_types.kind_of(kind) == "number":  # -999 of Parquet and JSON
        numbers = [word for word in missing if PLAIN.fullmatch(word)]
        return f"case when {column} in ({', '.join(numbers)}) then null else {column} end" if numbers else column
    if kind != "VARCHAR" or not missing:
        return column
    return f"case when {column} in ({literals(missing)}) then null else {column} end"


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literals(words: Sequence[str]) -> str:
    """The words as an SQL list."""
    return ", ".join(map(sql_text, words))
