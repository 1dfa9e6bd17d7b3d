"""Small, plain CSV files, read without DuckDB: its import alone takes longer than all the rest of a small run.

Plain means that nothing is left to judgement: one small UTF-8 file, commas, no quotes, no spaces around fields,
as many fields in every line, every column all numbers or all words. Whatever is not plain, broken files among
it, is DuckDB's: then `read_plain` gives None. Both readers give the same table (tests/data/test_plain_csv.py).
"""

from __future__ import annotations

import re

import numpy as np

from nnctl.data.files import Files
from nnctl.data.table import Column, Table

SMALL = 1 << 20  # bytes: from here on DuckDB is the faster

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?([eE][+-]?\d{1,2})?")
_WORD = re.compile(r"[A-Za-z][\w.\-]*( [\w.\-]+)*", re.ASCII)
# Words that DuckDB takes for something else: booleans, numbers, times, missing values.
_SPECIAL = re.compile(r"(?i)true|false|t|f|yes|no|y|n|nan|inf|infinity|null|none|na|epoch|(today|now|yesterday|tomorrow).*")


def read_plain(files: Files) -> Table | None:
    """The table of a plain CSV file; None where the file is not plain."""
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
    if not all(_WORD.fullmatch(name) for name in names):
        return None
    columns = {name: _column(fields) for name, *fields in zip(*rows, strict=True)}
    if None in columns.values() or all(column.kind == "text" for column in columns.values()):
        return None  # where all is text, whether the first line is titles is a matter of judgement
    return Table(columns, len(rows) - 1, files.name)


def _column(fields: list[str]) -> Column | None:
    present = set(fields) - {""}
    if not present:
        return None
    if all(map(_NUMBER.fullmatch, present)):
        return Column("number", np.array([float(field) if field else np.nan for field in fields]))
    if all(_WORD.fullmatch(field) and not _SPECIAL.fullmatch(field) for field in present):
        return Column.of_words([field or None for field in fields])
    return None
