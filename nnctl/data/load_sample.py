"""Some rows of one split of the data that a model was trained on, as they were read and as the model takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnctl.data.catalog.bundled import resolve
from nnctl.data.config import IN_MEMORY, DatasetSpec
from nnctl.data.dataset import Split
from nnctl.data.load import read_fitted, refuse_other_rows
from nnctl.data.named_arrays import Arrays, rows_of
from nnctl.data.preprocessing.fitted import Preprocessing
from nnctl.data.preprocessing.missing_values import kept_rows, rule, take_rows
from nnctl.data.preprocessing.sequence_tables import LongTable
from nnctl.data.readers.paths import Files, find_files
from nnctl.data.splits import SplitRows, assign_splits
from nnctl.data.table import Array, Table
from nnctl.data.table_cache.choice import is_streamed

HELD_OUT = ("test", "validation", "train")  # the first of these that a run has is the one to judge a model by
_LARGE = 16 << 20  # bytes of CSV files from which only the chosen rows are converted


@dataclass(frozen=True)
class SampledRows:
    """Rows of a split.

    name: of the split: "test", "validation" or "train". raw: the rows as read; split: the same rows, preprocessed.
    total: the rows of the whole split. notes: a line for everything that was done to the data.
    """

    name: str
    raw: Table | LongTable | Arrays
    split: Split
    total: int
    notes: tuple[str, ...]


def load_sample(preprocessing: Preprocessing, most: int, seed: int = 0, large: int = _LARGE) -> SampledRows:
    """Rows of the test split; of the validation split if there is none, else of the training split.

    most: of a larger split, this many rows are drawn at random, with `seed`. Only these are preprocessed, and of CSV
    files of more than `large` bytes only these are converted.
    Raises DataError if the data cannot be read, or if they have changed since the model was trained.
    """
    files = _large_files(preprocessing, large)
    if files is not None:
        return _of_large_files(preprocessing, files, most, seed)
    rows, split, notes = read_fitted(preprocessing)
    name, chosen = choose(split, most, seed)
    raw = _take(rows, chosen, preprocessing.array_names(True))
    return _transformed(preprocessing, raw, split, name, chosen, notes)


def choose(split: SplitRows, most: int, seed: int) -> tuple[str, Array]:
    """The split to judge by, and at most that many of its rows, ascending."""
    name = next(name for name in HELD_OUT if len(split.rows[name]))
    rows = split.rows[name]
    if len(rows) > most:
        rows = rows[np.sort(np.random.default_rng(seed).choice(len(rows), most, replace=False))]
    return name, rows


def _take(rows: Table | LongTable | Arrays, chosen: Array, names: list[str]) -> Table | LongTable | Arrays:
    if isinstance(rows, Arrays):
        count = rows_of(rows, names)
        kept = np.zeros(count, bool)
        kept[chosen] = True
        return take_rows(rows, kept)
    return rows.loaded(chosen) if isinstance(rows, Table) else rows.take(chosen)


def _transformed(preprocessing: Preprocessing, raw: Table | LongTable | Arrays, split: SplitRows, name: str,
                 chosen: Array, notes: list[str]) -> SampledRows:  # fmt: skip
    transformed = preprocessing.transform(raw, True, notes)
    if transformed.names is None:
        transformed = replace(transformed, names=chosen + 1)
    return SampledRows(name, raw, transformed, len(split.rows[name]), (*notes, split.note()))


# Large CSV files


def _large_files(preprocessing: Preprocessing, large: int) -> Files | None:
    """The files, if they are read faster in two steps: first the columns that decide which rows a split has."""
    dataset, _ = resolve(preprocessing.dataset)
    fixed = dataset.query or dataset.sequence or dataset.validation_path or dataset.test_path
    if not preprocessing.is_table or preprocessing.formats is None or fixed or IN_MEMORY in (dataset.path or ()):
        return None
    files = find_files(dataset.path or ())
    if files.format != "csv" or files.size < large or is_streamed(files, dataset):
        return None
    return files if 2 * len(_deciding(preprocessing, dataset)) <= len(preprocessing.formats) else None


def _deciding(preprocessing: Preprocessing, dataset: DatasetSpec) -> Sequence[str]:
    """The columns that decide which rows are used, and in which split they are."""
    aside = [name for name in (dataset.weight, dataset.split.time, dataset.split.column) if name]
    names = [*preprocessing.target_columns, *aside]
    names += [name for name in preprocessing.features if rule(dataset.missing, name) == "drop"]
    return list(dict.fromkeys(names))


def _of_large_files(preprocessing: Preprocessing, files: Files, most: int, seed: int) -> SampledRows:
    from nnctl.data.readers.duckdb_tables import read_some_rows  # DuckDB is imported only for large files

    dataset, _ = resolve(preprocessing.dataset)
    notes: list[str] = []
    found: list[tuple[SplitRows, str, Array]] = []

    def chosen(table: Table) -> Array:
        kept = kept_rows(dataset, table, (), _deciding(preprocessing, dataset), notes)
        used = table.take(kept) if len(kept) < table.rows else table
        split = assign_splits(dataset, used, preprocessing.targets, preprocessing.seed, {})
        refuse_other_rows(preprocessing, split, table.source)
        name, rows = choose(split, most, seed)
        found.append((split, name, rows))
        taken: Array = kept[rows]
        return taken

    raw = read_some_rows(files, preprocessing.rules, preprocessing.formats or {}, dataset.encoding,
                         _deciding(preprocessing, dataset), chosen)  # fmt: skip
    [(split, name, rows)] = found
    return _transformed(preprocessing, raw, split, name, rows, [*raw.notes, *notes])
