"""Small, plain CSV files, read without DuckDB: its import alone takes longer than all the rest of a small run.

Plain means that nothing is left to judgement: one small UTF-8 file, commas, no quotes, no blanks around fields, as many
fields in every line. Whatever is not plain, broken files among it, is DuckDB's: then `read_plain` gives None. Both
readers give the same table (tests/data/test_plain_csv.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from nnctl.data.column_format import NUMBER, TEXT, ColumnFormat, Rules, decide, typed
from nnctl.data.files import Files
from nnctl.data.table import Column, Table
from nnctl.data.table_columns import NULLS, missing_note

SMALL = 1 << 20  # bytes: from here on DuckDB is the faster

_NAME = re.compile(r"[A-Za-z][\w.\-]*( [\w.\-]+)*", re.ASCII)


def read_plain(files: Files, rules: Rules = Rules(),
               formats: Mapping[str, ColumnFormat] | None = None) -> Table | None:  # fmt: skip
    """The table of a plain CSV file; None where the file is not plain. rules, formats: as read_table has them."""
    if len(files.paths) != 1 or files.paths[0].suffix != ".csv" or files.size > SMALL:
        return None
    try:
        text = files.paths[0].read_bytes().decode("ascii")
    except (OSError, UnicodeDecodeError):
        return None
    if any(sign in text for sign in "\"'\r\0\t;|#"):
        return None
    lines = text.removesuffix("\n").split("\n")
    rows = [line.split(",") for line in lines]
    names = rows[0]
    if len(rows) < 2 or len(names) < 2 or len(set(names)) < len(names) or {len(row) for row in rows} != {len(names)}:
        return None
    if not all(_NAME.fullmatch(name) for name in names):
        return None
    fields = dict(zip(names, zip(*rows[1:], strict=True), strict=True))
    if any(word != word.strip() for column in fields.values() for word in set(column)):
        return None
    missing = {"", *(NULLS if rules.missing is None else rules.missing)}
    columns = {name: Column.of_words([None if word in missing else word for word in column])
               for name, column in fields.items()}  # fmt: skip
    notes: list[str] = []
    if formats is None:
        decision = decide({name: column.words for name, column in columns.items()}, rules)
        found, notes = decision.formats, decision.notes
    else:
        found = {name: formats.get(name, NUMBER if name in rules.numbers else TEXT) for name in names}
    columns = {name: typed(name, column, found[name], files.name) for name, column in columns.items()}
    counts = {name: {word: count for word, count in sorted(Counter(column).items()) if word and word in missing}
              for name, column in fields.items()}  # fmt: skip
    taken = {name: each for name, each in counts.items() if each}
    notes += missing_note(taken)
    return Table(columns, len(rows) - 1, files.name, found, notes=tuple(notes), missing_words=taken)
