"""The batches of an epoch, in order: made when the loop asks for them, or read ahead while it computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from nnctl.data.dataset import Split
from nnctl.data.lazy_array import Rows
from nnctl.engine.batch import Batch
from nnctl.engine.profiler import BATCH, Clock
from nnctl.training.batching import make_batch

if TYPE_CHECKING:
    from concurrent.futures import Executor

Array = np.ndarray
Batches = Iterator[tuple[Array, Batch]]  # the rows' numbers in the split, and the batch


@contextmanager
def epoch_batches(
    split: Split, order: Array, bounds: Sequence[tuple[int, int]], clock: Clock | None = None, *, gather: bool = False
) -> Iterator[Batches]:
    """The batches of the rows `order[first:end]`, for each of the bounds. clock: measures how long the loop waits.
    gather: make all batches whole; else large rows may be left for the executor to gather.

    Rows of a file that is larger than memory are read one batch ahead, by a thread that ends with the context; an error
    there is raised where that batch would have come.
    """
    numbers = (order[first:end] for first, end in bounds)
    if not reads_ahead(split):
        yield _timed(((rows, make_batch(split, rows, ahead=gather or clock is not None)) for rows in numbers), clock)
        return
    from concurrent.futures import ThreadPoolExecutor  # few runs need it

    with ThreadPoolExecutor(1, "nnctl-reads-ahead") as pool:
        yield _timed(_ahead(split, numbers, pool), clock)


def reads_ahead(split: Split) -> bool:
    """Whether the processor would wait for the disk, or for the system to map pages."""
    arrays = (*split.inputs.values(), *split.targets.values())
    return any(isinstance(x, Rows) and x.read_ahead for x in arrays)


def _ahead(split: Split, numbers: Iterator[Array], pool: Executor) -> Batches:
    waiting = None
    for rows in numbers:
        following = rows, pool.submit(make_batch, split, rows, ahead=True)
        if waiting:
            yield waiting[0], waiting[1].result()
        waiting = following
    if waiting:
        yield waiting[0], waiting[1].result()


def _timed(batches: Batches, clock: Clock | None) -> Batches:
    if clock is None:
        yield from batches
        return
    while True:
        clock.start()
        batch = next(batches, None)
        if batch is None:
            return
        clock.lap("", BATCH)
        yield batch
