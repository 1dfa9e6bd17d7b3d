"""Lines at the bottom of a terminal that are written over, below lines that stay: rich's Live."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TextIO

from rich.ansi import SGR_STYLE_MAP
from rich.console import Console, ConsoleOptions
from rich.live import Live
from rich.segment import Segment
from rich.style import Style

_STYLE = re.compile(r"\x1b\[([0-9;]*)m")  # splits a line into text, style, text, style, ..., text


class LiveBlock:
    """A block of lines, which may have ANSI styles; no line is wider than the terminal. The cursor is hidden until
    `close`."""

    def __init__(self, stream: TextIO, color: bool):
        self._stream = stream
        self._console = Console(file=stream, force_terminal=True, no_color=not color,
                                highlight=False, markup=False, emoji=False)  # fmt: skip
        self._block = _Lines()
        self._live = Live(self._block, console=self._console, auto_refresh=False, transient=True,
                          redirect_stdout=False, redirect_stderr=False)  # fmt: skip
        self._live.start()

    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal."""
        return self._console.size.width, self._console.size.height

    def write(self, above: str, block: Sequence[str]) -> None:
        """Replaces the block by whole lines that stay and, below them, the new block."""
        self._block.lines = block
        if above:
            self._console.print(_Lines(above.removesuffix("\n").split("\n")), soft_wrap=True)  # and the block
        else:
            self._live.refresh()

    def close(self, above: str = "") -> None:
        """Removes the block, writes lines that stay, and gives the cursor back."""
        self._live.stop()
        self._stream.write(above)
        self._stream.flush()


class _Lines:
    """Lines that rich neither parses nor wraps, which takes a third of the time of its Text."""

    def __init__(self, lines: Sequence[str] = ()):
        self.lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for line in self.lines:
            text, *styled = _STYLE.split(line)
            yield Segment(text)
            for codes, text in zip(styled[::2], styled[1::2], strict=True):
                yield Segment(text, _style(codes))
            yield Segment.line()


@lru_cache
def _style(codes: str) -> Style:
    """The style of an escape sequence's numbers, such as "1;32"; 0 is no style."""
    numbers = [int(code) for code in codes.split(";") if code not in ("", "0")]
    return Style.combine([Style.null(), *(Style.parse(SGR_STYLE_MAP[number]) for number in numbers)])
