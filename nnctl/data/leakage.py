"""Signs of leakage in data that are formally correct: rows in two splits, features that give the target away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nnctl.data.dataset import Split
from nnctl.data.lazy_array import Rows, blocks
from nnctl.data.table import Array, Column, Table, distinct
from nnctl.quoting import yaml_list

_PRODUCTS = 1 << 18  # bytes of products at a time, so that they stay in the cache


def duplicate_notes(whole: Split, rows: Mapping[str, Array]) -> list[str]:
    """A note for each split that shares rows with the training split, with all inputs and targets equal.

    whole: all rows. rows: the row numbers of each split.
    """
    others = [name for name in ("validation", "test") if len(rows.get(name, ()))]
    if not others:
        return []
    hashes = _hashes([*whole.inputs.values(), *whole.targets.values()])
    known = distinct(hashes[rows["train"]])
    counts = {name: _among(known, hashes[rows[name]]) for name in others}
    return [f"{count} {name} {'row is' if count == 1 else 'rows are'} also in the training split, with equal values"
            for name, count in counts.items() if count]  # fmt: skip


def _among(known: Array, values: Array) -> int:
    """How many of the values are in `known`, which is sorted. (np.isin would import numpy.ma.)"""
    places = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return int(np.count_nonzero(known[places] == values))


def _hashes(arrays: Sequence[Array | Rows]) -> Array:
    """(rows,) uint64: equal rows have equal hashes, others almost never."""
    total = np.zeros(len(arrays[0]), dtype=np.uint64)
    rng = np.random.default_rng(0)
    for array in arrays:
        odd = None
        for start, some in blocks(array):
            words = np.ascontiguousarray(some).reshape(len(some), -1)
            words = words.view(np.uint32 if words[0].nbytes % 4 == 0 else np.uint8)
            if odd is None:
                odd = rng.integers(0, 2**63, size=words.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
            size = max(1, _PRODUCTS // (8 * words.shape[1]))
            for first in range(0, len(words), size):
                block = words[first : first + size].astype(np.uint64)
                total[start + first : start + first + len(block)] += (block * odd).sum(axis=1, dtype=np.uint64)
    return total


def copy_notes(table: Table, features: Sequence[str], targets: Sequence[str], train: Array) -> Iterator[str]:
    """A note for each feature that gives a target away: |correlation| > 0.9999, or one value per class."""
    for target in targets:
        answer = table.columns[target].take(train)
        for name in features:
            if _copies(table.columns[name].take(train), answer):
                yield (
                    f'column "{name}" determines the target "{target}": one follows from the other;'
                    f" `ignore: {yaml_list([name])}` leaves it out"
                )


def _copies(feature: Column, answer: Column) -> bool:
    both = ~(feature.missing | answer.missing)
    x, y = feature.values[both], answer.values[both]
    if len(x) < 3:
        return False
    if feature.kind == answer.kind == "number":
        x, y = x - x.mean(), y - y.mean()
        with np.errstate(all="ignore"):
            correlation = (x @ y) / np.sqrt((x @ x) * (y @ y))
        return bool(abs(correlation) > 0.9999)
    both_columns = np.stack([x.astype(np.float64), y.astype(np.float64)])
    pairs = np.unique(both_columns, axis=1, return_counts=True)[1].size  # why counts: see `distinct`
    return 1 < pairs == len(distinct(x)) == len(distinct(y)) < len(x) / 2
