"""Where generated kernels live: Numba keeps what it compiled beside the source, so a second run need not compile."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import os
import platform
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy

UNUSED = 90 * 24 * 3600  # seconds after which what other versions compiled is removed


def folder() -> Path:
    """The user's folder for kernels; one that lasts for this process where that cannot be written."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnctl" / "kernels"
    try:
        base.mkdir(parents=True, exist_ok=True)
        if os.access(base, os.W_OK):
            return base
    except OSError:
        pass
    return _for_this_process()


@functools.cache
def _for_this_process() -> Path:
    import tempfile

    return Path(tempfile.mkdtemp(prefix="nnctl-kernels-"))


def of_version() -> Path:
    """The folder of these kernels, whose date tells that they are used."""
    path = folder() / version()
    with contextlib.suppress(OSError):  # there is none yet, or it is another user's
        if time.time() - path.stat().st_mtime > UNUSED / 10:
            os.utime(path)
    return path


def tidy() -> None:
    """Removes the folders of other versions, of nnctl, Python or Numba, that have not been used for long."""
    import shutil

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
    for path in sorted(Path(__file__).parent.glob("*.py")):
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


def write(path: Path, content: bytes) -> None:
    """Writes a file of the cache; another process may be writing the same."""
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)


def module_of(source: str, name: str) -> ModuleType:
    """The module of a generated source, written to the cache if it is not there yet."""
    full = f"nnctl_{name}_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    if full in sys.modules:
        return sys.modules[full]
    path = folder() / f"{full}.py"
    if not path.is_file() or path.read_text(encoding="utf-8") != source:
        write(path, source.encode())
    spec = importlib.util.spec_from_file_location(full, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[full] = module
    spec.loader.exec_module(module)
    return module
