"""Names of the user's own in hints that can be pasted: into SQL, into a config, into a shell.

Each function leaves a name as it is where the language reads it so, and quotes it where it would not.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping

# Read as null, true or false by YAML 1.2, or by the older YAML 1.1.
_YAML_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off"})
_YAML_PLAIN = re.compile(r"[^\W\d]([\w .()%+/-]*[\w.()%+/-])?")
_YAML_LINE = re.compile(r"[^\W\d](?!.*(: | #|:$)).*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def sql_name(name: str) -> str:
    """A name as SQL takes it, in double quotes where it needs them."""
    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in _SQL_KEYWORDS
    return name if plain else '"' + name.replace('"', '""') + '"'


def sql_text(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def yaml_name(name: object) -> str:
    """A text as a key or a value of YAML, also inside brackets; quoted where a number, a truth value, a date or
    punctuation would be read."""
    text = str(name)
    if _YAML_PLAIN.fullmatch(text) and text.isprintable() and text.lower() not in _YAML_WORDS:
        return text
    return '"' + "".join(map(_yaml_escaped, text)) + '"'


def yaml_map(pairs: Mapping[str, object]) -> str:
    """`{age: median, "Date: x": drop}`; mappings and lists inside it are written likewise, numbers as numbers."""
    return "{" + ", ".join(f"{yaml_name(key)}: {_yaml_value(value)}" for key, value in pairs.items()) + "}"


def yaml_list(names: Iterable[object]) -> str:
    """`[age, "Date: x"]`."""
    return "[" + ", ".join(map(_yaml_value, names)) + "]"


def yaml_line(text: str) -> str:
    """A text as what stands behind `key: ` in a line of its own."""
    if text.isprintable() and text == text.strip():
        plain = _YAML_LINE.fullmatch(text) and text.lower() not in _YAML_WORDS
        return text if plain else "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_yaml_escaped, text)) + '"'


def shell_path(path: object) -> str:
    """A path as a shell takes it; one that begins with a dash as a file of the current folder."""
    text = str(path)
    text = f"./{text}" if text.startswith("-") else text
    if os.name == "nt":  # cmd and PowerShell; a path has no double quotes there
        return text if re.fullmatch(r"[\w\\/:.+-]+", text) else f'"{text}"'
    return shlex.quote(text) if text.isprintable() else "$'" + "".join(map(_shell_escaped, text)) + "'"


def _yaml_value(value: object) -> str:
    if isinstance(value, Mapping):
        return yaml_map(value)
    if isinstance(value, list | tuple):
        return yaml_list(value)
    return yaml_name(value) if isinstance(value, str) else str(value)


def _yaml_escaped(letter: str) -> str:
    """A letter inside YAML's double quotes."""
    if letter in _ESCAPES or letter.isprintable():
        return _ESCAPES.get(letter, letter)
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _shell_escaped(letter: str) -> str:
    """A letter inside $'...' of bash and zsh: what cannot be printed as the octal numbers of its bytes."""
    if letter in "'\\":
        return f"\\{letter}"
    return (
        letter if letter.isprintable() else "".join(f"\\{byte:03o}" for byte in letter.encode(errors="surrogateescape"))
    )


# What DuckDB's duckdb_keywords() lists as no plain name of a column.
_SQL_KEYWORDS = frozenset(
    (  # noqa: SIM905  (a list would take a line for each word)
        "all analyse analyze and anti any array as asc asof asymmetric at authorization between bigint binary bit"
        " boolean both by case cast char character check coalesce collate collation column columns concurrently"
        " constraint create cross dec decimal default deferrable desc describe distinct do else end except exists"
        " extract false fetch float for foreign freeze from full generated glob group grouping grouping_id having"
        " ilike in initially inner inout int integer intersect interval into is isnull join lambda lateral leading"
        " left like limit map national natural nchar none not notnull null nullif numeric offset on only or order out"
        " outer overlaps overlay pivot pivot_longer pivot_wider placing position positional precision primary qualify"
        " real references returning right row select semi setof show similar smallint some struct substring summarize"
        " symmetric table tablesample then time timestamp to trailing treat trim true try_cast tuple union unique"
        " unpack unpivot using values varchar variadic verbose when where window with xmlattributes xmlconcat"
        " xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable"
    ).split()
)
