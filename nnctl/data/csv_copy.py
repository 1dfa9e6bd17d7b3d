"""CSV files rewritten as a strict reader takes them: UTF-8, one line end, no blanks around fields.

What stands inside quotes is left as it is, line ends too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_MOST = 1 << 28  # bytes that a record may have; a quote that never closes makes one of the rest of the file


class TooLong(ValueError):
    """A record does not end."""


def pieces(blocks: Iterable[bytes], delimiter: str) -> Iterator[tuple[bool, bytes]]:
    """(whether it is a quoted field, bytes) of rows in UTF-8, in order; a field's quotes are with it.

    A quote opens a field only where a field begins; one that never closes opens none. Raises TooLong.
    """
    mark = re.escape(delimiter.encode())
    opening = re.compile(rb'(?:\A|[\r\n]|%b)%b*(?=")' % (mark, _blank(delimiter)))
    closed = re.compile(rb'"[^"]*(?:""[^"]*)*"(?!")')
    held, source = b"", iter(blocks)
    while True:
        text, final = _more(held, source)
        at = ended = upto = 0  # where the last whole record ends: in text, and in found
        found: list[tuple[bool, bytes]] = []
        while True:
            match = opening.search(text, at)
            start = match.end() if match else len(text)
            tail = max(text.rfind(b"\n", at, start), text.rfind(b"\r", at, min(start, len(text) - 1))) + 1
            if tail:
                found.append((False, text[at:tail]))
                at, ended, upto = tail, tail, len(found)
            if match is None:
                break
            quoted = closed.match(text, start)
            if quoted is None or (quoted.end() == len(text) and not final):
                break
            found += [(False, text[at:start]), (True, quoted[0])]
            at = quoted.end()
        if final:
            yield from found
            yield False, text[at:]
            return
        yield from found[:upto]
        held = text[ended:]
        if len(held) > _MOST:
            raise TooLong


def _more(held: bytes, source: Iterator[bytes]) -> tuple[bytes, bool]:
    """(what is held and as much again at least, whether that is all)."""
    fresh, size = [], 0
    for block in source:
        fresh.append(block)
        size += len(block)
        if size > len(held):
            break
    return b"".join((held, *fresh)), not fresh


def _blank(delimiter: str) -> bytes:
    return rb" " if delimiter == "\t" else rb"[ \t]"


def emptied(blocks: Iterable[bytes], delimiter: str) -> Iterator[bytes]:
    """The rows with nothing in their quoted fields."""
    for quoted, piece in pieces(blocks, delimiter):
        yield b'""' if quoted else piece.replace(b'"', b"'")


def normalized(blocks: Iterable[bytes], delimiter: str, trailing: int = 0) -> Iterator[bytes]:
    """The rows with LF for line ends, no blanks around fields, and no blank lines at the end.

    trailing: so many delimiters are taken from the end of every line. Raises TooLong.
    """
    mark = delimiter.encode()
    blank = b" " if delimiter == "\t" else b" \t"
    around = re.compile(rb"%b+(?=%b|\n)|(?<=%b|\n)%b+" % (_blank(delimiter), re.escape(mark), re.escape(mark),
                                                         _blank(delimiter)))  # fmt: skip
    tail = re.compile(re.escape(mark) * trailing + rb"(?=\n)")
    begins, ends = True, b""  # whether a row begins here; line ends that are not written before there is more
    for quoted, piece in _with_end(pieces(blocks, delimiter)):
        if not quoted:
            piece = piece.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            piece = around.sub(b"", piece.lstrip(blank) if begins else piece)
            if trailing:
                piece = tail.sub(b"", piece)
        if not piece:
            continue
        begins = not quoted and piece.endswith(b"\n")
        body = piece if quoted else piece.rstrip(b"\n")
        if body:
            yield ends + body
            ends = b""
        if not quoted:
            ends += piece[len(body) :]
    if ends:
        yield b"\n"


def _with_end(found: Iterable[tuple[bool, bytes]]) -> Iterator[tuple[bool, bytes]]:
    """The pieces, with a line end after the last row where it has none."""
    last = b"\n"
    for quoted, piece in found:
        if piece:
            last = b'"' if quoted else piece
            yield quoted, piece
    if not last.endswith((b"\n", b"\r")):
        yield False, b"\n"
