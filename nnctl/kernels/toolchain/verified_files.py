"""Files that are used only if they are exactly what was written: their content, then its SHA-256 sum.

The sum also covers the file's name, so that files that were exchanged are noticed too. It stands in the file itself:
one rename brings both, and processes that write the same file at once cannot mix content and sum.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import stat
import time
import zlib
from pathlib import Path

_MARK = b"\nnnctl-sha256 "
_END = len(_MARK) + 64 + 1
LARGEST = 256 * 2**20  # bytes: a larger file is none of ours, and is not read
TEMPORARY = ".part"  # how names of files and folders end that are being written
_DAY = 24 * 3600


def read(path: Path, name: str) -> bytes | None:
    """The content of a file that was written as `name`, or None if there is no such file or it is damaged.

    What is returned was verified: the file may change or go meanwhile."""
    try:
        whole = _bytes_of(path)
    except (OSError, MemoryError):
        return None
    if whole is None or len(whole) < _END:
        return None
    content = whole[:-_END]
    return content if whole[-_END:] == _end(name, content) else None


def _bytes_of(path: Path) -> bytes | None:
    """All bytes of a regular file that belongs to this user."""
    # O_NONBLOCK: a pipe in the file's place must not make the process wait.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb", closefd=True) as file:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode) or not _END <= info.st_size <= LARGEST or not belongs_to_us(info):
            return None
        return file.read(LARGEST + 1)


def belongs_to_us(info: os.stat_result) -> bool:
    """Whether a file is this user's. Where there are no numbers of users (Windows), folders are the user's own."""
    return not hasattr(os, "geteuid") or info.st_uid == os.geteuid()


def write(path: Path, name: str, content: bytes) -> None:
    """Writes a file that `read` accepts under `name`, all of it or nothing. Raises OSError."""
    part = temporary(path.parent)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with open(descriptor, "wb", closefd=True) as file:
            file.write(content)
            file.write(_end(name, content))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    _sync_folder(path.parent)


def _end(name: str, content: bytes) -> bytes:
    said = hashlib.sha256(name.encode() + b"\0")
    said.update(content)
    return _MARK + said.hexdigest().encode() + b"\n"


def _sync_folder(folder: Path) -> None:
    """Makes the names in a folder last; some systems cannot open folders."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def temporary(folder: Path) -> Path:
    """A new name in a folder, by which `remove_strays` knows whether its process still runs."""
    return folder / f".{os.getpid()}-{_host()}-{os.urandom(4).hex()}{TEMPORARY}"


def _host() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"


def remove_strays(folder: Path) -> None:
    """Removes temporary files and folders that processes left behind when they were killed."""
    import shutil  # imported here to keep start-up fast

    with contextlib.suppress(OSError):
        for path in list(folder.glob(f"*{TEMPORARY}")):
            with contextlib.suppress(OSError):
                if _is_stray(path):
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _is_stray(path: Path) -> bool:
    """Whether the process that wrote there has ended. Of other machines that share the folder: after a day."""
    if time.time() - path.lstat().st_mtime > _DAY:
        return True
    process, host, *_ = (*path.name.lstrip(".").split("-"), "")
    return host == _host() and process.isdecimal() and not _runs(int(process))


def _runs(process: int) -> bool:
    if os.name == "nt":  # where os.kill would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's, say
        return True
    return True
