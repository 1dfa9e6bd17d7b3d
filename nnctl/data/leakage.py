"""Signs of leakage in data that are formally correct: rows in two splits, features that give the target away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nnctl.data.dataset import Split
from nnctl.data.distinct_values import distinct
from nnctl.data.lazy_array import Rows, blocks
from nnctl.data.table import Array, Column, Table
from nnctl.quoting import yaml_list

_ROWS = 1 << 20  # that are compared together, to use little memory
_PRODUCTS = 1 << 18  # bytes of products at a time, so that they stay in the cache


def duplicate_notes(whole: Split, rows: Mapping[str, Array]) -> list[str]:
    """A note for each split that shares rows with the training split, with all inputs and targets equal.

    whole: all rows. rows: the row numbers of each split.
    """
    others = [name for name in ("validation", "test") if len(rows.get(name, ()))]
    if not others:
        return []
    hashes = _hashes([*whole.inputs.values(), *whole.targets.values()])
    known = hashes[rows["train"]]
    known.sort()
    counts = {name: _among(known, hashes[rows[name]]) for name in others}
    return [f"{count} {name} {'row is' if count == 1 else 'rows are'} also in the training split, with equal values"
            for name, count in counts.items() if count]  # fmt: skip


def _among(known: Array, values: Array) -> int:
    """How many of the values are in `known`, which is sorted. (np.isin would import numpy.ma.)"""
    count = 0
    for first in range(0, len(values), _ROWS):
        block = values[first : first + _ROWS]
        places = np.minimum(np.searchsorted(known, block), len(known) - 1)
        count += int(np.count_nonzero(known[places] == block))
    return count


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
        answer = table.columns[target]
        for name in features:
            feature = table.columns[name]
            numbers = feature.kind == answer.kind == "number"
            if _correlate(feature, answer, train) if numbers else _copies(feature.take(train), answer.take(train)):
                yield (
                    f'column "{name}" determines the target "{target}": one follows from the other;'
                    f" `ignore: {yaml_list([name])}` leaves it out"
                )


def _correlate(feature: Column, answer: Column, train: Array) -> bool:
    """Whether one column of numbers is a multiple of the other, but for a constant. In blocks, to use little memory."""
    all_x, all_y = feature.values, answer.values

    def pairs() -> Iterator[tuple[Array, Array]]:
        for first in range(0, len(train), _ROWS):
            x, y = (values[train[first : first + _ROWS]] for values in (all_x, all_y))
            both = ~(np.isnan(x) | np.isnan(y))
            yield (x, y) if both.all() else (x[both], y[both])

    sums, products = np.zeros(3), np.zeros(3)
    with np.errstate(all="ignore"):
        for x, y in pairs():
            sums += len(x), x.sum(), y.sum()
        mean_x, mean_y = sums[1:] / sums[0]
        for x, y in pairs():
            x, y = x - mean_x, y - mean_y
            products += x @ y, x @ x, y @ y
        correlation = products[0] / np.sqrt(products[1] * products[2])
    return bool(sums[0] >= 3 and abs(correlation) > 0.9999)


def _copies(feature: Column, answer: Column) -> bool:
    """Whether each value of one column is one of the other, both ways round."""
    both = ~(feature.missing | answer.missing)
    x, y = feature.values[both], answer.values[both]
    if len(x) < 3:
        return False
    of_x, of_y = distinct(x), distinct(y)
    if not 1 < len(of_x) == len(of_y) < len(x) / 2:
        return False
    pairs = np.searchsorted(of_x, x) * len(of_y)
    pairs += np.searchsorted(of_y, y)
    return len(distinct(pairs)) == len(of_x)
