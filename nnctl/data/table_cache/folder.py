"""The cache's folder: its entries, how one is written as a whole or not at all, and the space that it may take."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnctl.data.table_cache.fingerprint import sample_sum, unchanged
from nnctl.errors import DataError

MANIFEST = "entry.json"
_SPARE = 64 << 20  # bytes that are left free on the disk


def root() -> Path:
    """The user's folder for stored tables, which nobody else can read; created if necessary. Raises DataError."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnctl" / "tables"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name != "nt" and base.stat().st_mode & 0o077:
            base.chmod(0o700)
    except OSError as error:
        raise DataError(
            f"the folder for large tables cannot be used ({error.strerror})", str(base),
            "set XDG_CACHE_HOME to a folder of your own with enough space",
        ) from None  # fmt: skip
    return base


@dataclass(frozen=True)
class Entry:
    """One stored table. manifest: what entry.json contains."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.iterdir())

    @property
    def sources(self) -> list[str]:
        """The paths of the files it was read from."""
        return [file["path"] for file in self.manifest["files"]]

    @property
    def is_current(self) -> bool:
        """Whether the files it was read from are as they were."""
        return unchanged(self.manifest["files"])


def entries() -> list[Entry]:
    """All entries, the newest first; folders without a manifest that can be read are not among them."""
    found = [entry for path in root().iterdir() if (entry := _read(path))]
    return sorted(found, key=lambda entry: -entry.manifest["created"])


def _read(folder: Path) -> Entry | None:
    if folder.name.startswith("."):  # still being written
        return None
    try:
        sum_, text = (folder / MANIFEST).read_text(encoding="utf-8").split("\n", 1)
        return Entry(folder, json.loads(text)) if sum_ == _sum(text) else None
    except (OSError, ValueError):
        return None


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def find(key: str) -> Entry | None:
    """The whole entry with this key. One that is damaged is removed."""
    for path in root().glob(f"*-{key}"):
        entry = _read(path)
        if entry is not None and entry.manifest["key"] == key and _is_whole(entry):
            return entry
        if not path.name.startswith("."):
            shutil.rmtree(path, ignore_errors=True)
    return None


def _is_whole(entry: Entry) -> bool:
    try:
        return all(sample_sum(entry.folder / name) == sum_ for name, sum_ in entry.manifest["sums"].items())
    except OSError:
        return False


@contextlib.contextmanager
def new_entry(name: str, key: str, manifest: dict[str, Any]) -> Iterator[Path]:
    """An empty folder in which the files of a new entry are written. Where the `with` ends, they are synced and the
    folder gets its name; after an error or Ctrl-C, nothing is left. manifest: filled within the `with`."""
    base = root()
    remove_leftovers(base)
    folder = temporary_of(base / f"{name}-{key}")
    try:
        folder.mkdir(mode=0o700)
        yield folder
        paths = sorted(folder.iterdir())
        manifest |= {"key": key, "created": time.time(), "sums": {path.name: sample_sum(path) for path in paths}}
        text = json.dumps(manifest)
        (folder / MANIFEST).write_text(f"{_sum(text)}\n{text}", encoding="utf-8", newline="\n")
        for path in (*paths, folder / MANIFEST, folder):
            _sync(path)
        target = base / f"{name}-{key}"
        try:
            folder.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES):
                raise
            # another process, or another thread, was faster, and has written the same
        _sync(base)
    except OSError as error:
        raise cannot_write(base, error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_MORE_SPACE = (
    "free some space (`nnctl cache clear --all` removes all stored tables), or set XDG_CACHE_HOME to a folder on a"
    " larger disk"
)


def cannot_write(base: Path, error: OSError) -> DataError:
    """The error of a table that cannot be stored, as on a full disk."""
    return DataError(f"the table cannot be stored there ({error.strerror or error})", str(base), _MORE_SPACE)


def make_room(needed: float) -> None:
    """Removes entries of changed files if the disk has less free space. Raises DataError if that is not enough."""
    base = root()
    if shutil.disk_usage(base).free < needed + _SPARE:
        for entry in entries():
            if not entry.is_current:
                remove(entry)
    if shutil.disk_usage(base).free < needed + _SPARE:
        free = shutil.disk_usage(base).free
        raise DataError(f"storing the table takes {size_text(needed)}, but only {size_text(free)} are free", str(base),
                        _MORE_SPACE)  # fmt: skip


def remove(entry: Entry) -> None:
    """Removes an entry. A process that reads from it can still do so, except on Windows, where it stays."""
    with contextlib.suppress(OSError):
        (entry.folder / MANIFEST).unlink()  # first, so that what is left is not taken for an entry
    shutil.rmtree(entry.folder, ignore_errors=True)


def temporary_of(path: Path) -> Path:
    """A new name beside `path`, under which this thread writes it. Others may be writing it, too."""
    return path.with_name(f".{path.name}.{os.urandom(4).hex()}.{os.getpid()}.tmp")


def remove_leftovers(place: Path) -> None:
    """Removes what processes that were killed have left in a folder."""
    for path in place.glob(".*.tmp"):
        number = path.name.split(".")[-2]
        if number.isdecimal() and _is_running(int(number)):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


def _is_running(process: int) -> bool:
    if os.name == "nt":  # where os.kill would end it
        return process == os.getpid()
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sync(path: Path) -> None:
    """Waits until a file or folder is on the disk."""
    if os.name == "nt" and path.is_dir():  # which cannot be opened
        return
    number = os.open(path, os.O_RDWR if path.is_file() and os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def size_text(size: float) -> str:
    """A size as messages show it: 3.4 GB, 250 MB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
