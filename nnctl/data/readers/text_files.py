"""Folders of texts: one .txt file per text, in one folder per class (see class_folders.py). They are read as a table.

reviews/pos/*.txt, reviews/neg/*.txt                      split as the config says
reviews/train/pos/..., reviews/test/pos/...               split by folder
reviews/*.txt                                             no classes: for predictions
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nnctl.data.columns.column_format import TEXT, ColumnFormat, Rules
from nnctl.data.readers.class_folders import Found, Kind, paths_of
from nnctl.data.readers.in_memory import in_format
from nnctl.data.readers.paths import Files, is_text
from nnctl.data.readers.training_rows import with_format
from nnctl.data.row_origin import Origin
from nnctl.data.table import Column, Table, listing
from nnctl.errors import DataError

TEXTS = Kind("texts", is_text, (".txt",), ("reviews", "good", "bad"))
COLUMN, CLASS = "text", "class"  # the columns of the table


def read_texts(files: Files, rules: Rules, formats: Mapping[str, ColumnFormat] | None = None,
               encoding: str | None = None) -> Table:  # fmt: skip
    """A row for each file: its text and its class, which is the name of its folder.

    files: of one folder, or texts without classes. formats: of the columns of a trained model; None in training, which
    needs classes. encoding: by default UTF-8. Raises DataError.
    """
    folder = Path(files.name).expanduser()
    splits: dict[str, Found] = {"": [(None, path) for path in files.paths]}
    if folder.is_dir():
        splits = TEXTS.by_split(folder)
    paths = list(paths_of(splits))
    words: dict[str, list[str | None]] = {COLUMN: _texts(paths, files.name, encoding)}
    classes = [label for found in splits.values() for label, _ in found]
    if None not in classes:
        words[CLASS] = list(classes)
    elif formats is None:
        raise DataError("has texts, but no folders for their classes", files.name,
                        "make a folder of texts for each class: reviews/good/..., reviews/bad/...; for tables, give"
                        f" the files: {files.name.rstrip('/')}/*.txt")  # fmt: skip
    columns, found_formats = {}, {}
    for name, values in words.items():
        column = Column.of_words(values)
        if formats is None:
            columns[name], found_formats[name] = with_format(name, column, rules)
        else:
            columns[name] = in_format(name, column, formats.get(name, TEXT))
    origin = Origin.of((str(path), 1) for path in paths)
    return Table(columns, len(paths), files.name, found_formats if formats is None else formats, origin=origin,
                 splits=_rows({split: len(found) for split, found in splits.items()}))  # fmt: skip


def are_texts(table: Table) -> bool:
    """Whether the rows of a table are texts, each a file."""
    files = table.origin.files if table.origin else ()
    return len(files) > 0 and {COLUMN, CLASS} >= set(table.columns) and all(is_text(Path(name)) for name in files)


def text_names(table: Table) -> list[str]:
    """What the rows of a table of texts are called: their files, as seen from the folder."""
    assert table.origin is not None  # are_texts
    files = [Path(table.origin.files[file]) for file in table.origin.file]
    inside = [Path(table.source) in file.parents for file in files]  # else they are given one by one
    return [file.relative_to(table.source).as_posix() if there else file.name
            for file, there in zip(files, inside, strict=True)]  # fmt: skip


def _texts(paths: Sequence[Path], source: str, encoding: str | None) -> list[str | None]:
    texts: list[str | None] = []
    unreadable = []
    for path in paths:
        try:
            texts.append(path.read_text(encoding or "utf-8-sig"))
        except UnicodeError:
            unreadable.append(str(path))
        except LookupError:
            raise DataError(f"unknown encoding {encoding!r}", "dataset.encoding",
                            "for example utf-8, latin-1 or cp1252") from None  # fmt: skip
    if unreadable:
        raise DataError(
            f"{len(unreadable)} of {len(paths)} texts are not in {encoding or 'UTF-8'}: {listing(unreadable, 5)}",
            source, "set `encoding`, such as latin-1 or cp1252, under dataset",
        )  # fmt: skip
    return texts


def _rows(counts: Mapping[str, int]) -> dict[str, np.ndarray]:
    """The numbers of the rows of each split but training, by the split's name."""
    rows, first = {}, 0
    for split, count in counts.items():
        if split not in ("", "_train"):
            rows[split[1:]] = np.arange(first, first + count)
        first += count
    return rows
