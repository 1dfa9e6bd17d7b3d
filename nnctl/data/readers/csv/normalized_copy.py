"""CSV files rewritten for a strict reader: UTF-8, one kind of line end, no blanks around fields.

The contents of quoted fields do not change, including line ends: they are replaced by bytes that do not occur in UTF-8
for the time being, so that large blocks can be processed at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_MOST = 1 << 28  # bytes of a record; if a quote never closes, the rest of the file is one record
_QUOTED = re.compile(rb'"[^"]*"')
_CLOSED = re.compile(rb'"[^"]*(?:""[^"]*)*"(?!")')


class TooLong(ValueError):
    """A record does not end."""


class _Hidden:
    """Translations of delimiters, blanks and line ends to unused bytes, and back."""

    def __init__(self, delimiter: str):
        shown = bytes(dict.fromkeys(b" \t\r\n" + delimiter.encode()))
        hidden = bytes(range(0xF8, 0xF8 + len(shown)))
        self.hide, self.show = bytes.maketrans(shown, hidden), bytes.maketrans(hidden, shown)


def hidden_records(blocks: Iterable[bytes], delimiter: str, stray: bool) -> Iterator[bytes]:
    """Blocks of complete records in UTF-8, with the contents of quoted fields hidden.

    stray: there are quotes that neither open nor close a field. Raises TooLong.
    """
    hide = _Hidden(delimiter).hide
    held, source, final = b"", iter(blocks), False
    while not final:
        text, final = _more(held, source)
        # hidden: as long as text, up to a field whose end is not known yet
        hidden = _by_fields(text, delimiter, hide, final) if stray else _by_pairs(text, hide)
        if final:
            yield hidden + text[len(hidden) :]
            return
        whole = hidden.rstrip(b"\r") if len(hidden) == len(text) else hidden  # what follows a CR is in the next block
        cut = max(whole.rfind(b"\n"), whole.rfind(b"\r")) + 1
        if cut:
            yield hidden[:cut]
        held = text[cut:]
        if len(held) > _MOST:
            raise TooLong


def _more(held: bytes, source: Iterator[bytes]) -> tuple[bytes, bool]:
    """(the held text and at least as much again, whether this is the end)."""
    fresh, size = [], 0
    for block in source:
        fresh.append(block)
        size += len(block)
        if size > len(held):
            break
    return b"".join((held, *fresh)), not fresh


def _by_pairs(text: bytes, hide: bytes) -> bytes:
    """If every quote opens or closes a field: the text up to the last quote if that has no pair."""
    if b'"' not in text:
        return text
    end = text.rindex(b'"') if text.count(b'"') % 2 else len(text)
    return _QUOTED.sub(lambda found: found[0].translate(hide), text[:end])


def _by_fields(text: bytes, delimiter: str, hide: bytes, final: bool) -> bytes:
    """If a quote opens a field only at its beginning: a quote that never closes is not special."""
    blank, before = (b" " if delimiter == "\t" else b" \t"), b"\r\n" + delimiter.encode()
    parts: list[bytes] = []
    done = at = 0
    while (start := text.find(b'"', at)) >= 0:
        first = start
        while first > done and text[first - 1] in blank:
            first -= 1
        if first != 0 and text[first - 1] not in before:
            at = start + 1
            continue
        quoted = _CLOSED.match(text, start)
        if quoted is None or (quoted.end() == len(text) and not final):
            if not final:
                return b"".join((*parts, text[done:start]))
            break
        parts += [text[done:start], quoted[0].translate(hide)]
        at = done = quoted.end()
    return b"".join((*parts, text[done:]))


def normalized(blocks: Iterable[bytes], delimiter: str, trailing: int = 0, stray: bool = False) -> Iterator[bytes]:
    """The rows with LF as line end, without blanks around fields and without blank lines at the end.

    trailing: the number of delimiters to remove from the end of each line. stray: as in hidden_records. Raises TooLong.
    """
    show = _Hidden(delimiter).show
    ends = b""  # line ends that are written only if more text follows
    for records in hidden_records(blocks, delimiter, stray):
        text = _cleaned(records, delimiter, trailing)
        body = text.rstrip(b"\n")
        if body:
            yield ends + body.translate(show)
            ends = b""
        ends += text[len(body) :]
    if ends:
        yield b"\n"


def _cleaned(records: bytes, delimiter: str, trailing: int) -> bytes:
    """Complete records without blanks around fields, with LF as line end; quoted contents are hidden."""
    text = records
    if b"\r" in text:
        text = text.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if text and not text.endswith(b"\n"):
        text += b"\n"
    mark, blanks = delimiter.encode(), ((b" ",) if delimiter == "\t" else (b" ", b"\t"))
    text = text.lstrip(b"".join(blanks))
    while found := [(blank, sign) for sign in (mark, b"\n") for blank in blanks
                    if blank + sign in text or sign + blank in text]:  # fmt: skip
        for blank, sign in found:
            text = text.replace(blank + sign, sign).replace(sign + blank, sign)
    return text.replace(mark * trailing + b"\n", b"\n") if trailing else text
