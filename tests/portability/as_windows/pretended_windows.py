"""Python as on Windows, as far as another system can pretend it, for nnctl and its tests alone.

`NNCTL_TEST_AS_WINDOWS=1 python -m pytest tests/cli` runs tests this way: tests/conftest.py calls `begin()` before
nnctl is imported, and puts this folder on PYTHONPATH, whose sitecustomize.py does the same in every Python that a test
starts.

nnctl then finds
- `os.name` to be "nt", and neither modules (fcntl, termios, ...) nor functions and constants (os.sched_getaffinity,
  signal.SIGHUP, mmap.MADV_WILLNEED, ...) that only POSIX has;
- msvcrt, with `locking`, and what kernel32 tells of the memory;
- folders that cannot be opened, and files that cannot be renamed, replaced or removed while this process has them open;
- no signal handler but for the signals that Windows knows; nothing under /proc and /dev;
- CRLF as the line end of what is written as text, and an AssertionError where text is opened without an encoding;
- clocks that tick 64 times a second.
In a process that a test starts, standard input, output and errors are cp949, too, and write CRLF, and a pipe whose
reader has left is an invalid argument.

Other packages are left alone, or they would not run here. A test that itself asks for what Windows lacks is skipped.
What a test module asks for while it is imported it gets.
`sys.platform` and the separators of paths stay what they are.
"""

from __future__ import annotations

import builtins
import errno
import importlib
import io
import mmap
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

FOLDER = Path(__file__).resolve().parent
SWITCH = "NNCTL_TEST_AS_WINDOWS"
_TESTS = str(FOLDER.parents[1]) + os.sep
_MODULES = frozenset({"fcntl", "termios", "resource", "pty", "tty", "pwd", "grp", "readline", "curses", "syslog"})
_LACKING = {
    os: (
        "fork forkpty register_at_fork sched_getaffinity sched_setaffinity sched_yield posix_fadvise posix_fallocate"
        " posix_spawn memfd_create MFD_CLOEXEC getuid geteuid getgid getegid getgroups getpgid getpgrp getsid setsid"
        " setuid setgid setpgid killpg statvfs fstatvfs pathconf sysconf sysconf_names uname getloadavg chown fchown"
        " lchown fchdir fchmod mkfifo mknod openpty login_tty nice pipe2 pread preadv pwrite pwritev readv writev"
        " sendfile sync fdatasync copy_file_range splice wait wait3 wait4 waitid WNOHANG WIFSIGNALED getrandom"
        " getxattr setxattr ctermid ttyname chroot confstr O_DIRECTORY O_NOFOLLOW O_CLOEXEC O_NONBLOCK O_SYNC"
        " O_DIRECT O_PATH O_TMPFILE EX_OK environb fsencodeb"
    ),
    signal: (
        "SIGHUP SIGKILL SIGALRM SIGUSR1 SIGUSR2 SIGPIPE SIGQUIT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU"
        " SIGWINCH SIGBUS alarm setitimer getitimer ITIMER_REAL pause pthread_kill pthread_sigmask sigpending sigwait"
        " siginterrupt sigtimedwait SIG_BLOCK SIG_UNBLOCK SIG_SETMASK"
    ),
    mmap: (
        "MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_FREE MADV_HUGEPAGE PROT_READ"
        " PROT_WRITE MAP_SHARED MAP_PRIVATE MAP_ANONYMOUS MAP_POPULATE"
    ),
    time: "clock_gettime CLOCK_MONOTONIC CLOCK_REALTIME tzset pthread_getcpuclockid",
}  # fmt: skip
_SIGNALS = frozenset({signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGINT, signal.SIGSEGV, signal.SIGTERM})
ENCODING = "cp949"  # EUC-KR, as Windows extends it
_TICK = 1 / 64
# Modules between nnctl and the system: who calls them is who asks.
_BETWEEN = frozenset({"contextlib", "pathlib", "pathlib._local", "pathlib._abc", "shutil", "tempfile"})

_begun = False


def begin() -> None:
    """Begins to pretend, in this process and in those that it starts."""
    global _begun
    os.environ[SWITCH] = "1"
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(FOLDER) not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(FOLDER), *filter(None, paths)])
    if _begun:
        return
    _begun = True
    for module, names in _LACKING.items():
        _hide(module, names.split())
    _name_the_system()
    _without_modules()
    _with_refusals()
    _with_windll()
    _with_slow_clocks()


def _asker(frame: FrameType | None, directly: bool = False) -> str:
    """Who asks: "nnctl", "tests" or, for all else, ""; by way of pathlib and the like or `directly`."""
    while frame is not None and frame.f_globals.get("__name__") in _BETWEEN and not directly:
        frame = frame.f_back
    if frame is None:
        return ""
    about = frame.f_globals
    name = about.get("__package__") if about.get("__name__") == "__main__" else about.get("__name__")
    if (name or "").partition(".")[0] == "nnctl":
        return "nnctl"
    file = frame.f_code.co_filename
    mine = file.startswith(_TESTS) and not file.startswith(str(FOLDER)) and frame.f_code.co_name != "<module>"
    return "tests" if mine and "pytest" in sys.modules else ""


def _lacks(what: str) -> None:
    """Skips the test that asks for something."""
    import pytest

    pytest.skip(f"Windows has no {what}")


def _hide(module: ModuleType, names: list[str]) -> None:
    """The names are missing from a module for nnctl; a test that uses one is skipped."""
    there = {name: _hidden(module, name) for name in names if hasattr(module, name)}
    module.__class__ = type(module.__name__, (module.__class__,), there)


def _hidden(module: ModuleType, name: str) -> property:
    def get(self: ModuleType) -> Any:
        who = _asker(sys._getframe(1), directly=True)
        if who == "tests":
            _lacks(f"{module.__name__}.{name}")
        if who == "nnctl" or name not in vars(self):
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        return vars(self)[name]

    def put(self: ModuleType, value: Any) -> None:
        vars(self)[name] = value

    def remove(self: ModuleType) -> None:
        del vars(self)[name]

    return property(get, put, remove)


def _name_the_system() -> None:
    def get(self: ModuleType) -> str:
        return "nt" if _asker(sys._getframe(1), directly=True) else vars(self)["name"]

    def put(self: ModuleType, value: str) -> None:
        vars(self)["name"] = value

    os.__class__ = type("os", (os.__class__,), {"name": property(get, put)})


class _Msvcrt(ModuleType):
    """Of Windows' module what nnctl uses."""

    LK_NBLCK = 2

    @staticmethod
    def locking(handle: int, mode: int, count: int) -> None:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PermissionError(errno.EACCES, "Permission denied") from None

    @staticmethod
    def get_osfhandle(handle: int) -> int:
        return handle


def _without_modules() -> None:
    real = builtins.__import__
    msvcrt = _Msvcrt("msvcrt")

    def load(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> ModuleType:
        if name == "msvcrt" or name in _MODULES:
            who = _asker(sys._getframe(1))
            if who == "nnctl":
                if name == "msvcrt":
                    return msvcrt
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if who == "tests" and name in _MODULES:
                _lacks(f"module {name}")
        return real(name, globals, locals, fromlist, level)

    real_import_module = importlib.import_module

    def import_module(name: str, package: str | None = None) -> ModuleType:
        if name == "msvcrt" and _asker(sys._getframe(1)) == "nnctl":
            return msvcrt
        return real_import_module(name, package)

    builtins.__import__, importlib.import_module = load, import_module


def _with_refusals() -> None:
    """What exists on Windows and refuses more."""
    real_open, real_signal, real_io = os.open, signal.signal, io.open
    real_kill, real_raise = os.kill, signal.raise_signal

    def open_handle(path: Any, *rest: Any, **more: Any) -> int:
        if _asker(sys._getframe(1)) == "nnctl" and os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real_open(path, *rest, **more)

    def set_handler(number: int, handler: Any) -> Any:
        if _asker(sys._getframe(1)) == "nnctl" and number not in _SIGNALS:
            raise ValueError("invalid signal value")
        return real_signal(number, handler)

    def kill(process: int, number: int) -> None:
        if _asker(sys._getframe(1)) == "tests":
            _lacks("os.kill that is more than an end of the process")
        real_kill(process, number)

    def raise_signal(number: int) -> None:
        if _asker(sys._getframe(1)) == "tests" and number not in _SIGNALS:
            _lacks(signal.Signals(number).name)
        real_raise(number)

    def open_file(
        file: Any, mode: str = "r", buffering: int = -1, encoding: str | None = None, errors: str | None = None,
        newline: str | None = None, *rest: Any, **more: Any,
    ) -> Any:  # fmt: skip
        who = _asker(sys._getframe(1))
        if isinstance(file, str | Path) and str(file).startswith(("/proc/", "/dev/")):
            if who == "nnctl":
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(file))
            if who == "tests":
                _lacks(str(file))
        if who == "nnctl" and "b" not in mode:
            assert encoding not in (None, "locale"), f"{file} is opened as text without an encoding"
            newline = "\r\n" if newline is None and set(mode) & set("wax+") else newline
        return real_io(file, mode, buffering, encoding, errors, newline, *rest, **more)

    shutil._use_fd_functions = False  # or folders would be open while they are removed
    os.open, signal.signal = open_handle, set_handler
    os.kill, signal.raise_signal = kill, raise_signal
    io.open = builtins.open = open_file
    for name, many in {"replace": 2, "rename": 2, "unlink": 1, "remove": 1, "rmdir": 1}.items():
        setattr(os, name, _where_not_open(getattr(os, name), many))


def _where_not_open(real: Callable[..., Any], many: int) -> Callable[..., Any]:
    def operation(*paths: Any, **more: Any) -> Any:
        if _asker(sys._getframe(1)) == "nnctl":
            names = [os.path.realpath(os.fsdecode(path)) for path in paths[:many]]
            if real.__name__ == "rename" and os.path.exists(names[1]):
                raise FileExistsError(errno.EEXIST, "File exists", *paths[:many])
            for held in _open_files():
                if any(held == name or held.startswith(name + os.sep) for name in names):
                    raise PermissionError(errno.EACCES, "The process cannot access the file: it is open", *paths[:many])
        return real(*paths, **more)

    return operation


def _open_files() -> Iterator[str]:
    """What this process has open or mapped, where the system tells (Linux)."""
    try:
        handles = os.listdir("/proc/self/fd")
        with io.open("/proc/self/maps", encoding="utf-8") as maps:  # noqa: UP020  (the one that is replaced)
            mapped = {line[at:-1] for line in maps if (at := line.find("/")) >= 0}
    except OSError:
        return
    yield from mapped
    for handle in handles:
        try:
            yield os.readlink(f"/proc/self/fd/{handle}")
        except OSError:
            continue


class _Pipe(io.FileIO):
    """A pipe as Windows' C library writes to it."""

    def write(self, data: Any) -> int | None:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise OSError(errno.EINVAL, "Invalid argument") from None


def redirect() -> None:
    """Makes this process' standard streams those of a Korean Windows where they are no terminals."""
    if not sys.stdin.isatty():
        sys.stdin.reconfigure(encoding=ENCODING)
    for name, errors in (("stdout", "strict"), ("stderr", "backslashreplace")):
        stream = getattr(sys, name)
        if not stream.isatty():
            raw = io.BufferedWriter(_Pipe(stream.fileno(), "wb", closefd=False))
            setattr(sys, name, io.TextIOWrapper(raw, ENCODING, errors, "\r\n", line_buffering=name == "stderr"))
            setattr(sys, f"__{name}__", getattr(sys, name))


class _Kernel32:
    """Of Windows' library what nnctl calls."""

    def GlobalMemoryStatusEx(self, status: Any) -> int:
        status._obj.total = vars(os)["sysconf"]("SC_PHYS_PAGES") * mmap.PAGESIZE
        return 1

    def GetConsoleMode(self, handle: Any, mode: Any) -> int:
        mode._obj.value = 3
        return int(os.isatty(handle.value))

    def SetConsoleMode(self, handle: Any, mode: int) -> int:
        return int(mode == 7)


def _with_windll() -> None:
    import ctypes

    windll = SimpleNamespace(kernel32=_Kernel32())

    def get(self: ModuleType) -> SimpleNamespace:
        if _asker(sys._getframe(1)) != "nnctl":
            raise AttributeError("module 'ctypes' has no attribute 'windll'")
        return windll

    ctypes.__class__ = type("ctypes", (ctypes.__class__,), {"windll": property(get)})


def _with_slow_clocks() -> None:
    def slow(real: Callable[[], float]) -> Callable[[], float]:
        def clock() -> float:
            now = real()
            return now // _TICK * _TICK if _asker(sys._getframe(1)) == "nnctl" else now

        return clock

    time.time, time.monotonic = slow(time.time), slow(time.monotonic)
