"""Where text goes: how wide it is, whether it is a terminal, what it can show."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}

# What a stream without Unicode gets instead.
_ASCII = str.maketrans(
    {**dict.fromkeys("┌┐└┘├┤┬┴┼╸╺", "+"), **dict.fromkeys("─━", "-"), **dict.fromkeys("│⋮", "|"),
     "…": "...", "×": "x", "·": "-", "–": "-", "→": "->", "≥": ">=", "●": "*", "○": "o"}
)  # fmt: skip


# Control characters, line separators, marks that turn the direction of writing round, half surrogate pairs, and two
# code points that no XML file may hold.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_SEAMS = re.compile(r"[^_/.\\-]*[_/.\\-]+|[^_/.\\-]+")  # a long name is broken after these


def visible(text: str) -> str:
    """The text with characters that a terminal would obey, rather than show, written out: \\n, \\x1b, \\u202e."""
    return text if text.isprintable() else _INVISIBLE.sub(lambda m: m[0].encode("unicode_escape").decode(), text)


def display_width(text: str) -> int:
    """The columns that a text takes on a terminal: two for each wide letter (Chinese, Japanese, Korean), none for marks
    that join the letter before."""
    if text.isascii():
        return len(text)
    import unicodedata

    none, two = ("Mn", "Me", "Cf"), ("W", "F")
    return sum(
        0 if unicodedata.category(c) in none else 2 if unicodedata.east_asian_width(c) in two else 1 for c in text
    )


def fitted(text: str, width: int, right: bool = False) -> str:
    """The text in exactly so many columns: cut with an ellipsis, or filled with blanks, on its left where `right`."""
    if display_width(text) > width:
        while text and display_width(text) > width - 1:
            text = text[: min(len(text) - 1, width)]
        text += "…"
    blanks = " " * (width - display_width(text))
    return blanks + text if right else text + blanks


def wrap(text: str, width: int, indent: str = "", inside: bool = False) -> list[str]:
    """The text in lines of at most so many columns, broken between words; lines after the first are indented.

    inside: words longer than a line are broken, too, after _ / . - where they have them; else they stick out.
    """
    lines: list[str] = []
    line, used = "", 0
    for blanks, word in re.findall(r"( *)([^ ]+)", text):
        letters = display_width(word)
        if line.strip() and used + len(blanks) + letters > width:
            lines.append(line)
            line, used, blanks = indent, len(indent), ""
        if inside and used + len(blanks) + letters > width:
            *whole, word = _broken(word, max(width - used - len(blanks), 1), max(width - len(indent), 1))
            for piece in whole:
                lines.append(line + blanks + piece)
                line, used, blanks = indent, len(indent), ""
            letters = display_width(word)
        line += blanks + word
        used += len(blanks) + letters
    return [*lines, line] if line.strip() else lines


def _broken(word: str, first: int, rest: int) -> list[str]:
    """A word in pieces: the first of at most so many columns, the others of at most `rest`."""
    pieces, piece, room = [], "", first
    for seam in _SEAMS.findall(word):
        if piece and display_width(piece + seam) > room:
            pieces.append(piece)
            piece, room = "", rest
        for letter in seam:
            if piece and display_width(piece + letter) > room:
                pieces.append(piece)
                piece, room = "", rest
            piece += letter
    return [*pieces, piece]


@dataclass(frozen=True)
class Terminal:
    """A text stream and what it can show.

    live: a real terminal whose lines can be drawn again. width: columns; None where lines may be any length.
    """

    stream: TextIO
    live: bool
    color: bool
    unicode: bool
    width: int | None

    @classmethod
    def of(cls, stream: TextIO | None = None) -> Terminal:
        """Looks at a stream (default stdout), NO_COLOR, FORCE_COLOR, TERM and COLUMNS."""
        stream = stream or sys.stdout
        is_terminal = stream.isatty()
        live = is_terminal and os.environ.get("TERM") != "dumb"
        color = (live or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
        width = None
        if is_terminal or os.environ.get("COLUMNS", "").isdigit():
            import shutil

            width = max(shutil.get_terminal_size().columns, 20)
        return cls(stream, live, color, "utf" in (stream.encoding or "").lower(), width)

    def styled(self, text: str, *styles: str) -> str:
        """The text in a style (bold, dim, red, green, yellow, cyan), where styles can be shown."""
        if not (self.color and styles and text):
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"

    def plain(self, text: str) -> str:
        """The text in letters that the stream can show; control characters are written out."""
        text = visible(text)
        return text if self.unicode else text.translate(_ASCII).encode("ascii", "replace").decode()

    def print(self, text: str = "", *styles: str) -> None:
        """Writes one line, unwrapped; a line break in it is written out, as every control character is."""
        self.stream.write(self.styled(self.plain(text), *styles) + "\n")

    def flow(self, text: str, indent: str = "", *styles: str) -> None:
        """Writes a paragraph, wrapped to the width; lines after the first are indented."""
        for line in self.wrapped(text, indent):
            self.print(line, *styles)

    def wrapped(self, text: str, indent: str = "") -> list[str]:
        return wrap(visible(text), self.width, indent) if self.width else [visible(text)]

    def labelled(self, label: str, text: str, *styles: str) -> None:
        """Writes `label: text`, labels right-aligned under one another."""
        first, *rest = self.wrapped(f"{label + ':':>6} {text}", " " * 7)
        head = f"{label + ':':>6}"
        self.stream.write(self.styled(head, *styles) + self.plain(first[len(head) :]) + "\n")
        for line in rest:
            self.print(line)
