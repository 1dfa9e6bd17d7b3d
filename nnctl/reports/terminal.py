"""Where text goes: how wide it is, whether it is a terminal, what it can show."""

from __future__ import annotations

import os
import sys
import textwrap
from dataclasses import dataclass
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}

# What a stream without Unicode gets instead.
_ASCII = str.maketrans(
    {**dict.fromkeys("┌┐└┘├┤┬┴┼╸╺", "+"), **dict.fromkeys("─━", "-"), **dict.fromkeys("│⋮", "|"),
     "…": "...", "×": "x", "·": "-", "–": "-", "→": "->", "≥": ">=", "●": "*", "○": "o"}
)  # fmt: skip


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
        """The text in letters that the stream can show."""
        return text if self.unicode else text.translate(_ASCII).encode("ascii", "replace").decode()

    def print(self, text: str = "", *styles: str) -> None:
        """Writes lines, as they are."""
        self.stream.write(self.styled(self.plain(text), *styles) + "\n")

    def flow(self, text: str, indent: str = "", *styles: str) -> None:
        """Writes a paragraph, wrapped to the width; lines after the first are indented."""
        for line in self.wrapped(text, indent):
            self.print(line, *styles)

    def wrapped(self, text: str, indent: str = "") -> list[str]:
        lines: list[str] = []
        for line in text.splitlines() or [""]:
            lines += textwrap.wrap(line, self.width, subsequent_indent=indent, break_long_words=False,
                                   break_on_hyphens=False) if self.width else [line]  # fmt: skip
        return lines

    def labelled(self, label: str, text: str, *styles: str) -> None:
        """Writes `label: text`, labels right-aligned under one another."""
        first, *rest = self.wrapped(f"{label + ':':>6} {self.plain(text)}", " " * 7)
        head = f"{label + ':':>6}"
        self.print("\n".join([self.styled(head, *styles) + first[len(head):], *rest]))  # fmt: skip
