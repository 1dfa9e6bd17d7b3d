"""One pass over the rows of a CSV file, for the facts that decide how it must be read."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_QUOTED = re.compile(rb'"[^"]*"')
_LINE_END = re.compile(rb"\r\r\n|\r\n|\n|\r")


class NotText(ValueError):
    """The bytes are not UTF-8, or contain a NUL."""


@dataclass
class Facts:
    """Facts about the rows, without the contents of quoted fields.

    ends: how often each line end occurs. blanks: there are blanks around a field. longest: the most bytes of a row.
    stray: a quote neither opens nor closes a field: `5" pipe`. blank_tail: there are blank lines at the end.
    trailing: every line ends in the requested number of delimiters. rows: not all lines are blank.
    """

    ends: Counter[bytes] = field(default_factory=Counter)
    blanks: bool = False
    longest: int = 0
    stray: bool = False
    blank_tail: bool = False
    trailing: bool = True
    rows: bool = False


def checked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same blocks. Raises NotText if they are not UTF-8 or contain a NUL."""
    decoder, between = codecs.getincrementaldecoder("utf-8")(), False
    try:
        for block in blocks:
            if between or not block.isascii():
                decoder.decode(block)
                between = bool(decoder.getstate()[0])
            if b"\0" in block:
                raise NotText
            yield block
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise NotText from None


def scan(blocks: Iterable[bytes], delimiter: str, trailing: int = 0) -> Facts:
    """The facts about rows that are given as blocks of UTF-8, with memory for a few blocks.

    trailing: how many delimiters every line must end in for `Facts.trailing`.
    """
    facts = Facts()
    inside, run = False, 0
    pending: list[bytes] = []
    for block in blocks:
        inside, bare = _outside(block, inside)
        run += len(block)
        facts.longest = max(facts.longest, run)
        whole = bare.rstrip(b"\r")  # what follows a CR is in the next block
        cut = max(whole.rfind(b"\n"), whole.rfind(b"\r")) + 1
        if cut:
            _look(b"".join((*pending, bare[:cut])), facts, delimiter.encode(), trailing)
            pending, run = [], len(block)
        pending.append(bare[cut:])
    if inside or any(pending):
        _look(b"".join(pending), facts, delimiter.encode(), trailing)
    return facts


def _outside(block: bytes, inside: bool) -> tuple[bool, bytes]:
    """(whether a quoted field is open at the end, the block without the contents of quoted fields)."""
    if inside:
        closing = block.find(b'"')
        if closing < 0:
            return True, b""
        inside, bare = _outside(block[closing + 1 :], False)
        return inside, b'"' + bare
    if b'"' not in block:
        return False, block
    if block.count(b'"') % 2:
        last = block.rindex(b'"')
        return True, _QUOTED.sub(b'""', block[:last]) + b'"'
    return False, _QUOTED.sub(b'""', block)


def _look(lines: bytes, facts: Facts, mark: bytes, trailing: int) -> None:
    """Adds complete lines to the facts. It searches for plain bytes, which is many times as fast as patterns."""
    if b"\r" in lines:
        facts.ends.update(_LINE_END.findall(lines) if b"\r\r\n" in lines else _plain_ends(lines))
        lines = lines.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    else:
        facts.ends[b"\n"] += lines.count(b"\n")
    body = lines.rstrip(b" \t\n")
    facts.blank_tail = lines.count(b"\n", len(body)) > (1 if body else 0)
    facts.rows = facts.rows or bool(body)
    quoted = b'"' in lines and not facts.stray
    if quoted or trailing or lines[:1] in b" \t" or lines[-1:] in b" \t":
        lines = b"\n" + lines + (b"" if lines.endswith(b"\n") else b"\n")
    for blank in (b" ",) if mark == b"\t" else (b" ", b"\t"):
        for sign in (mark, b"\n") if blank in lines and (quoted or trailing or not facts.blanks) else ():
            while blank + sign in lines or sign + blank in lines:
                facts.blanks = True
                lines = lines.replace(blank + sign, sign).replace(sign + blank, sign)
    if trailing and facts.trailing:
        facts.trailing = re.search(rb"\n(?![^\n]*%b\n)[^\n]" % (re.escape(mark) * trailing), lines) is None
    if quoted:
        while b'""""' in lines:  # a quote in a quoted field, written twice
            lines = lines.replace(b'""""', b'""')
        fields = lines.count(b'""')
        opened = lines.count(mark + b'""') + lines.count(b'\n""')
        closed = lines.count(b'""' + mark) + lines.count(b'""\n')
        facts.stray = not fields == opened == closed or lines.count(b'"') != 2 * fields


def _plain_ends(lines: bytes) -> dict[bytes, int]:
    both = lines.count(b"\r\n")
    return {b"\r\n": both, b"\n": lines.count(b"\n") - both, b"\r": lines.count(b"\r") - both}
