"""What a CSV file is, before a reader guesses: its encoding, delimiter and header; and where it is broken."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from pathlib import Path

from nnctl.errors import DataError

_HEAD = 1 << 18  # bytes looked at
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_AS_UTF8 = "save it as UTF-8, for example `iconv -f latin1 -t utf-8 FILE > NEW`"


class Ragged(DataError):
    """A line that has more or fewer fields than the header, or a quote that never closes."""


def header(path: Path) -> tuple[str, list[str]]:
    """(delimiter, column names) of a CSV file's first line.

    Raises DataError for an empty file, a header alone, an encoding other than UTF-8, NUL bytes, and
    column names that are empty, repeated or numbers.
    """
    with _open(path) as file:
        head = file.read(_HEAD)
    if head.startswith(_UTF16):
        raise DataError("the file is UTF-16 text, not UTF-8", str(path), _AS_UTF8.replace("latin1", "utf-16"))
    if b"\0" in head:
        line = head[: head.index(b"\0")].count(b"\n") + 1
        raise DataError(f"line {line} holds NUL bytes: this is not text", str(path), "save the table as CSV again")
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
    lines = text.lstrip("\r\n").splitlines()
    if not lines:
        raise DataError("the file is empty", str(path), "a table needs a line of column names and rows under it")
    if "\ufffd" in lines[0]:
        raise DataError("line 1 is not UTF-8 text", str(path), _AS_UTF8)
    delimiter = _delimiter(lines[0])
    names = next(csv.reader([lines[0]], delimiter=delimiter))
    _check_names(names, path)
    if not any(lines[1:]) and len(head) < _HEAD:
        raise DataError("there are column names but no rows", str(path), "put rows under the header")
    return delimiter, names


def _open(path: Path):
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _delimiter(line: str) -> str:
    unquoted = Counter(re.sub(r'"[^"]*"', "", line))
    return max(",;\t|", key=lambda mark: unquoted[mark])  # the first of equals: the comma


def _check_names(names: list[str], path: Path) -> None:
    empty = [number for number, name in enumerate(names, 1) if not name.strip()]
    if empty:
        raise DataError(
            f"the header's field {empty[0]} of {len(names)} is empty", str(path), "give every column a name"
        )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataError(
            f'{Counter(names)[repeated[0]]} columns are called "{repeated[0]}"',
            str(path),
            "give every column its own name",
        )
    if all(_NUMBER.fullmatch(name.strip()) for name in names):
        raise DataError(
            "the first line holds numbers, not column names", str(path), "put a line of column names on top"
        )


def diagnose(path: Path, delimiter: str, fields: int) -> DataError | None:
    """The first line that does not have `fields` fields, is not UTF-8, or opens a quote that never closes."""
    number = 0

    def lines(file):
        nonlocal number
        for raw in file:
            number += 1
            try:
                yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise DataError(f"line {number} is not UTF-8 text", str(path), _AS_UTF8) from None

    with _open(path) as file:
        reader = csv.reader(lines(file), delimiter=delimiter, strict=True)
        began, row = 0, -1  # the header is no row
        try:
            for record in reader:
                began, before = number, began
                if not record and fields > 1:
                    continue
                row += 1
                if len(record) != fields and record:
                    return Ragged(
                        f"row {row} (line {before + 1}) has {len(record)} fields where the header has {fields}",
                        str(path),
                        "add or remove fields; put quotes around text that holds "
                        + ("a comma" if delimiter == "," else repr(delimiter)),
                    )
        except csv.Error as error:
            return Ragged(
                f"row {row + 1} (line {began + 1}) is broken: {error}",
                str(path),
                'close the quote; a quote inside a quoted field is written ""',
            )
        except DataError as error:
            return error
    return None
