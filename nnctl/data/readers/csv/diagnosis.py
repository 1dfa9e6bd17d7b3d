"""Where a CSV file is broken: the line and the row in the original file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nnctl.counted import counted
from nnctl.data.readers.csv.decoding import UTF8, open_bytes
from nnctl.data.readers.csv.encodings import advice
from nnctl.errors import DataError

if TYPE_CHECKING:
    from nnctl.data.readers.csv.dialect import Dialect

_LONGEST = 1 << 30  # characters of a field
_OFFICE = (b"PK\3\4", b"\xd0\xcf\x11\xe0")  # how .xlsx, .ods and zip archives begin, and .xls


class Ragged(DataError):
    """A line that has more or fewer fields than the header, or a quote that never closes."""


def diagnose(path: Path, how: Dialect) -> DataError | None:
    """The error about the first row whose number of fields is wrong, or whose quote never closes; or None."""
    fields = len(how.names)
    row = 0
    try:
        for row, (line, record) in enumerate(records(path, how), 1):
            few = len(record) != fields
            if few and not (len(record) == fields + how.trailing or (len(record) == fields + 1 and not record[-1])):
                hint = "add or remove fields; put quotes around text that contains "
                hint += "a comma" if how.delimiter == "," else repr(how.delimiter)
                if fields == 1:
                    hint = "the first line must hold the names of the columns: remove what stands above them"
                return Ragged(
                    f"row {row} (line {line}) has {counted(len(record), 'field')} where the header has {fields}",
                    str(path),
                    hint,
                )
    except Broken as error:
        return Ragged(
            f"row {row + 1} (line {error.line}) is broken: {error}",
            str(path),
            'close the quote; a quote inside a quoted field is written ""',
        )
    except UnicodeDecodeError:
        return undecodable(path, how.encoding, explicit=how.encoding != UTF8)
    return None


class Broken(ValueError):
    def __init__(self, text: str, line: int):
        super().__init__(text)
        self.line = line


def records(path: Path, how: Dialect) -> Iterator[tuple[int, list[str]]]:
    """(line on which it begins, fields) of every row. Raises Broken."""
    lines = _Lines(path, how.encoding)
    for _ in range(how.header_lines):
        next(lines, None)
    reader = csv.reader(lines, delimiter=how.delimiter, strict=True, skipinitialspace=how.blanks_after_delimiter)
    limit = csv.field_size_limit(_LONGEST)
    began = lines.number + 1
    try:
        for record in reader:
            if len(record) > 1 or len(how.names) == 1 or any(map(str.strip, record)):  # blank lines are not rows
                yield began, record or [""]
            began = lines.number + 1
    except csv.Error as error:
        raise Broken(str(error), began) from None
    finally:
        csv.field_size_limit(limit)
        lines.close()


class _Lines(Iterator[str]):
    """The lines of a file with their line ends, of any kind, and the number of lines so far."""

    def __init__(self, path: Path, encoding: str, errors: str = "strict"):
        self.number = 0
        name = "utf-8-sig" if encoding == UTF8 else encoding
        self._file = io.TextIOWrapper(open_bytes(path), name, errors, newline="")
        self._next: str | None = None

    def __next__(self) -> str:
        line, self._next = self._next if self._next is not None else self._file.readline(), None
        if line.endswith("\r"):  # CR CR LF is a single line end
            self._next = self._file.readline()
            if self._next == "\r\n":
                line, self._next = line[:-1] + "\r\n", None
        if not line:
            raise StopIteration
        self.number += 1
        return line

    def close(self) -> None:
        self._file.close()


def undecodable(path: Path, encoding: str, explicit: bool) -> DataError:
    """The error about a line that is not in this encoding, or contains a NUL byte. explicit: the config names it."""
    with open_bytes(path) as file:
        head = file.read(1 << 12)
    if head.startswith(_OFFICE):
        return DataError(
            "this is an Excel workbook or an archive, not text", str(path), "save the table as CSV (UTF-8)"
        )
    lines = _Lines(path, encoding, "surrogateescape")
    try:
        for line in lines:
            if "\0" in line:
                break
            if any("\ud800" <= sign <= "\udfff" for sign in line):
                shown = "UTF-8" if encoding == UTF8 else encoding
                return DataError(
                    f"line {lines.number} is not {shown} text", str(path), advice(path, encoding if explicit else None)
                )
        else:
            line = ""
    except UnicodeDecodeError:  # UTF-16 and the like do not tell which bytes are wrong
        line = ""
    finally:
        lines.close()
    if "\0" not in line:
        return DataError(f"its text is not {encoding}", str(path), advice(path, encoding))
    for name, start in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(head) > 3 and head[start::2].count(0) > len(head) / 4:
            return DataError(
                "the file looks like UTF-16 text without a byte order mark",
                str(path),
                f"set under dataset: `encoding: {name}`",
            )
    return DataError(
        f"line {lines.number} contains NUL bytes: this is not text", str(path), "save the table as CSV again"
    )
