"""Shared libraries loaded from bytes: what was verified is what runs, whatever happens to the file meanwhile."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

_count = itertools.count(1)


def load(content: bytes, name: str) -> ctypes.PyDLL:
    """The library that the bytes are. name: what tools such as perf show. Raises OSError if the system refuses it."""
    try:
        with _in_memory(content, name) as path:
            return ctypes.PyDLL(path)
    except (OSError, AttributeError):  # a system without files in memory, or that runs nothing from there
        with _in_a_file(content) as path:
            return ctypes.PyDLL(path)


@contextlib.contextmanager
def _in_memory(content: bytes, name: str) -> Iterator[str]:
    """A file without a place on a disk (Linux)."""
    descriptor = os.memfd_create(f"nnctl-{name}"[:200], os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        # The linker takes two files of one path for one library, and numbers of closed files are used again: so that
        # every path is another, each has one "./" more.
        yield f"/proc/self/fd/{'./' * next(_count)}{descriptor}"
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _in_a_file(content: bytes) -> Iterator[str]:
    """A file of this user alone, under a name never used before."""
    import tempfile  # imported here to keep start-up fast

    descriptor, path = tempfile.mkstemp(prefix="nnctl-", suffix=".so")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        yield path
    finally:
        Path(path).unlink(missing_ok=True)
