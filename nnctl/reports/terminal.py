"""The stream that text is written to: its width, whether it is a terminal, and which characters it can show."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import Any, TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}

# Replacements for streams without Unicode.
_ASCII = str.maketrans(
    {**dict.fromkeys("┌┐└┘├┤┬┴┼╸╺", "+"), **dict.fromkeys("─━", "-"), **dict.fromkeys("│⋮", "|"),
     "…": "...", "×": "x", "·": "-", "–": "-", "→": "->", "≥": ">=", "●": "*", "○": "o"}
)  # fmt: skip


# Control characters, line separators, marks that change the direction of writing, lone surrogates, and two code points
# that XML files must not contain.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_SEAMS = re.compile(r"[^_/.\\-]*[_/.\\-]+|[^_/.\\-]+")  # long names are broken after these characters


def visible(text: str) -> str:
    """The text with escape sequences in place of characters that would control a terminal: \\n, \\x1b, \\u202e."""
    return text if text.isprintable() else _INVISIBLE.sub(lambda m: m[0].encode("unicode_escape").decode(), text)


def display_width(text: str) -> int:
    """The columns that a text takes on a terminal: two for each wide character (Chinese, Japanese, Korean), none for
    combining characters."""
    if text.isascii():
        return len(text)
    import unicodedata  # imported here to keep start-up fast

    none, two = ("Mn", "Me", "Cf"), ("W", "F")
    return sum(
        0 if unicodedata.category(c) in none else 2 if unicodedata.east_asian_width(c) in two else 1 for c in text
    )


def fitted(text: str, width: int, right: bool = False) -> str:
    """The text in exactly that many columns: shortened with an ellipsis, or padded (on its left if `right`)."""
    if display_width(text) > width:
        while text and display_width(text) > width - 1:
            text = text[: min(len(text) - 1, width)]
        text += "…"
    blanks = " " * (width - display_width(text))
    return blanks + text if right else text + blanks


def wrap(text: str, width: int, indent: str = "", inside: bool = False) -> list[str]:
    """The text in lines of at most that many columns, broken between words; lines after the first are indented.

    inside: whether words longer than a line are broken, after _ / . - if possible; otherwise they exceed the width.
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
    """A word in pieces: the first with at most `first` columns, the others with at most `rest`."""
    pieces, piece, width = [], "", first
    for seam in _SEAMS.findall(word):
        if piece and display_width(piece + seam) > width:
            pieces.append(piece)
            piece, width = "", rest
        for letter in seam:
            if piece and display_width(piece + letter) > width:
                pieces.append(piece)
                piece, width = "", rest
            piece += letter
    return [*pieces, piece]


def _interprets_escapes(stream: TextIO) -> bool:
    """Whether a terminal interprets escape sequences. A Windows console does so only after it is switched on."""
    if os.name != "nt":
        return True
    import ctypes  # imported here to keep start-up fast
    from importlib import import_module

    msvcrt: Any = import_module("msvcrt")  # mypy knows its functions only on Windows
    mode, virtual_terminal = ctypes.c_uint32(), 4
    try:
        kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009  (mypy checks for a system that has none)
        handle = ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))
        if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
            return False
        return bool(mode.value & virtual_terminal or kernel.SetConsoleMode(handle, mode.value | virtual_terminal))
    except (AttributeError, OSError, ValueError):  # not a stream of the operating system
        return False


@dataclass(frozen=True)
class Terminal:
    """A text stream and what it can show.

    live: whether it is a terminal on which lines can be redrawn. width: columns; None if lines may have any length.
    """

    stream: TextIO
    live: bool
    color: bool
    unicode: bool  # whether it can show all of Unicode, not only the characters of its encoding
    width: int | None

    @classmethod
    def of(cls, stream: TextIO | None = None) -> Terminal:
        """The properties of a stream (default: stdout), also from NO_COLOR, FORCE_COLOR, TERM and COLUMNS."""
        stream = stream or sys.stdout
        is_terminal = stream.isatty()
        live = is_terminal and os.environ.get("TERM") != "dumb" and _interprets_escapes(stream)
        color = (live or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
        width = None
        if is_terminal or os.environ.get("COLUMNS", "").isdigit():
            import shutil  # imported here to keep start-up fast

            width = max(shutil.get_terminal_size().columns, 20)
        return cls(stream, live, color, "utf" in (stream.encoding or "").lower(), width)

    def styled(self, text: str, *styles: str) -> str:
        """The text in a style (bold, dim, red, green, yellow, cyan), if the stream can show styles."""
        if not (self.color and styles and text):
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"

    def plain(self, text: str) -> str:
        """The text in characters that the stream can show; control characters become escape sequences."""
        text = visible(text)
        if self.unicode:
            return text
        encoding = getattr(self.stream, "encoding", None) or "ascii"
        return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)

    def print(self, text: str = "", *styles: str) -> None:
        """Writes one line, unwrapped. A line break in it becomes an escape sequence, as do other control characters."""
        self.stream.write(self.styled(self.plain(text), *styles) + "\n")

    def flow(self, text: str, indent: str = "", *styles: str) -> None:
        """Writes a paragraph, wrapped to the width; lines after the first are indented."""
        for line in self.wrapped(text, indent):
            self.print(line, *styles)

    def wrapped(self, text: str, indent: str = "") -> list[str]:
        return wrap(visible(text), self.width, indent) if self.width else [visible(text)]

    def labelled(self, label: str, text: str, *styles: str) -> None:
        """Writes `label: text`, with the labels of several lines right-aligned."""
        head = fitted(label + ":", 6, right=True)
        first, *rest = self.wrapped(f"{head} {text}", " " * 7)
        self.stream.write(self.styled(head, *styles) + self.plain(first[len(head) :]) + "\n")
        for line in rest:
            self.print(line)
