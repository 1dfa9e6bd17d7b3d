"""Runs of nnctl in forked children, whose file operations in one folder are counted, and one of which ends the process,
as a kill does, or fails. A fork of a process that has imported everything takes milliseconds."""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nnctl import cli, interrupts

KILLED = 137
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# How an operation ends. A torn write leaves half of it; a full disk stays full; the others fail once.
KINDS = ("kill", "torn", "ENOSPC", "EIO", "EACCES")
_NEEDS_SPACE = ("open", "write", "flush", "close", "mkdir", "fsync")


@dataclass
class Outcome:
    """What a child did. operations: each file operation, with the file's name."""

    code: int
    out: str
    err: str
    operations: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """What is wrong with a child's messages: a traceback, or anything but one error."""
        errors = [line for line in self.err.splitlines() if line.startswith("error")]
        wrong = ["a traceback"] if "Traceback" in self.err else []
        if "bug in nnctl" in self.err:
            wrong.append("called a bug")
        if (len(errors) == 1) != (self.code in (1, 2)):
            wrong.append(f"{len(errors)} errors with exit code {self.code}")
        return wrong


class Disk:
    """Stands between Python and the files under `root`.

    at: the number of the operation, from 0, that ends as `kind`.
    """

    def __init__(self, root: Path, kind: str | None = None, at: int | None = None):
        self.root, self.kind, self.at = os.path.realpath(root), kind, at
        self.operations: list[str] = []
        self._handles: dict[int, str] = {}

    def install(self) -> None:
        """For the rest of this process."""
        for name in ("mkdir", "unlink", "remove", "rmdir", "truncate", "rename", "replace"):
            setattr(os, name, self._by_path(name, getattr(os, name)))
        real_open, real_io = os.open, io.open

        def os_open(path, flags, *rest, dir_fd=None, **more):
            inside = self._inside(path, dir_fd)
            if inside:
                self._count("open", path, named=True)
            handle = real_open(path, flags, *rest, dir_fd=dir_fd, **more)
            if inside:
                self._handles[handle] = os.fspath(path)
            else:
                self._handles.pop(handle, None)
            return handle

        def fsync(handle):  # counted, not done: it takes longer than all else, and only a power cut shows it
            if handle in self._handles:
                self._count("fsync", self._handles[handle])

        def open_file(file, mode="r", *rest, **more):
            if isinstance(file, int) or not self._inside(file) or not set(mode) & set("wax+"):
                return real_io(file, mode, *rest, **more)
            self._count("open", file, named=True)
            opened = _File(real_io(file, mode, *rest, **more), os.fspath(file), self)
            self._handles[opened.fileno()] = os.fspath(file)
            return opened

        os.open, os.fsync, io.open, builtins.open = os_open, fsync, open_file, open_file

    def _by_path(self, name: str, real: Callable) -> Callable:
        def operation(path, *rest, dir_fd=None, **more):
            if self._inside(path, dir_fd):
                self._count(name, path, named=True)
            return real(path, *rest, **more) if dir_fd is None else real(path, *rest, dir_fd=dir_fd, **more)

        return operation

    def _inside(self, path, dir_fd: int | None = None) -> bool:
        if dir_fd is not None:  # a tree that is being removed
            return dir_fd in self._handles
        if isinstance(path, int):
            return path in self._handles
        absolute = os.path.abspath(os.fsdecode(path))
        return absolute == self.root or absolute.startswith(self.root + os.sep)

    def _count(self, name: str, path, named: bool = False, half: Callable[[], None] | None = None) -> None:
        number = len(self.operations)
        path = os.fspath(path)
        self.operations.append(f"{name} {os.path.basename(path)}")
        full = self.kind == "ENOSPC" and self.at is not None and number > self.at and name in _NEEDS_SPACE
        if number != self.at and not full:
            return
        if self.kind in ("kill", "torn"):
            if self.kind == "torn" and half is not None:
                half()
            os._exit(KILLED)
        code = getattr(errno, self.kind)
        raise OSError(code, os.strerror(code), *([str(path)] if named else []))


class _File:
    """A file that is written through a Disk."""

    def __init__(self, real, path: str, disk: Disk):
        self._real, self._path, self._disk = real, path, disk

    def write(self, content):
        def half():
            self._real.write(content[: len(content) // 2])
            self._real.flush()

        self._disk._count("write", self._path, half=half)
        return self._real.write(content)

    def flush(self):
        self._disk._count("flush", self._path)
        self._real.flush()

    def truncate(self, *size):
        self._disk._count("truncate", self._path)
        return self._real.truncate(*size)

    def close(self):
        if self._real.closed:
            return
        self._disk._handles.pop(self._real.fileno(), None)
        try:
            self._disk._count("close", self._path)
        finally:
            self._real.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def __getattr__(self, name):
        return getattr(self._real, name)


def start(arguments: Sequence[str | Path], place: Path, disk: Disk | None = None) -> int:
    """Forks a child that runs `nnctl ARGUMENTS`; what it prints goes to files in the folder `place`. Returns its id."""
    place.mkdir(exist_ok=True)
    (place / "operations").unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until the child can take them
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return child
    code = 99
    try:
        for number, name in ((1, "out"), (2, "err")):
            handle = os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(handle, number)
            os.close(handle)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in SIGNALS[1:]:
            signal.signal(number, signal.SIG_DFL)
        sys.argv = ["nnctl", *map(str, arguments)]
        if disk is not None:
            disk.install()
        begin = interrupts.begin_command

        def ready():
            begin()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

        interrupts.begin_command = ready
        try:
            cli.main()
        except SystemExit as leaving:
            code = leaving.code or 0
        sys.stdout.flush()
        sys.stderr.flush()
        if disk is not None:
            handle = os.open(place / "operations", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.write(handle, json.dumps(disk.operations).encode())
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def wait(child: int, place: Path, seconds: float = 60) -> Outcome:
    """Waits for a child to end; one that hangs is killed, which fails the test."""
    until = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError(f"it hangs: {(place / 'err').read_text()}")
        time.sleep(0.002)
    written = (place / "operations").read_text() if (place / "operations").exists() else ""
    operations = json.loads(written or "[]")  # a child that is killed while it writes them leaves an empty file
    code = os.waitstatus_to_exitcode(status)
    return Outcome(code, (place / "out").read_text(), (place / "err").read_text(), operations)


def run(arguments: Sequence[str | Path], place: Path, disk: Disk | None = None) -> Outcome:
    """Starts a child and waits for its end."""
    return wait(start(arguments, place, disk), place)


def files(folder: Path) -> dict[str, bytes]:
    """Everything of a run that must not depend on what happened to it: the bytes of all files, stray temporary ones
    included, except for the events and the environment, which contain times and commands."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name not in ("events.jsonl", "environment.json")}


def differences(found: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    """Names of the files that are missing, unexpected or different."""
    return sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
