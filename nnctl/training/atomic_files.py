"""Files that are written whole or not at all, even in a crash, and a lock that lets one process write to a folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from nnctl.errors import RunError, TrainingError

Pieces = Iterable[bytes | memoryview]

TEMPORARY = ".*.tmp"  # matches the names of files and folders that are still being written
LOCK = ".lock"  # the file that is locked where folders cannot be
# The errors of systems and file systems that have no locks.
_NO_LOCKS = {getattr(errno, name, None) for name in ("ENOLCK", "EOPNOTSUPP", "ENOTSUP", "ENOSYS", "EINVAL")}


def write_safely(path: Path, content: bytes | Pieces) -> None:
    """Temporary file beside it, fsync, rename, fsync of the folder. Raises OSError and leaves no temporary."""
    temporary = temporary_of(path)
    with named(path):
        try:
            with open(temporary, "wb") as file:  # the umask's mode, as any other file of the user
                write(file, content)
                file.flush()
                os.fsync(file.fileno())
            move(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)


def move(source: Path, target: Path) -> None:
    """Renames a file, over the one that is there, or a folder to a new name. On Windows, where a file that is open
    cannot be renamed and a virus scanner may have a new file open for a moment, it tries again for a second."""
    tries = 20 if os.name == "nt" else 1
    for left in reversed(range(tries)):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if not left:
                raise
            time.sleep(0.05)


def temporary_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Makes an OSError name this file: that of a failed write names none, that of a failed rename the temporary one."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def write(file: BinaryIO, content: bytes | Pieces) -> str:
    """Writes the content and returns its SHA-256."""
    digest = hashlib.sha256()
    for piece in [content] if isinstance(content, bytes) else content:
        digest.update(piece)
        file.write(piece)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder survive a power failure, where the system supports it."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Lock:
    """Lets only one process train in a run's folder.

    The folder itself is locked. The lock ends with its process, so it leaves no file and is never stale. Windows cannot
    lock folders; there a file in the folder is locked, and removed at the end.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._handle: int | None = None
        self._file: Path | None = None

    def __enter__(self) -> Lock:
        try:
            import fcntl  # Windows has none
        except ImportError:  # Windows
            self._lock_file()
            return self
        self._handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return self
            self._close()
            if isinstance(error, BlockingIOError | PermissionError):
                raise self._taken() from None
            error.filename = str(self.folder)
            raise
        return self

    def _lock_file(self) -> None:
        msvcrt: Any = import_module("msvcrt")  # mypy knows its functions on Windows only
        self._file = self.folder / LOCK
        self._handle = os.open(self._file, os.O_RDWR | os.O_CREAT)
        try:
            msvcrt.locking(self._handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            self._close()
            self._file = None
            raise self._taken() from None

    def _taken(self) -> RunError:
        return RunError("another nnctl process is training in this folder", where=str(self.folder),
                        hint="wait until it ends, or choose another folder with --run")  # fmt: skip

    def check(self) -> None:
        """Raises TrainingError if the folder no longer exists or another one is in its place."""
        try:
            there = os.stat(self.folder)
        except FileNotFoundError:
            there = None
        if there is not None:
            if self._handle is None or self._file is not None:  # the folder itself is not open
                return
            if os.path.samestat(there, os.fstat(self._handle)):
                return
        raise TrainingError("the run's folder was deleted or moved while the run trained", where=str(self.folder),
                            hint="leave it where it is until the run ends; start the run again")  # fmt: skip

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __exit__(self, *error: object) -> None:
        self._close()
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink()
