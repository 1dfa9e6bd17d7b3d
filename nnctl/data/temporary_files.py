"""Temporary files, in the system's folder for them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from nnctl.errors import DataError


@contextmanager
def writing(what: str, where: str | None = None) -> Iterator[None]:
    """Within it, temporary files are written: an OSError becomes a DataError that says what could not be written, and
    names the folder. Otherwise the error would name a file that nobody knows, or the output, on another disk."""
    try:
        yield
    except OSError as error:
        raise unwritten(what, error, where) from None


def unwritten(what: str, error: OSError, where: str | None = None) -> DataError:
    return DataError(f"{what} cannot be written to {tempfile.gettempdir()} ({error.strerror or error})", where,
                     "free some space there, or set TMPDIR to a folder that has enough")  # fmt: skip
