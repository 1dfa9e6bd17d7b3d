"""A short description of each bundled data set, for choosing one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnctl.data.catalog.bundled import BUNDLED, Bundled, resolve
from nnctl.data.catalog.download import find
from nnctl.data.config import DatasetSpec
from nnctl.data.lazy_array import Rows, extent
from nnctl.data.readers.read import read_dataset
from nnctl.data.table import Array, Table

Columns = tuple[tuple[str, str, str], ...]  # (name, type, range or values) of each
FirstRows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Preview:
    """A bundled data set in short. first: the first rows as text, in the columns' order.

    place: "here", on this machine, or how to get it.
    task: "classes", "number" or "text" (rows of labels, whose classes are the characters).
    """

    name: str
    title: str
    rows: int
    target: str
    task: str
    classes: tuple[str, ...]
    columns: Columns
    first: FirstRows
    source: str
    licence: str
    place: str = "here"


def describe(name: str, first: int = 5, read_large: bool = True) -> Preview:
    """Reads a bundled data set; one that would have to be downloaded first is described without its data. Raises
    DataError for an unknown name."""
    if (given := BUNDLED.get(name)) and given.fetched and not (read_large and find(name)):
        return known(name)
    dataset, entry = resolve(DatasetSpec(name=name))
    assert entry is not None  # `resolve` raises an error for an unknown name
    task = ""
    whole, _ = read_dataset(dataset)
    columns: Columns
    rows: FirstRows
    if isinstance(whole, Table):
        columns, rows = _table(whole, first, entry)
        column = whole[entry.target]
        classes = tuple(map(str, column.distinct())) if column.kind == "text" else ()
        count = whole.rows
    else:
        target = np.asarray(whole[entry.target])
        count = len(target)
        classes = entry.classes or tuple(str(label) for label in np.unique(target))
        if target.dtype.kind == "U" and not entry.classes:
            task, classes = "text", tuple(sorted(set("".join(classes))))
        columns = tuple((array, "array", _described(values)) for array, values in whole.arrays.items())
        rows = ()
    task = task or ("classes" if classes else "number")
    return Preview(name, entry.title, count, entry.target, task, classes, columns, rows, entry.source, entry.licence)


def known(name: str) -> Preview:
    """What is known about a downloaded data set without its files."""
    entry = BUNDLED[name]
    assert entry.array and entry.shape  # downloaded data sets are images
    sizes = " x ".join(map(str, (entry.rows, *entry.shape)))
    columns = (entry.array, "array", f"uint8, {sizes}, 0 to 255"), (entry.target, "array", f"uint8, {entry.rows}")
    place = "here" if find(name) else f"downloaded on first use, {entry.fetched} MB"
    return Preview(name, entry.title, entry.rows, entry.target, "classes", entry.classes, columns, (), entry.source,
                   entry.licence, place)  # fmt: skip


def _described(values: Array | Rows) -> str:
    if values.dtype.kind == "U":
        return f"text, {len(values)}, such as {', '.join(values[:3].tolist())}"
    low, high = extent(values)
    return f"{values.dtype}, {' x '.join(map(str, values.shape))}, {low:g} to {high:g}"


def _table(table: Table, first: int, entry: Bundled) -> tuple[Columns, FirstRows]:
    columns, cells = [], []
    for name, column in table.columns.items():
        if column.kind == "text":
            words = [str(word) for word in column.distinct()]
            shown = ", ".join(words[:5]) + (f", ... ({len(words)})" if len(words) > 5 else "")
            if entry.text and name in entry.text.column:
                shown = f"{len(words)} texts"
            columns.append((name, "text", shown))
            cells.append([_shortened(column.words[code]) if code >= 0 else "" for code in column.values[:first]])
        else:
            known = column.values[~column.missing]
            gaps = f", {column.missing.sum()} missing" if column.missing.any() else ""
            columns.append((name, "number", f"{known.min():g} to {known.max():g}{gaps}"))
            cells.append(["" if np.isnan(v) else f"{v:g}" for v in column.values[:first]])
    return tuple(columns), tuple(zip(*cells, strict=True))


def _shortened(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 3].rstrip() + "..."


def catalogue() -> tuple[tuple[str, str, str], ...]:
    """(name, title, target) of every bundled data set, without reading any."""
    return tuple((name, entry.title, entry.target) for name, entry in BUNDLED.items())
