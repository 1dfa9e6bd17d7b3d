"""Lines at the bottom of a terminal that are written over, below lines that stay."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import TextIO

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"  # the cursor
_REST_OF_LINE, _REST_OF_SCREEN = "\x1b[K", "\x1b[J"  # to erase


class LiveBlock:
    """A block of lines. Each change is one write, in which lines are overwritten rather than erased first, so that
    nothing flickers. The cursor is hidden until `close`, and stands at the end of the last line."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._lines = 0  # of the block on the screen
        stream.write(_HIDE)

    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal."""
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):  # no terminal, in a test
            size = os.terminal_size((0, 0))
        default = shutil.get_terminal_size()  # COLUMNS and LINES go first
        own = bool(os.environ.get("COLUMNS")), bool(os.environ.get("LINES"))
        return (default.columns if own[0] or not size.columns else size.columns,
                default.lines if own[1] or not size.lines else size.lines)  # fmt: skip

    def write(self, above: str, block: Sequence[str]) -> None:
        """Replaces the block by whole lines that stay and, below them, the new block. No line may be wider than the
        terminal."""
        lines = [*above.splitlines(), *block]
        text = f"{_REST_OF_LINE}\n".join(lines) + _REST_OF_LINE
        if above and not block:
            text += "\n"
        self._stream.write(self._to_first_line() + text + _REST_OF_SCREEN)
        self._stream.flush()
        self._lines = len(block)

    def close(self, above: str = "") -> None:
        """Removes the block, writes lines that stay, and gives the cursor back."""
        self._stream.write(self._to_first_line() + _REST_OF_SCREEN + above + _SHOW)
        self._stream.flush()
        self._lines = 0

    def _to_first_line(self) -> str:
        return "\r" + (f"\x1b[{self._lines - 1}A" if self._lines > 1 else "")
