"""What is told while something takes long, before there are any results."""

from __future__ import annotations

import time
from collections.abc import Callable

_EVERY = 10.0  # seconds between messages about the same work

# Gets each message. The commands set it; in a program nothing is told, unless it sets this.
listener: Callable[[str], None] | None = None


def tell(text: str) -> None:
    """Passes a message to the listener."""
    if listener is not None:
        listener(text)


class Progress:
    """Tells now and then how far something is. what: it, for example `reading a.csv`."""

    def __init__(self, what: str):
        self.what, self._last = what, time.monotonic()

    def at(self, how_far: str) -> None:
        """how_far: for example `35%`."""
        if time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            tell(f"{self.what}: {how_far}")
