"""The output of `cache`: the tables that are stored in the user's cache."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nnctl.data.table_cache.folder import root
from nnctl.reports.number_format import count, counted, duration, size
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal

if TYPE_CHECKING:
    from nnctl.data.table_cache.folder import Entry


def show(entries: Sequence[Entry], terminal: Terminal) -> None:
    """One row per stored table, and what they take together."""
    if not entries:
        terminal.flow(f"No large tables are stored in {root()}.")
        return
    table = Table(["name", "files", "rows", "size", "age"], left=2, spare=0)
    for entry in entries:
        first, *more = entry.sources
        files = first + (f" and {len(more)} more" if more else "") + ("" if entry.is_current else " (changed)")
        age = duration(max(0.0, time.time() - entry.manifest["created"]))
        table.add(entry.name, files, count(entry.manifest["rows"]), size(entry.size), age)
    table.print(terminal)
    terminal.print()
    total = size(sum(entry.size for entry in entries))
    terminal.flow(f"{counted(len(entries), 'table')}, {total}, in {root()}. To remove one: `nnctl cache clear NAME`; "
                  "those of changed files: `nnctl cache clear`.")  # fmt: skip


def as_dict(entry: Entry) -> dict[str, Any]:
    """What --json shows of an entry."""
    return {
        "name": entry.name, "folder": str(entry.folder), "bytes": entry.size, "rows": entry.manifest["rows"],
        "created": datetime.fromtimestamp(entry.manifest["created"], UTC).isoformat(timespec="seconds"),
        "files": entry.sources, "current": entry.is_current,
    }  # fmt: skip
