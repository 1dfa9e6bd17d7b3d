"""Lines at the bottom of a terminal that are written over, below lines that stay: rich's Live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text


class LiveBlock:
    """A block of lines, which may have ANSI styles; no line is wider than the terminal. The cursor is hidden until
    `close`."""

    def __init__(self, stream: TextIO, color: bool):
        self._stream = stream
        self._console = Console(file=stream, force_terminal=True, no_color=not color,
                                highlight=False, markup=False, emoji=False)  # fmt: skip
        self._live = Live(console=self._console, auto_refresh=False, transient=True,
                          redirect_stdout=False, redirect_stderr=False)  # fmt: skip
        self._live.start()

    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal."""
        return self._console.size.width, self._console.size.height

    def write(self, above: str, block: Sequence[str]) -> None:
        """Replaces the block by whole lines that stay and, below them, the new block."""
        if above:
            self._console.print(Text.from_ansi(above.removesuffix("\n")), soft_wrap=True)
        self._live.update(Text.from_ansi("\n".join(block), no_wrap=True, overflow="crop"), refresh=True)

    def close(self, above: str = "") -> None:
        """Removes the block, writes lines that stay, and gives the cursor back."""
        self._live.stop()
        self._stream.write(above)
        self._stream.flush()
