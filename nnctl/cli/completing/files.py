"""Candidates from the disk: files, folders, runs. Whatever cannot be read has none."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress

from click.shell_completion import CompletionItem

_MOST = 1000  # candidates
RUNS = "runs"
_CONFIG = "config.yaml"  # which every run has


def entries(incomplete: str, suffixes: Collection[str] | None = None) -> list[CompletionItem]:
    """The files and folders that a path may go on with; folders end in a slash.

    suffixes: only files that end so; None for all files. A folder of a run is a candidate of its own.
    """
    typed, start = os.path.split(incomplete)
    if incomplete.endswith(("/", os.sep)):
        typed, start = incomplete, ""
    elif typed and not typed.endswith("/"):
        typed += "/"
    folders, files = [], []
    with suppress(OSError), os.scandir(os.path.expanduser(typed) or ".") as found:
        for entry in found:
            if not entry.name.startswith(start) or (entry.name.startswith(".") and not start):
                continue
            if not entry.name.isprintable():  # it would break the lines of the answer
                continue
            if _is_folder(entry):
                folders.append(CompletionItem(f"{typed}{entry.name}/", type="more"))
            elif suffixes is None or entry.name.endswith(tuple(suffixes)):
                files.append(CompletionItem(typed + entry.name))
    return [*sorted(files, key=_value)[:_MOST], *sorted(folders, key=_value)[:_MOST]]


def run_folders(incomplete: str) -> list[CompletionItem]:
    """The runs in runs/, the newest first, and those of the folder that is being typed."""
    folders = dict.fromkeys((RUNS, os.path.split(incomplete)[0]))
    found: list[tuple[float, str]] = []
    for folder in folders:
        with suppress(OSError), os.scandir(os.path.expanduser(folder) or ".") as inside:
            for entry in inside:
                path = os.path.join(folder, entry.name) if folder else entry.name
                if not path.startswith(incomplete) or not path.isprintable():
                    continue
                with suppress(OSError):
                    found.append((os.stat(os.path.join(entry.path, _CONFIG)).st_mtime, path.replace(os.sep, "/")))
    return [CompletionItem(path) for _, path in sorted(found, key=lambda run: (-run[0], run[1]))[:_MOST]]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _value(item: CompletionItem) -> str:
    return str(item.value)
