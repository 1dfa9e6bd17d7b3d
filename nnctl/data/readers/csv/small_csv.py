"""Small CSV files, read without DuckDB, whose import alone takes longer than the rest of a small run.

Both readers give the same table (tests/data/readers/csv/test_small_csv.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnctl.data.columns.column_format import NO_RULES, NULLS, NUMBER, TEXT, ColumnFormat, Decision, Rules
from nnctl.data.columns.interpretation import decide, typed_columns
from nnctl.data.readers.paths import Files
from nnctl.data.table import Table, missing_note, text_columns

SMALL = 1 << 20  # bytes: DuckDB is faster for larger files, but takes time for each column, and so
WIDE = 1 << 15  # bytes for each column may be more, up to
LARGEST = 32 << 20  # bytes, since this reader takes more memory

_NAME = re.compile(r"[A-Za-z][\w.\-]*( [\w.\-]+)*", re.ASCII)

Fields = dict[str, Sequence[str]]  # by column, its words row by row


def read_small(files: Files, rules: Rules = NO_RULES, formats: Mapping[str, ColumnFormat] | None = None,
               encoding: str | None = None) -> Table | None:  # fmt: skip
    """The table of a small CSV file; None if DuckDB must read it. rules, formats: as in read_table.

    Raises DataError as read_table does.
    """
    [path, *others] = files.paths
    if others or path.suffix.lower() == ".gz" or not _is_small(path):
        return None
    notes: list[str] = []
    fields, delimiter = (_plain(path) if encoding is None else None), ","
    if fields is None:
        found = _written(path, encoding, notes)
        if found is None:
            return None
        fields, delimiter = found
    missing = {"", *(NULLS if rules.missing is None else rules.missing)}
    columns = text_columns(fields, missing)
    if formats is None:
        decision = decide({name: column.words for name, column in columns.items()}, rules, delimiter)
    else:
        unknown = {name: NUMBER if name in rules.numbers else TEXT for name in fields}
        decision = Decision({name: formats.get(name, other) for name, other in unknown.items()})
    columns = typed_columns(columns, decision.formats, files.name)
    counts = {name: {word: count for word, count in sorted(Counter(column).items()) if word and word in missing}
              for name, column in fields.items()}  # fmt: skip
    taken = {name: each for name, each in counts.items() if each}
    notes += [*decision.notes, *missing_note(taken)]
    rows = len(next(iter(fields.values())))
    return Table(columns, rows, files.name, decision.formats, notes=tuple(notes), missing_words=taken)


def _is_small(path: Path) -> bool:
    """Whether a file is small, or not too large for its number of columns."""
    size = path.stat().st_size
    if not SMALL < size <= LARGEST:
        return size <= SMALL
    with path.open("rb") as file:
        names = file.readline(SMALL)
    return size <= WIDE * (1 + max(map(names.count, b",;\t|")))


def _plain(path: Path) -> Fields | None:
    """The words of an unambiguous file: ASCII, commas, no quotes, no blanks around fields, one kind of line end, the
    same number of fields in each line. None for any other file, including broken ones."""
    try:
        text = path.read_bytes().decode("ascii")
    except (OSError, UnicodeDecodeError):
        return None
    if text.count("\r") == text.count("\n") == text.count("\r\n"):  # as Windows and Python's csv module write them
        text = text.replace("\r\n", "\n")
    if any(sign in text for sign in "\"'\r\0\t;|#"):
        return None
    lines = text.removesuffix("\n").split("\n")
    rows = [line.split(",") for line in lines]
    names = rows[0]
    if len(rows) < 2 or len(names) < 2 or len(set(names)) < len(names) or {len(row) for row in rows} != {len(names)}:
        return None
    if not all(map(_NAME.fullmatch, names)):
        return None
    fields: Fields = dict(zip(names, zip(*rows[1:], strict=True), strict=True))
    if any(word != word.strip() for column in fields.values() for word in set(column)):
        return None
    return fields


def _written(path: Path, encoding: str | None, notes: list[str]) -> tuple[Fields, str] | None:
    """The words of a file in any dialect, and its delimiter; None if blanks or delimiters must be removed."""
    from nnctl.data.readers.csv.diagnosis import Broken, diagnose, records  # imported here to keep start-up fast
    from nnctl.data.readers.csv.dialect import dialect

    how = dialect(path, encoding)
    if how.blanks_after_delimiter or how.trailing:
        return None
    try:
        rows = [record for _, record in records(path, how)]
    except (Broken, UnicodeDecodeError):
        rows = []
    if not rows or any(len(row) != len(how.names) for row in rows):
        if found := diagnose(path, how):
            raise found
        return None
    notes += how.notes
    return dict(zip(how.names, zip(*rows, strict=True), strict=True)), how.delimiter
