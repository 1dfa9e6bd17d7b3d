"""Writing so that a crash leaves the old file or the new one, never half of one; and one writer a folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from nnctl.errors import RunError

Pieces = Iterable[bytes | memoryview]


def write_safely(path: Path, content: bytes | Pieces) -> None:
    """Temporary file beside it, fsync, rename, fsync of the folder. Raises OSError and leaves no temporary."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:  # the umask's mode, as any other file of the user
            write(file, content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def write(file: BinaryIO, content: bytes | Pieces) -> str:
    """Writes it and gives its SHA-256."""
    digest = hashlib.sha256()
    for piece in [content] if isinstance(content, bytes) else content:
        digest.update(piece)
        file.write(piece)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder last through a power cut (where the system can)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Lock:
    """Keeps a second trainer out of a run's folder. It is on the folder itself and dies with its process,
    so it leaves no file and never goes stale."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._handle: int | None = None

    def __enter__(self) -> Lock:
        try:
            import fcntl
        except ImportError:  # Windows
            return self
        self._handle = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            raise RunError(
                "another nnctl is training in this folder", where=str(self._folder),
                hint="wait for it, or choose another folder with --run",
            ) from None  # fmt: skip
        return self

    def __exit__(self, *error) -> None:
        if self._handle is not None:
            os.close(self._handle)
