"""Where generated kernels live: Numba keeps what it compiled beside the source, so a second run need not compile."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType


def folder() -> Path:
    """The user's folder for kernels; one that lasts for this process where that cannot be written."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnctl" / "kernels"
    try:
        base.mkdir(parents=True, exist_ok=True)
        if os.access(base, os.W_OK):
            return base
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="nnctl-kernels-"))


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
