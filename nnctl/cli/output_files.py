"""The file that a command writes, such as a page: where it may be, how it is written, and what is said about it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from nnctl.errors import InputError
from nnctl.quoting import shell_path
from nnctl.translation import _


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same existing file, whatever the links and spellings."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def output_file(path: str, config: str | None = None) -> Path:
    """The path of a file to write. Raises InputError if it is a folder or the config, or its folder does not exist."""
    file = Path(path)
    if config is not None and same_file(file, Path(config)):
        raise InputError(f"{path} is the config, which is never overwritten: choose another name")
    if file.is_dir():
        raise InputError("this is a folder", where=path, hint="give the name of a file to write")
    if not file.parent.is_dir():
        raise InputError("there is no such folder", where=str(file.parent), hint=f"mkdir -p {shell_path(file.parent)}")
    return file


def write_output(file: Path, content: str | Iterable[bytes]) -> None:
    """Writes a file whole or not at all: if it fails or is interrupted, a file of that name stays as it was.

    Lines end in a line feed on every system, which the editors of Windows read, too.
    """
    pieces = [content.encode()] if isinstance(content, str) else content
    if file.exists() and not file.is_file():  # /dev/stdout or a named pipe
        with file.open("wb") as opened:
            opened.writelines(pieces)
        return
    from nnctl.training.atomic_files import write_safely  # imported here to keep start-up fast

    write_safely(file.resolve(), pieces)  # a link stays one


def tell_written(file: str | Path, stream: TextIO | None = None) -> None:
    """Prints which file was written. stream: standard output unless given."""
    from nnctl.reports.terminal import Terminal  # imported here to keep start-up fast

    Terminal.of(stream).print(_("wrote {file}").format(file=shell_path(file)))
