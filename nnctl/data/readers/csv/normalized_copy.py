"""CSV files rewritten as a strict reader takes them: UTF-8, one line end, no blanks around fields.

What stands inside quotes is left as it is, line ends too: it is hidden in bytes that UTF-8 does not have, so that all
else is done to large blocks at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_MOST = 1 << 28  # bytes that a record may have; a quote that never closes makes one of the rest of the file
_QUOTED = re.compile(rb'"[^"]*"')
_CLOSED = re.compile(rb'"[^"]*(?:""[^"]*)*"(?!")')


class TooLong(ValueError):
    """A record does not end."""


class _Hidden:
    """Delimiter, blanks and line ends to bytes of their own, and back."""

    def __init__(self, delimiter: str):
        shown = bytes(dict.fromkeys(b" \t\r\n" + delimiter.encode()))
        hidden = bytes(range(0xF8, 0xF8 + len(shown)))
        self.hide, self.show = bytes.maketrans(shown, hidden), bytes.maketrans(hidden, shown)


def hidden_records(blocks: Iterable[bytes], delimiter: str, stray: bool) -> Iterator[bytes]:
    """Whole records of rows in UTF-8, what stands in quoted fields hidden, and then all of these.

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
        whole = hidden.rstrip(b"\r") if len(hidden) == len(text) else hidden  # what follows a CR comes later
        cut = max(whole.rfind(b"\n"), whole.rfind(b"\r")) + 1
        if cut:
            yield hidden[:cut]
        held = text[cut:]
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


def _by_pairs(text: bytes, hide: bytes) -> bytes:
    """Where every quote opens or closes: up to the last one if it is without its pair."""
    if b'"' not in text:
        return text
    end = text.rindex(b'"') if text.count(b'"') % 2 else len(text)
    return _QUOTED.sub(lambda found: found[0].translate(hide), text[:end])


def _by_fields(text: bytes, delimiter: str, hide: bytes, final: bool) -> bytes:
    """Where a quote opens a field only at its beginning; one that never closes opens none."""
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
    """The rows with LF for line ends, no blanks around fields, and no blank lines at the end.

    trailing: so many delimiters are taken from the end of every line. stray: as hidden_records. Raises TooLong.
    """
    show = _Hidden(delimiter).show
    ends = b""  # line ends that are not written before there is more
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
    """Whole records with the contents of quoted fields hidden; every line ends in LF."""
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
