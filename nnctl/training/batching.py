"""Batches made of a split's rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nnctl.data.dataset import Split
from nnctl.data.lazy_array import Rows
from nnctl.engine.batch import Batch

Array = np.ndarray

EVALUATED = 8192  # rows that the executor is given at once outside of training; it cuts them into shards
# Bytes of an input's rows from which each shard gathers its own: with fewer, that takes longer than to gather them all.
GATHERED = 1 << 16


def make_batch(split: Split, rows: Any, *, ahead: bool = False) -> Batch:
    """The batch of some rows of a split.

    rows: a slice, or the rows' numbers. ahead: gather all of them now; else large inputs are left for the shards to
    gather, each its own rows.
    """
    return Batch(
        {name: _rows_of(x, rows, ahead) for name, x in split.inputs.items()},
        {name: y[rows] for name, y in split.targets.items()},
        None if split.weights is None else split.weights[rows],
        {name: lengths[rows] for name, lengths in split.lengths.items()},
        split.divisors,
    )


def _rows_of(x: Array | Rows, rows: Any, ahead: bool) -> Array | Rows:
    if isinstance(x, Rows):
        return x.gather(rows) if ahead else x.select(rows)
    if ahead or isinstance(rows, slice) or len(rows) * x[:1].nbytes < GATHERED:
        gathered: Array = x[rows]
        return gathered
    return Rows.of(x).select(rows)


def batches_in_order(split: Split, size: int = EVALUATED) -> Iterator[Batch]:
    """A split's rows in order, `size` at a time."""
    for first in range(0, split.rows, size):
        yield make_batch(split, slice(first, first + size))


def joined(results: list[dict[str, Array]]) -> dict[str, Array]:
    """The arrays of several batches, by name, one after the other."""
    return {name: np.concatenate([result[name] for result in results]) for name in results[0]}


def cast(split: Split, dtype: Any) -> Split:
    """The split with its floating-point arrays in the engine's dtype."""

    def as_dtype(arrays: Mapping[str, Array | Rows]) -> dict[str, Array | Rows]:
        return {
            name: a.astype(dtype, copy=False) if np.issubdtype(a.dtype, np.floating) else a
            for name, a in arrays.items()
        }

    weights = None if split.weights is None else split.weights.astype(dtype, copy=False)
    return replace(split, inputs=as_dtype(split.inputs), targets=as_dtype(split.targets), weights=weights)
