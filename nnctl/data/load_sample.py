"""Some rows of one split of the data that a model was trained on, as they were read and as the model takes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nnctl.data.dataset import Split
from nnctl.data.load import read_fitted
from nnctl.data.named_arrays import Arrays, rows_of
from nnctl.data.preprocessing.fitted import Preprocessing
from nnctl.data.preprocessing.missing_values import take_rows
from nnctl.data.preprocessing.sequence_tables import LongTable
from nnctl.data.splits import SplitRows
from nnctl.data.table import Array, Table

HELD_OUT = ("test", "validation", "train")  # the first of these that a run has is the one to judge a model by


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


def load_sample(preprocessing: Preprocessing, most: int, seed: int = 0) -> SampledRows:
    """Rows of the test split; of the validation split if there is none, else of the training split.

    most: of a larger split, this many rows are drawn at random, with `seed`. Only these are preprocessed.
    Raises DataError if the data cannot be read, or if they have changed since the model was trained.
    """
    rows, split, notes = read_fitted(preprocessing)
    name, chosen = choose(split, most, seed)
    raw = _take(rows, chosen, preprocessing.array_names(True))
    transformed = preprocessing.transform(raw, True, notes)
    if transformed.names is None:
        before = int(split.rows[name][0]) if name in split.fixed else 0
        transformed = replace(transformed, names=chosen + 1 - before)
    return SampledRows(name, raw, transformed, len(split.rows[name]), (*notes, split.note()))


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
