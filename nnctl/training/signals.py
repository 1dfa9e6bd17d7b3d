"""Ctrl-C, SIGTERM and SIGHUP during a run."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from nnctl import interrupts
from nnctl.torch_engine import launch
from nnctl.translation import _

# signal -> why the run ends. Windows has no SIGHUP.
REASONS = {
    getattr(signal, name): reason
    for name, reason in {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}.items()
    if hasattr(signal, name)
}


PATIENCE = 1.5  # seconds from Ctrl-C to the message that says what the run is waiting for
ONE_PRESS = 0.5  # seconds in which further Ctrl-C, of a key that is held or hit in a hurry, count as the first one


class Signals:
    """A context in which the first signal ends the run after its iteration, and a later one stops it at once. Signals
    that the process was started to ignore, for example by nohup, stay ignored."""

    def __init__(self, stop: Callable[[str], None]):
        self._stop = stop
        self._before: dict[int, Any] = {}
        self._asked = False
        self._pressed = 0.0
        self._timer: threading.Timer | None = None

    def _handle(self, number: int, frame: Any) -> None:
        if self._asked and launch.processes() > 1:
            return  # torchrun passes on what the terminal has sent to all processes
        if self._asked and number == signal.SIGINT and time.monotonic() - self._pressed < ONE_PRESS:
            return
        if self._asked:
            interrupts.again(number, frame)
        self._asked, self._pressed = True, time.monotonic()
        self._stop(REASONS[number])
        if number == signal.SIGINT and interrupts.is_command() and os.isatty(2):
            self._timer = threading.Timer(PATIENCE, _explain)
            self._timer.daemon = True
            self._timer.start()

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():  # elsewhere Python forbids handlers
            for number in REASONS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._handle)

    def __exit__(self, *error: Any) -> None:
        if self._timer:
            self._timer.cancel()
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _explain() -> None:
    text = _("stopping: this iteration is finished first, or the compiling of kernels; then the run is saved.")
    again = _("Ctrl-C again stops at once, without saving.")
    os.write(2, f"\n{text}\n{again}\n".encode(sys.stderr.encoding or "utf-8", "replace"))
