"""Table files to a stored table: read from the cache, or streamed into it first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.data.columns.column_format import ColumnFormat, Rules
from nnctl.data.config import DatasetSpec
from nnctl.data.readers.duckdb_columns import Found
from nnctl.data.readers.duckdb_tables import streamed
from nnctl.data.readers.paths import Files
from nnctl.data.row_origin import Origin
from nnctl.data.table import Column, Table, missing_note
from nnctl.data.table_cache import folder
from nnctl.data.table_cache.choice import on_disk
from nnctl.data.table_cache.column_files import ColumnFiles, allow_files, mapped, read_words, write_words
from nnctl.data.table_cache.fingerprint import describe, key_of
from nnctl.data.table_cache.folder import Entry
from nnctl.data.table_cache.stored_table import StoredTable
from nnctl.errors import DataError
from nnctl.progress import tell

Formats = Mapping[str, ColumnFormat]


def stored_table(files: Files, dataset: DatasetSpec, rules: Rules, formats: Formats | None) -> StoredTable:
    """The rows of table files, as `read_table` reads them, mapped from the cache; without the words of columns that
    `dataset.ignore` names, if there are too many. Raises DataError."""
    encoding, ignored = dataset.encoding, sorted(dataset.ignore)
    described = describe(files.paths)
    key = key_of(described, rules, encoding, ignored)
    entry = folder.find(key)
    if formats is not None and (entry is None or _formats(entry) != dict(formats)):
        key = key_of(described, rules, encoding, ignored, {name: each.to_json() for name, each in formats.items()})
        entry = folder.find(key)
    if entry is None:
        entry = _store(files, described, key, lambda place: _read_into(place, files, dataset, rules, formats))
    return _opened(entry, files, saved=formats is not None)


def _store(
    files: Files, described: list[dict[str, Any]], key: str, read_into: Callable[[Path], dict[str, Any]]
) -> Entry:
    needed = on_disk(files)
    tell(
        f"{files.name} is streamed into {folder.root()}, where it takes about {folder.size_text(needed)};"
        " later runs use what is there (`nnctl cache` lists and removes it)"
    )
    folder.make_room(needed)
    name = re.sub(r"[^\w-]+", "_", files.paths[0].name.split(".")[0])[:40] or "table"
    manifest: dict[str, Any] = {}
    with folder.new_entry(name, key, manifest) as place:
        manifest |= {"files": described, **read_into(place)}
    entry = folder.find(key)
    if entry is None or describe(files.paths) != described:
        raise DataError("has changed while it was read", files.name, "do not write to the files of a run")
    return entry


def _read_into(place: Path, files: Files, dataset: DatasetSpec, rules: Rules,
               formats: Formats | None) -> dict[str, Any]:  # fmt: skip
    """Reads the files into a folder. When this returns, nothing is mapped from it, so that Windows can rename it."""
    reader, temporary = ColumnFiles(place, files.name, dataset.ignore), place / "duckdb"
    temporary.mkdir()
    with streamed(files, rules, formats, dataset.encoding, reader, temporary) as found:
        table = found.table()
    temporary.rmdir()
    return {**_described(found, table), "columns": _named(reader, place, table)}


def _described(found: Found, table: Table) -> dict[str, Any]:
    """What a table is besides its columns."""
    counts = np.bincount(table.origin.file).tolist() if table.origin else []
    return {
        "rows": table.rows,
        "formats": {name: each.to_json() for name, each in found.formats.items()},
        "notes": list(table.notes),
        "notes_if_saved": [*found.notes_of_files, *missing_note(table.missing_words)],
        "missing_words": {name: dict(words) for name, words in table.missing_words.items()},
        "counts": counts,
    }


def _named(reader: ColumnFiles, place: Path, table: Table) -> list[dict[str, Any]]:
    """Each column and its file; the files of columns that became others are removed."""
    columns = []
    for name, column in table.columns.items():
        path = reader.path_of(column)
        if column.kind == "text":
            write_words(path.with_suffix(".words"), column.words)
        columns.append({"name": name, "kind": column.kind, "called": column.called, "file": path.name,
                        "dtype": column.values.dtype.str})  # fmt: skip
    used = {each["file"] for each in columns}
    for path in place.glob("*.column"):
        if path.name not in used:
            path.unlink()
    return columns


def _formats(entry: Entry) -> dict[str, ColumnFormat]:
    return {name: ColumnFormat.from_json(each) for name, each in entry.manifest["formats"].items()}


def _opened(entry: Entry, files: Files, saved: bool) -> StoredTable:
    manifest = entry.manifest
    allow_files(len(manifest["columns"]), files.name)
    columns, opened = {}, []
    for each in manifest["columns"]:
        path = entry.folder / each["file"]
        values, file = mapped(path, each["dtype"])
        words = read_words(path.with_suffix(".words")) if each["kind"] == "text" else ()
        columns[each["name"]] = Column(each["kind"], values, words, each["called"])
        opened += [file] if file else []
    paths = map(str, files.paths)
    origin = Origin.of(zip(paths, manifest["counts"], strict=True)) if manifest["counts"] else None
    notes = tuple(manifest["notes_if_saved" if saved else "notes"])
    return StoredTable(columns, manifest["rows"], files.name, _formats(entry), notes=notes, origin=origin,
                       missing_words=manifest["missing_words"], entries=(entry,), files=tuple(opened))  # fmt: skip
