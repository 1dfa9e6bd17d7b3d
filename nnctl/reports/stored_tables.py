"""The output of `cache`: the tables that are stored in the user's cache."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nnctl.data.table_cache.folder import root
from nnctl.reports.number_format import count, duration, size
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal
from nnctl.translation import _, plural

if TYPE_CHECKING:
    from nnctl.data.table_cache.folder import Entry


def show(entries: Sequence[Entry], terminal: Terminal) -> None:
    """One row per stored table, and what they take together."""
    if not entries:
        terminal.flow(_("No large tables are stored in {folder}.").format(folder=root()))
        return
    table = Table([_("name"), _("files"), _("rows"), _("size"), _("age")], left=2, spare=0)
    for entry in entries:
        first, *more = entry.sources
        files = _("{names} and {n} more").format(names=first, n=len(more)) if more else first
        if not entry.is_current:
            files = _("{files} (changed)").format(files=files)
        age = duration(max(0.0, time.time() - entry.manifest["created"]))
        table.add(entry.name, files, count(entry.manifest["rows"]), size(entry.size), age)
    table.print(terminal)
    terminal.print()
    total = size(sum(entry.size for entry in entries))
    n = len(entries)
    text = plural(
        "{n} table, {size}, in {folder}. To remove one: `nnctl cache clear NAME`; those of changed files: `nnctl cache"
        " clear`.",
        "{n} tables, {size}, in {folder}. To remove one: `nnctl cache clear NAME`; those of changed files: `nnctl cache"
        " clear`.",
        n,
    )
    terminal.flow(text.format(n=count(n), size=total, folder=root()))


def as_dict(entry: Entry) -> dict[str, Any]:
    """What --json shows of an entry."""
    return {
        "name": entry.name, "folder": str(entry.folder), "bytes": entry.size, "rows": entry.manifest["rows"],
        "created": datetime.fromtimestamp(entry.manifest["created"], UTC).isoformat(timespec="seconds"),
        "files": entry.sources, "current": entry.is_current,
    }  # fmt: skip
