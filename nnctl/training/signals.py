"""Ctrl-C and SIGTERM while a run goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any


class Signals:
    """While it is entered, the first Ctrl-C (or SIGTERM) asks the run to end after its iteration; a second
    Ctrl-C stops at once."""

    def __init__(self, stop: Callable[[str], None]):
        self._stop = stop
        self._before: dict[int, Any] = {}
        self._asked = False

    def _handle(self, number: int, frame: Any) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        self._stop("interrupted" if number == signal.SIGINT else "terminated")

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():  # elsewhere Python forbids handlers
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)

    def __exit__(self, *error: Any) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
