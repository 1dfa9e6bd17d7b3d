"""Ctrl-C, SIGTERM and SIGHUP in the command `nnctl`: from the first import to the last line they end the process with
one word and an exit code, never with a traceback.

This module imports nothing of nnctl, so that it is ready first. As a library, nnctl changes signal handlers only while
it trains (training/signals.py).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

_command = False  # whether this process is the command `nnctl`
_raises = False  # whether a signal may be raised as KeyboardInterrupt, for someone above to clean up
_raised: int = signal.SIGINT  # the signal that was raised


def leave(number: int = signal.SIGINT, frame: Any = None) -> None:
    """Ends the process at once. A file that is being written stays behind as a temporary file, which the next writer
    removes."""
    try:
        if os.isatty(1):
            os.write(1, b"\x1b[?25h")  # the cursor, which the live table hides
        os.write(2, b"\nstopped\n" if os.isatty(2) else b"stopped\n")  # after the ^C that a terminal shows
    finally:
        os._exit(128 + number)


# Python's default handler of each signal. Windows has no SIGHUP.
_BEFORE: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
if hasattr(signal, "SIGHUP"):
    _BEFORE[signal.SIGHUP] = signal.SIG_DFL


def leave_while_importing() -> None:
    """Until `end_importing`, each of the signals ends the process."""
    _exchange(_BEFORE, dict.fromkeys(_BEFORE, leave))


def end_importing() -> None:
    _exchange(dict.fromkeys(_BEFORE, leave), _BEFORE)


def begin_command() -> None:
    """This process is the command: the first signal raises KeyboardInterrupt, so that temporary files are removed; a
    second one ends it."""
    global _command, _raises
    _command = _raises = True
    _exchange(_BEFORE, dict.fromkeys(_BEFORE, _handle))
    sys.unraisablehook = _unraisable


def end_command() -> None:
    """The cleanup is done: from now on a signal ends the process."""
    global _raises
    _raises = False


def exit_code() -> int:
    """The exit code of a process that ends by the signal that was raised."""
    return 128 + _raised


def is_command() -> bool:
    """Whether this process is the command, and not a program that uses nnctl."""
    return _command


def again(number: int, frame: Any) -> None:
    """A second signal during a run."""
    if _command:  # its threads may be waiting for one that an exception has ended
        leave(number)
    raise KeyboardInterrupt


def _handle(number: int, frame: Any) -> None:
    global _raises, _raised
    if not _raises:
        leave(number)
    _raises, _raised = False, number
    raise KeyboardInterrupt


def _unraisable(what: Any) -> None:
    """Ends the process at a Ctrl-C where Python cannot raise, as in a finalizer, and would only print a traceback."""
    if isinstance(what.exc_value, KeyboardInterrupt):
        leave()
    sys.__unraisablehook__(what)


def _exchange(old: dict[int, Any], new: dict[int, Any]) -> None:
    """Sets the new handlers where the old ones are in place, on the main thread only. A signal that is ignored, as
    under nohup, stays ignored."""
    if threading.current_thread() is threading.main_thread():
        for number, handler in new.items():
            if signal.getsignal(number) is old[number]:
                signal.signal(number, handler)
