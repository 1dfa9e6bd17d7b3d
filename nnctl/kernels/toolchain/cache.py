"""The cache of compiled kernels: where it lies, whether it may be used, and its verified files.

What is read from it runs in this process. So it is used only if nobody else can write there, and every file is verified
before it is used (kernels/toolchain/verified_files.py). A cache that cannot be used or written is as good as an empty
one: kernels are compiled again, with the same numbers.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import importlib.util
import os
import platform
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy

from nnctl.kernels.toolchain import verified_files

UNUSED = 90 * 24 * 3600  # seconds after which what other versions compiled is removed
AGAIN = 24 * 3600  # seconds after which what failed is tried again


def folder() -> Path:
    """The user's folder for kernels, made if it is not there yet; whether it may be used is `problem`'s to say."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnctl" / "kernels"
    with contextlib.suppress(OSError):  # a full disk, a read-only home
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
    return base


def problem() -> str:
    """Why the cache is not used, with what to do about it; empty where all is well or there is no cache at all."""
    base = folder()
    for path in (base, base / version()):
        if reason := _not_private(path):
            return (f"the kernel cache {path} is not used, since {reason}; kernels are compiled anew in every run. "
                    f"Remove the folder, or set XDG_CACHE_HOME to a folder of your own")  # fmt: skip
    return ""


def _not_private(path: Path) -> str:
    """Why others could have written into a folder. One that they can only read becomes this user's alone."""
    try:
        info = path.stat()
    except OSError:  # there is none, so there is nothing in it
        return ""
    if not verified_files.belongs_to_us(info):
        return "it belongs to another user"
    if os.name == "nt":
        return ""
    if info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"other users can write to it (mode {stat.S_IMODE(info.st_mode):04o})"
    if info.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        with contextlib.suppress(OSError):  # a read-only disk
            path.chmod(0o700)
    return ""


def read(path: Path) -> bytes | None:
    """The content of a file of the cache; None if it is not there, is damaged, or the cache may not be used."""
    return None if problem() else verified_files.read(path, _name(path))


def write(path: Path, content: bytes) -> None:
    """Keeps a file in the cache, if that is possible. Another process may be writing the same."""
    with contextlib.suppress(OSError):  # a full disk, a read-only cache: it is compiled again the next time
        if _prepared(path.parent):
            verified_files.write(path, _name(path), content)


def _name(path: Path) -> str:
    return path.relative_to(folder()).as_posix()


def _prepared(place: Path) -> bool:
    """Whether a folder of the cache can be written to, as far as one can tell."""
    if problem():
        return False
    if not place.exists():
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        tidy()
    _remove_strays(folder(), place)
    return os.access(place, os.W_OK)


@functools.cache
def _remove_strays(*places: Path) -> None:
    for place in places:
        verified_files.remove_strays(place)


@contextlib.contextmanager
def workplace(path: Path | None) -> Iterator[Path]:
    """A folder for what is needed to make a file of the cache: beside it, so that nothing is left behind for ever; or,
    without a path, where the system has its temporary files. Raises OSError where nothing can be written."""
    import shutil  # imported here to keep start-up fast
    import tempfile

    if path is None:
        with tempfile.TemporaryDirectory(prefix="nnctl-") as name:
            yield Path(name)
        return
    if not _prepared(path.parent):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path.parent))
    folder = verified_files.temporary(path.parent)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def failed(path: Path) -> bool:
    """Whether it was tried less than a day ago to make a file, in vain."""
    try:
        return not problem() and abs(time.time() - _mark(path).stat().st_mtime) < AGAIN
    except OSError:
        return False


def mark_failed(path: Path) -> None:
    """Remembers for a day that a file could not be made."""
    with contextlib.suppress(OSError):
        if _prepared(path.parent):
            _mark(path).touch()
            os.utime(_mark(path))


def _mark(path: Path) -> Path:
    return path.with_suffix(".none")


def of_version() -> Path:
    """The folder of these kernels, whose date tells that they are used."""
    path = folder() / version()
    with contextlib.suppress(OSError):  # there is none yet, or it is another user's
        if time.time() - path.stat().st_mtime > UNUSED / 10:
            os.utime(path)
    return path


def tidy() -> None:
    """Removes the folders of other versions, of nnctl, Python or Numba, that have not been used for long."""
    import shutil  # imported here to keep start-up fast

    for path in folder().iterdir():
        with contextlib.suppress(OSError):
            if path.is_dir() and time.time() - path.stat().st_mtime > UNUSED:
                shutil.rmtree(path)


@functools.cache
def version() -> str:
    """A name for the kernels as they are here: their source, this Python's, NumPy's and Numba's versions, and the CPU.

    Numba looks at the file of a kernel, not at those of the kernels it calls, and would go on with what it compiled
    before they changed."""
    said = hashlib.sha256("\n".join((sys.version, sys.abiflags, numpy.__version__, *_installed(), _cpu())).encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        said.update(path.read_bytes())
    return said.hexdigest()[:16]


def _installed() -> list[str]:
    """Numba and LLVM as their folders name them, without an import."""
    found = importlib.util.find_spec("numba")
    beside = Path(found.origin).parents[1] if found and found.origin else None
    return sorted(path.name for path in beside.glob("*-*info")
                  if path.name.startswith(("numba-", "llvmlite-"))) if beside else []  # fmt: skip


def _cpu() -> str:
    """The CPU and what it can do: code made for one may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part")))


_making = threading.Lock()  # a thread must not find a module whose source another one is still running


def module_of(source: str, name: str) -> ModuleType:
    """The module of a generated source."""
    full = f"nnctl_{name}_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    with _making:
        if full in sys.modules:
            return sys.modules[full]
        import linecache  # imported here to keep start-up fast

        module, file = ModuleType(full), f"<{full}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for tracebacks
        sys.modules[full] = module
        try:
            exec(compile(source, file, "exec"), module.__dict__)
        except BaseException:
            del sys.modules[full]
            raise
        return module
