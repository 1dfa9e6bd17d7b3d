"""The error handler: turns whatever goes wrong into a readable message on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import click

from nnctl import interrupts
from nnctl.errors import ExitCode, NnctlError, Stopped
from nnctl.reports.terminal import Terminal
from nnctl.torch_engine import launch
from nnctl.translation import _


@dataclass
class Switches:
    """The options that apply to the program as a whole."""

    debug: bool = False
    command: str | None = None


@contextmanager
def catching(switches: Switches) -> Iterator[None]:
    """Runs the body, then exits the process; the exit code tells how the body ended."""
    code: int | str | None = ExitCode.DONE
    try:
        try:
            with _without_warnings():
                yield
        finally:
            interrupts.end_command()
    except SystemExit as leaving:
        code = leaving.code
    except click.ClickException as error:
        _print_usage_error(error)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        with suppress(OSError):  # the terminal may be closed
            newline = "\n" if sys.stderr.isatty() else ""  # after the ^C that a terminal shows
            print(newline + _("stopped"), file=sys.stderr)
        code = interrupts.exit_code()
    except Exception as error:
        if _reader_has_left(error):  # `head` or `less` has closed the pipe: discard what Python still flushes at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(int(ExitCode.FAILED))
        if switches.debug:
            terminal = Terminal.of(sys.stderr)
            for line in traceback.format_exc().splitlines():
                terminal.print(line)
        code = _report(error, switches.command)
    try:
        sys.stdout.flush()
    except OSError:  # already reported; Python would try again at exit, fail, and exit with 120
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(int(code or 0))


def _reader_has_left(error: Exception) -> bool:
    """Whether the process that reads the output has ended, which Windows reports as an invalid argument."""
    invalid = isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and invalid)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Hides Python's warnings (an overflow, a deprecation in a library), which do not help a user: whatever matters is
    reported as an error or a note. `python -W` shows them again."""
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        yield


def _report(error: Exception, command: str | None) -> ExitCode:
    if isinstance(error, Stopped):  # on request, so it is not printed as an error
        for problem in error.problems:
            Terminal.of(sys.stderr).print(f"{problem.where}: {problem.message}" if problem.where else problem.message)
            if problem.hint:
                Terminal.of(sys.stderr).print(f"  hint: {problem.hint}")
        return error.exit_code
    if launch.rank():
        # torchrun ends this process as soon as the first one has reported the same
        time.sleep(3)
    if isinstance(error, NnctlError):
        for problem in error.problems:
            _print_error(problem.message, problem.where, problem.hint)
        if len(error.problems) > 1:
            print(f"{len(error.problems)} problems", file=sys.stderr)
        return error.exit_code
    if isinstance(error, MemoryError):
        _print_error(f"not enough memory{f': {error}' if str(error) else ''}",
                     hint="use a smaller batch_size or fewer units; "
                          "nnctl summary CONFIG shows the memory needed")  # fmt: skip
    elif isinstance(error, OSError):
        _print_error(
            error.strerror or str(error), where=error.filename and str(error.filename), hint=_hint_for(error, command)
        )
    else:
        _print_error(f"this is a bug in nnctl: {type(error).__name__}: {' '.join(str(error).split())}",
                     hint="run it again with --debug and report the traceback")  # fmt: skip
    return ExitCode.FAILED


def _print_usage_error(error: click.ClickException) -> None:
    from nnctl.cli.usage_hints import usage_message  # imported here to keep start-up fast

    context = getattr(error, "ctx", None)
    message, hint = usage_message(error)
    if context:
        usage = " ".join(context.get_usage().split()).removeprefix(_("Usage:")).strip()
        hint = f"{f'{hint}; ' if hint else ''}usage: {usage}; for all options: {context.command_path} --help"
    _print_error(" ".join(message.split()), hint=hint)


def _hint_for(error: OSError, command: str | None) -> str | None:
    if os.name == "nt" and error.errno == errno.EACCES:  # two programs cannot open the same file for writing there
        return "close the program that has it open, such as Excel, or choose another place"
    hint = _HINTS.get(error.errno or 0)
    resumes = hint is not None and command == "train" and error.errno in _LATER_BETTER
    return f"{hint}; nnctl train --resume resumes a run" if resumes else hint


_HINTS = {
    errno.ENOSPC: "free some disk space and try again",
    errno.EDQUOT: "free some of your disk quota and try again",
    errno.EIO: "the disk, or the connection to it, failed: try again",
    errno.EFBIG: "raise the limit on the size of files (`ulimit -f`), or choose a place on another file system",
    errno.EACCES: "check the permissions, or choose another place",
    errno.EROFS: "choose a writable folder",
}
_LATER_BETTER = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


def _print_error(message: str, where: str | None = None, hint: str | None = None) -> None:
    terminal = Terminal.of(sys.stderr)
    terminal.labelled(_("error"), message, "red", "bold")
    if where:
        terminal.labelled(_("at"), where, "cyan")
    if hint:
        terminal.labelled(_("hint"), hint, "green")
