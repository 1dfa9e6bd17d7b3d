"""The dialect of a CSV file, found without guessing: encoding, delimiter, header, line ends, blanks around fields."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from nnctl.data.readers.csv import normalized_copy
from nnctl.data.readers.csv.decoding import UTF8, is_gzip, known_encoding, marked_encoding, utf8_blocks
from nnctl.data.readers.csv.row_scan import Facts, NotText, checked, scan
from nnctl.errors import DataError

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_EXCEL = re.compile(rb'"?sep=([\x20-\x7e\t])"?[,;\t]*', re.IGNORECASE)
_BLANK_LINES = re.compile(rb"(?:[ \t]*(?:\r\r\n|\r\n|\n|\r))*")
_LINE = re.compile(rb"([^\r\n]*)(\r\r\n|\r\n|\n|\r|\Z)")
_WEB_PAGE = re.compile(rb"\s*<(?:!doctype html|html)\b", re.IGNORECASE)
_LONGEST_HEADER = 1 << 24
_END_NAMES = {b"\n": "LF", b"\r\n": "CRLF", b"\r": "CR", b"\r\r\n": "CR CR LF"}


@dataclass(frozen=True)
class Dialect:
    """How one CSV file is written.

    names: the columns, as written, without blanks around them. encoding: Python's name. header_lines: lines before the
    first row, several if a quoted name contains a line break or if blank lines or Excel's `sep=;` come first.
    blanks_after_delimiter: unquoted fields have blanks around them. trailing: the number of extra delimiters at the end
    of every line. longest: the most bytes of a row. stray: there are quotes inside unquoted fields. as_is: a strict
    reader of UTF-8 can read the file itself, after `skip` lines. notes: what was read differently than it is written.
    """

    delimiter: str
    names: tuple[str, ...]
    encoding: str = UTF8
    header_lines: int = 1
    header_bytes: int = 0  # of the decoded text
    blanks_after_delimiter: bool = False
    trailing: int = 0
    longest: int = 0
    stray: bool = False
    as_is: bool = True
    skip: int = 1
    gzip: bool = False
    notes: tuple[str, ...] = ()


def dialect(path: Path, encoding: str | None = None) -> Dialect:
    """The dialect of a CSV file, decided from all its bytes.

    encoding: of the config; by default UTF-8. A file with the byte order mark of another encoding is read in that one;
    a UTF-8 file that does not have the config's encoding is read as UTF-8. Raises DataError for an empty file, a header
    without rows, text of another encoding, NUL bytes, and column names that are empty, repeated or numbers.
    """
    try:
        return _dialect(path, encoding)
    except (NotText, UnicodeDecodeError):
        pass
    if encoding and known_encoding(encoding) != UTF8:
        try:
            how = _dialect(path, None)
        except (NotText, UnicodeDecodeError):
            pass
        else:
            note = f"{path.name} is UTF-8 text, not {encoding}, and is read as UTF-8"
            return replace(how, notes=(note, *how.notes))
    from nnctl.data.readers.csv.diagnosis import undecodable  # imported here to keep start-up fast

    name = marked_encoding(path) or (known_encoding(encoding) if encoding else UTF8)
    raise undecodable(path, name, explicit=bool(encoding))


def _dialect(path: Path, encoding: str | None) -> Dialect:
    """As `dialect`. Raises NotText or UnicodeDecodeError for text of another encoding."""
    marked = marked_encoding(path)
    name = marked or (known_encoding(encoding) if encoding else UTF8)
    notes = []
    if encoding and marked and known_encoding(encoding).replace("-le", "").replace("-be", "") != marked:
        notes.append(f"{path.name} begins with the byte order mark of {marked}, and is read as that, not {encoding}")
    head = _Header(path, name)
    found = scan(_rows(path, name, head.size), head.delimiter, head.trailing)
    if found.stray:
        # records that do not end, because a quote does not close, are an error of their reader
        rows = normalized_copy.hidden_records(_rows(path, name, head.size), head.delimiter, stray=True)
        with suppress(normalized_copy.TooLong):
            exact = scan((block.replace(b'"', b"'") for block in rows), head.delimiter, head.trailing)
            found = replace(exact, longest=found.longest, stray=True)
    head.check_names(found)
    if not found.rows:
        raise DataError("there are column names but no rows", str(path), "add rows below the header")
    ends = {head.end} | {end for end, count in found.ends.items() if count}
    mixed = len(ends) > 1
    as_is = (
        name == UTF8 and not mixed and ends <= {b"\n", b"\r\n"} and not found.blanks and head.plain
        and not head.trailing and not (found.blank_tail and len(head.names) == 1)
    )  # fmt: skip
    if mixed:
        shown = " and ".join(_END_NAMES[end] for end in sorted(ends, key=lambda end: -found.ends[end]))
        notes.append(f"{path.name}: its line endings are mixed ({shown}); each of them ends a line")
    if found.blanks:
        notes.append(f"{path.name}: spaces around unquoted fields are removed")
    if head.trailing:
        notes.append(f"{path.name}: every line ends in {_marks(head)} without a column: ignored")
    return Dialect(
        head.delimiter, tuple(head.names), name, head.lines, head.size, found.blanks, head.trailing,
        max(found.longest, head.size), found.stray, as_is, head.skip, is_gzip(path), tuple(notes),
    )  # fmt: skip


def _rows(path: Path, encoding: str, skip: int) -> Iterator[bytes]:
    """The blocks of UTF-8 text after its first `skip` bytes."""
    for block in checked(utf8_blocks(path, encoding)):
        if skip < len(block):
            yield block[skip:] if skip else block
        skip = max(0, skip - len(block))


def _marks(head: _Header) -> str:
    return f"{head.trailing} {head.delimiter!r}" if head.trailing > 1 else f"a {head.delimiter!r}"


class _Header:
    """Delimiter and column names, from the first lines of a file.

    lines, size: the lines and bytes before the rows. end: the line end of the names. plain: a reader that skips `skip`
    lines is at the first row. trailing: the number of fields without a name at the end.
    """

    def __init__(self, path: Path, encoding: str):
        self._path = path
        text = b""
        for block in chain(checked(utf8_blocks(path, encoding)), [None]):
            text += block or b""
            if self._read(text, final=block is None):
                break

    def _read(self, text: bytes, final: bool) -> bool:
        """Reads the header, if it is complete in the text; returns whether it is."""
        first = _matched(_BLANK_LINES, text).end()
        excel = _EXCEL.match(text, first)
        line = _matched(_LINE, text, first)
        if line.end() == len(text) and not final:
            return False
        if excel and excel.end() == line.end(1):
            begin = line.end()
        else:
            excel, begin = None, first
        if not text[begin:].strip():
            if not final:
                return False
            raise DataError(
                "the file is empty", str(self._path), "a table needs a line of column names, and rows below it"
            )
        if _WEB_PAGE.match(text, begin):
            raise DataError("this is a web page (HTML), not a table", str(self._path),
                            "download the file itself: on GitHub, by its button Raw")  # fmt: skip
        end = self._end(text, begin, final)
        if end is None:
            return False
        at = _matched(_LINE, text, end[0])
        record = text[begin : end[0]].decode()
        self.delimiter = excel[1].decode() if excel else _delimiter(record)
        reader = csv.reader([record], delimiter=self.delimiter, skipinitialspace=self.delimiter != " ")
        self.fields = [name.strip() for name in _first(reader)]
        self.end, self.size = end[1], at.end()
        self.lines = len(re.findall(rb"\r\r\n|\r\n|\n|\r", text[: self.size])) + (not self.end)
        self.skip = 2 if excel else 1
        self.plain = not first and self.lines == self.skip
        self.names = list(self.fields)
        while len(self.names) > 1 and not self.names[-1]:
            self.names.pop()
        self.trailing = len(self.fields) - len(self.names)
        return True

    def _end(self, text: bytes, begin: int, final: bool) -> tuple[int, bytes] | None:
        """(end of the record of names, its line end): after the line in which no quote is open any more."""
        at = begin
        while True:
            line = _matched(_LINE, text, at)
            if line.end() >= len(text) - 1 and not final:
                return None
            if not _open_quote(text[begin : line.end(1)]):
                return line.end(1), line[2]
            if line.end() == len(text) or line.end() - begin > _LONGEST_HEADER:
                raise DataError(
                    "the header is broken: a quote does not close", str(self._path),
                    'close the quote; a quote inside a quoted field is written ""',
                )  # fmt: skip
            at = line.end()

    def check_names(self, facts: Facts) -> None:
        """Raises DataError for invalid column names."""
        if self.trailing and not facts.trailing:
            self.names = self.fields
        names, path = self.names, str(self._path)
        mark = _delimiter(names[0])
        inside = names[0].split(mark)
        if len(names) == 1 and len(inside) > 2 and mark + " " not in names[0]:  # as a question of a survey has it
            raise DataError(
                f"the header is one field with {len(inside)} names, since each line is in quotes as a whole", path,
                "remove the quotes around the lines, or save the table as CSV again",
            )  # fmt: skip
        empty = [number for number, name in enumerate(names, 1) if not name]
        if empty:
            more = (
                "; pandas writes the table without its index by to_csv(index=False)" if empty == [1]
                else ", and remove lines above the names"
            )  # fmt: skip
            raise DataError(
                f"field {empty[0]} of {len(names)} in the header is empty", path, f"give every column a name{more}"
            )
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if all(map(_NUMBER.fullmatch, names)) or (repeated and _NUMBER.fullmatch(repeated[0])):
            raise DataError("the first line contains numbers, not column names", path,
                            "add a line of column names at the top")  # fmt: skip
        if repeated:
            raise DataError(
                f'{Counter(names)[repeated[0]]} columns are called "{repeated[0]}"',
                path,
                "give every column its own name",
            )


def _matched(pattern: re.Pattern[bytes], text: bytes, at: int = 0) -> re.Match[bytes]:
    """The match of a pattern that matches anything."""
    found = pattern.match(text, at)
    assert found is not None
    return found


def _first(reader: Iterator[list[str]]) -> list[str]:
    limit = csv.field_size_limit(1 << 30)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(limit)


def _open_quote(record: bytes) -> bool:
    left = re.sub(rb'((?:^|[,;\t|])[ ]*)"[^"]*(?:""[^"]*)*"', rb"\1", record)
    return re.search(rb'(?:^|[,;\t|])[ ]*"', left) is not None


def _delimiter(line: str) -> str:
    unquoted = Counter(re.sub(r'"[^"]*"', "", line))
    return max(",;\t|", key=lambda mark: unquoted[mark])  # if equal, the first: the comma
