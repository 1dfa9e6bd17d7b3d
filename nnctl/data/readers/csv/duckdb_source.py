"""A CSV file for DuckDB: the file itself, or a normalized copy for a strict reader."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nnctl.data.readers.csv.decoding import utf8_blocks
from nnctl.data.readers.csv.dialect import Dialect
from nnctl.data.readers.csv.normalized_copy import TooLong, normalized
from nnctl.data.temporary_files import unwritten
from nnctl.errors import DataError
from nnctl.quoting import sql_text

_LINE = 2_000_000  # bytes: DuckDB's default limit for a line


@dataclass(frozen=True)
class Source:
    """What DuckDB reads. path: the file that it must be allowed to read. sql: a table of the columns c1, c2, ..., all
    VARCHAR, one for each name of the dialect, in this order; empty fields are NULL, others unchanged."""

    path: Path
    sql: str


@contextmanager
def readable(path: Path, how: Dialect) -> Iterator[Source]:
    """The file in a form that DuckDB can read, within the `with`: a temporary copy if necessary.

    Raises DataError if the copy cannot be written, or if a record does not end.
    """
    if how.as_is:
        yield Source(path, _sql(path, how, as_is=True))
        return
    copy = None
    try:
        copy = _copy(path, how)
        yield Source(copy, _sql(copy, how, as_is=False))
    finally:
        if copy is not None:
            copy.unlink(missing_ok=True)


def _copy(path: Path, how: Dialect) -> Path:
    number, name = tempfile.mkstemp(".csv", "nnctl-")
    copy = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(b"\n")  # the first line end, outside of quotes
            for piece in normalized(_rows(path, how), how.delimiter, how.trailing, how.stray):
                file.write(piece)
    except BaseException as error:
        copy.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritten("a temporary copy of it", error, str(path)) from None
        if isinstance(error, TooLong):
            from nnctl.data.readers.csv.diagnosis import diagnose  # imported here to keep start-up fast

            raise diagnose(path, how) or DataError("a quoted field is too long to be read", str(path)) from None
        raise
    return copy


def _rows(path: Path, how: Dialect) -> Iterator[bytes]:
    skip = how.header_bytes
    for block in utf8_blocks(path, how.encoding):
        if skip < len(block):
            yield block[skip:] if skip else block
        skip = max(0, skip - len(block))


def _sql(path: Path, how: Dialect, as_is: bool) -> str:
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(1, len(how.names) + 1))
    longest = ""
    if how.longest > _LINE:
        longest = f", max_line_size = {how.longest + 1}, buffer_size = {max(1 << 25, 2 * how.longest + 2)}"
    # Everything is given but the line end (`new_line` reads CRLF wrong), for which DuckDB uses the first in the file.
    return (
        f"read_csv({sql_text(os.path.abspath(path))}, delim = {sql_text(how.delimiter)}, quote = '\"', escape = '\"',"
        f" comment = '', header = false, skip = {how.skip if as_is else 1}, auto_detect = false,"
        f" columns = {{{columns}}}, compression = '{'gzip' if as_is and how.gzip else 'none'}', strict_mode = true,"
        f" null_padding = false{longest})"
    )
