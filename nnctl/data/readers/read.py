"""The files of a data set to one table or one set of arrays, and the rows of splits with files of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.data.columns.column_format import NO_RULES, ColumnFormat, Rules
from nnctl.data.config import IN_MEMORY, DatasetSpec, ImageSpec
from nnctl.data.readers.csv.missing_header import refuse_missing_header
from nnctl.data.readers.csv.small_csv import read_small
from nnctl.data.readers.paths import Files, find_files, unreadable
from nnctl.data.row_origin import Origin
from nnctl.data.table import Array, Table, listing
from nnctl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nnctl.data.named_arrays import Arrays

_LARGE = 64 << 20  # bytes of table files from which it is considered whether they fit into memory
_ENDINGS = {
    "train": ("_train",),
    "validation": ("_validation", "_valid", "_val"),
    "test": ("_test",),
}


def read_files(names: Sequence[str], dataset: DatasetSpec, rules: Rules, *,
               formats: Mapping[str, ColumnFormat] | None = None, needed: Sequence[str] = (),
               image: ImageSpec | None = None, texts: bool = False) -> Table | Arrays:  # fmt: skip
    """A Table, or Arrays for npz, npy, IDX and image files. dataset: its query and encoding are used.
    formats, needed: as in read_table. image: how images are read, if not as in `dataset`. texts: as in find_files.
    Raises DataError."""
    if IN_MEMORY in names:
        raise DataError("the run was trained on rows that a program passed, and no file holds them", IN_MEMORY,
                        "give rows or a file to evaluate on; nnctl.resume(run, data=rows) resumes the run")  # fmt: skip
    image = image or dataset.image
    query = dataset.query
    arrays = _read_folder(names[0], image) if len(names) == 1 else None
    if arrays is None:
        files = find_files(names, texts)
        if files.format == "texts":
            return read_table(files, rules, query=query, formats=formats, encoding=dataset.encoding)
        if files.format in ("csv", "json", "parquet"):
            if dataset.stream or (dataset.stream is None and files.size >= _LARGE):
                from nnctl.data.table_cache.choice import is_streamed  # imported here to keep start-up fast
                from nnctl.data.table_cache.store import stored_table

                if is_streamed(files, dataset):
                    return stored_table(files, dataset, rules, formats)
            return read_table(files, rules, query=query, formats=formats, needed=needed, encoding=dataset.encoding)
        arrays = _read_arrays(files, image)
    if query is not None:
        raise DataError("a query works on tables, not arrays", arrays.source, "remove `query`")
    return arrays


def read_table(files: Files, rules: Rules = NO_RULES, *, query: str | None = None,
               formats: Mapping[str, ColumnFormat] | None = None, needed: Sequence[str] = (),
               encoding: str | None = None) -> Table:  # fmt: skip
    """The rows of table files or a folder of texts, or the result of `query`; small CSV files are read without DuckDB.

    See `duckdb_tables.read_table` for the arguments. Raises DataError.
    """
    if files.format == "texts":
        if query is not None:
            raise DataError("a query works on files of tables, not on a folder of texts", files.name, "remove `query`")
        from nnctl.data.readers.text_files import read_texts  # imported here to keep start-up fast

        return read_texts(files, rules, formats, encoding)
    table = read_small(files, rules, formats, encoding) if files.format == "csv" and query is None else None
    if table is None:
        from nnctl.data.readers import duckdb_tables  # imported here to keep start-up fast

        table = duckdb_tables.read_table(files, rules, query=query, formats=formats, needed=needed, encoding=encoding)
    if files.format == "csv" and query is None and formats is None:
        refuse_missing_header(table)
    return table


def _read_folder(name: str, image: ImageSpec | None) -> Arrays | None:
    """The arrays of a folder of IDX files or images; None for any other path."""
    folder = Path(name).expanduser()
    try:
        if "\0" in name or not folder.is_dir():
            return None
        from nnctl.data.readers.idx import idx_files, read_idx_files  # imported here to keep start-up fast
        from nnctl.data.readers.images import IMAGES, read_image_folder

        if files := idx_files(folder):
            return read_idx_files(files, name)
        return read_image_folder(folder, image or ImageSpec()) if IMAGES.any_in(folder) else None
    except OSError as error:
        raise unreadable(name, error) from None


def _read_arrays(files: Files, image: ImageSpec | None) -> Arrays:
    if files.format == "idx":
        from nnctl.data.readers.idx import read_idx_files  # imported here to keep start-up fast

        return read_idx_files(files.paths, files.name)
    if files.format == "image":
        from nnctl.data.readers.images import read_images  # imported here to keep start-up fast

        return read_images(files.paths, image or ImageSpec(), files.name)
    from nnctl.data.readers.npz import read_arrays  # imported here to keep start-up fast

    return read_arrays(files)


def image_spec(shape: tuple[int, ...]) -> ImageSpec:
    """How images are read with this shape, (height, width, channels)."""
    height, width, channels = shape
    return ImageSpec(size=(height, width), color={1: "gray", 3: "rgb"}.get(channels), range=(0.0, 65535.0))


def column_rules(dataset: DatasetSpec, targets: Mapping[str, str]) -> Rules:
    """How a config says that columns are read. targets: by column, the labels that its loss needs."""
    ids = (dataset.sequence.id,) if dataset.sequence else ()
    texts = dataset.text.column if dataset.text else ()
    predicted: dict[str, set[str]] = {"words": set(), "numbers": set(), "classes": set()}
    for name, labels in targets.items():
        predicted[{"sequence": "words", "number": "numbers"}.get(labels, "classes")].add(name)
    return Rules(
        words=frozenset((*ids, *texts, *predicted["words"])),
        categories=frozenset(dataset.categorical),
        classes=frozenset(predicted["classes"]),
        numbers=frozenset((*dataset.numeric, *((dataset.weight,) if dataset.weight else ()), *predicted["numbers"])),
        dates=dataset.dates,
        missing=dataset.missing_values,
        decimal=dataset.decimal,
    )


def read_dataset(
    dataset: DatasetSpec,
    rules: Rules = NO_RULES,
    formats: Mapping[str, ColumnFormat] | None = None,
    in_memory: Any = None,
) -> tuple[Table | Arrays, dict[str, Array]]:
    """All rows of a data set, and the row numbers of the splits that have files or arrays of their own.

    The rows of these files come last; the other rows are still to be split. formats: of the columns of a trained
    model; None: they are decided from all rows of `path`, and the files of the splits are read by them. in_memory: the
    rows that a program passed, in place of `path`.
    """
    if in_memory is not None:
        whole = _read_in_memory(in_memory, dataset, rules)
    else:
        whole = read_files(dataset.path or (), dataset, rules, formats=formats)
    fixed: dict[str, Array] = {}
    if isinstance(whole, Table):
        whole, fixed = replace(whole, splits={}), dict(whole.splits)
    else:
        whole, fixed = _join_named_splits(whole)
    for split in ("validation", "test"):
        names = getattr(dataset, f"{split}_path")
        if names is None:
            continue
        if split in fixed:
            has = f"the folder has a folder {split}" if isinstance(whole, Table) else f"the file has {split} arrays"
            raise DataError(f"{has}, but {split}_path is also given", hint="keep one of them")
        if isinstance(whole, Table):
            stored = dataset.model_copy(update={"stream": True})
            known = whole.formats if formats is None else formats
            added = read_files(names, stored if whole.is_stored else dataset, rules, formats=known)
            if isinstance(added, Table) and added.is_stored and not whole.is_stored:
                return read_dataset(stored, rules, formats)
        else:
            added = read_files(names, dataset, rules, image=whole.image or dataset.image)
        whole, count, more = _append(whole, added)
        fixed[split] = np.arange(count, count + more)
    return whole, fixed


def _read_in_memory(rows: Any, dataset: DatasetSpec, rules: Rules) -> Table | Arrays:
    # not needed for files
    from nnctl.data.readers.in_memory import as_file
    from nnctl.data.readers.training_rows import read_training_rows

    if dataset.query is None:
        return read_training_rows(rows, rules)
    with as_file(rows, ()) as name:  # DuckDB runs the query on a file
        return read_files((name,), dataset, rules)


def _append(whole: Table | Arrays, added: Table | Arrays) -> tuple[Table | Arrays, int, int]:
    """The rows of both, and the number of rows of each."""
    if isinstance(whole, Table) and isinstance(added, Table):
        from nnctl.data.table import stack  # imported here to keep start-up fast

        return stack([whole, added]), whole.rows, added.rows
    if isinstance(whole, Table) or isinstance(added, Table):
        raise DataError("is not the same kind of file as the training data", added.source, "give tables, or npz files")
    return _stack_arrays(whole, added)


def _stack_arrays(whole: Arrays, added: Arrays) -> tuple[Arrays, int, int]:
    from nnctl.data.lazy_array import joined  # imported here to keep start-up fast

    absent = [name for name in whole.arrays if name not in added.arrays]
    if absent:
        raise DataError(f"lacks the array {listing(absent)}", added.source, "give it the same arrays")
    stacked = {}
    for name, array in whole.arrays.items():
        if array.shape[1:] != added[name].shape[1:]:
            raise DataError(
                f"has rows of shape {added[name].shape[1:]}, but {whole.source} has rows of shape {array.shape[1:]}",
                added.where(name),
                "give it the same shape",
            )
        stacked[name] = joined([array, added[name]])
    notes = tuple(dict.fromkeys((*whole.notes, *added.notes)))
    counts = _rows(whole), _rows(added)
    origin = Origin.joined([each.origin or Origin.of([(each.source, count)])
                            for each, count in zip((whole, added), counts, strict=True)])  # fmt: skip
    return replace(whole, arrays=stacked, notes=notes, origin=origin), *counts


def _rows(arrays: Arrays) -> int:
    from nnctl.data.named_arrays import rows_of  # imported here to keep start-up fast

    return rows_of(arrays, list(arrays.arrays))


def _join_named_splits(arrays: Arrays) -> tuple[Arrays, dict[str, Array]]:
    """x_train, y_train, x_test, y_test to x and y, and the row numbers of each split other than training."""
    from nnctl.data.named_arrays import Arrays  # imported here to keep start-up fast

    splits = {
        split: {base: array for name, array in arrays.arrays.items() if (base := _base(name, endings))}
        for split, endings in _ENDINGS.items()
    }
    if not splits["train"]:
        return arrays, {}
    divisors = {base: arrays.divisors[name] for name in arrays.divisors if (base := _base(name, _ENDINGS["train"]))}
    whole = replace(arrays, arrays=splits["train"], divisors=divisors)
    fixed = {}
    for split in ("validation", "test"):
        if splits[split]:
            whole, count, more = _stack_arrays(whole, Arrays(splits[split], f"{arrays.source} ({split} arrays)"))
            fixed[split] = np.arange(count, count + more)
    return whole, fixed


def _base(name: str, endings: Sequence[str]) -> str | None:
    return next((name.removesuffix(ending) for ending in endings if name.endswith(ending)), None)
