"""The one catcher: whatever goes wrong becomes a readable message on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import click

from nnctl import interrupts
from nnctl.errors import ExitCode, NnctlError, Stopped
from nnctl.reports.terminal import Terminal


@dataclass
class Switches:
    """What the user asked of the program as a whole."""

    debug: bool = False


@contextmanager
def catching(switches: Switches) -> Iterator[None]:
    """Exits the process with the code of whatever ends the body."""
    code: int = ExitCode.DONE
    try:
        try:
            with _without_warnings():
                yield
        finally:
            interrupts.end_command()
    except SystemExit as leaving:
        code = leaving.code
    except click.ClickException as error:
        _complain_of_usage(error)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        with suppress(OSError):  # of a terminal that is gone
            below_the_key = "\n" if sys.stderr.isatty() else ""  # a terminal shows ^C
            print(f"{below_the_key}stopped", file=sys.stderr)
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader (`head`, `less`) has seen enough; what Python still flushes at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.FAILED
    except Exception as error:
        if switches.debug:
            terminal = Terminal.of(sys.stderr)
            for line in traceback.format_exc().splitlines():
                terminal.print(line)
        code = _report(error)
    try:
        sys.stdout.flush()
    except OSError:  # said already; Python would try once more at exit and leave with 120
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(int(code))


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Python's own remarks (an overflow, a deprecation in a library) tell a user nothing: what matters is an error or a
    note of ours. `python -W` brings them back."""
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        yield


def _report(error: Exception) -> ExitCode:
    if isinstance(error, Stopped):  # asked for, so nothing to complain about
        for problem in error.problems:
            Terminal.of(sys.stderr).print(f"{problem.where}: {problem.message}" if problem.where else problem.message)
            if problem.hint:
                Terminal.of(sys.stderr).print(f"  hint: {problem.hint}")
        return error.exit_code
    if isinstance(error, NnctlError):
        for problem in error.problems:
            _complain(problem.message, problem.where, problem.hint)
        if len(error.problems) > 1:
            print(f"{len(error.problems)} problems", file=sys.stderr)
        return error.exit_code
    if isinstance(error, MemoryError):
        _complain(f"not enough memory{f': {error}' if str(error) else ''}",
                  hint="use a smaller batch_size or fewer units; nnctl summary CONFIG shows the memory needed")  # fmt: skip
    elif isinstance(error, OSError):
        _complain(error.strerror or str(error), where=error.filename and str(error.filename),
                  hint=_MENDS.get(error.errno))  # fmt: skip
    else:
        _complain(f"this is a bug in nnctl: {type(error).__name__}: {' '.join(str(error).split())}",
                  hint="run it again with --debug and report the traceback")  # fmt: skip
    return ExitCode.FAILED


def _complain_of_usage(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    usage = " ".join(context.get_usage().split()).removeprefix("Usage: ") if context else None
    _complain(" ".join(error.format_message().split()), hint=usage and f"{usage}; more: {context.command_path} --help")


_MENDS = {
    errno.ENOSPC: "free some disk space and try again; nnctl train --resume resumes a run",
    errno.EDQUOT: "free some of your disk quota and try again; nnctl train --resume resumes a run",
    errno.EIO: "the disk, or the connection to it, failed: try again; nnctl train --resume resumes a run",
    errno.EACCES: "check the permissions, or choose another place",
    errno.EROFS: "choose a writable folder",
}


def _complain(message: str, where: str | None = None, hint: str | None = None) -> None:
    terminal = Terminal.of(sys.stderr)
    terminal.labelled("error", message, "red", "bold")
    if where:
        terminal.labelled("at", where, "cyan")
    if hint:
        terminal.labelled("hint", hint, "green")
