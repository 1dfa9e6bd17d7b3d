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
from nnctl.training.model import take

if TYPE_CHECKING:
    from concurrent.futures import Executor

Array = np.ndarray
Fed = Iterator[tuple[Array, Batch]]  # the rows' numbers in the part, and the rows


@contextmanager
def feed(part: Split, order: Array, bounds: Sequence[tuple[int, int]], clock: Clock | None = None) -> Iterator[Fed]:
    """The batches `order[first:end]` for each of the bounds; clock: takes the time that the loop waits for them.

    Rows of a mapped file are gathered one batch ahead on a thread of its own, which ends with the context. What goes
    wrong there is raised where that batch would have come. Which rows a batch has is a function of order and bounds
    alone.
    """
    numbers = (order[first:end] for first, end in bounds)
    if not from_file(part):
        yield _timed(((rows, take(part, rows, ahead=clock is not None)) for rows in numbers), clock)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, "nnctl-reads-ahead") as pool:
        yield _timed(_ahead(part, numbers, pool), clock)


def from_file(part: Split) -> bool:
    """Whether rows come from a file: the processor waits for the disk then, or for the system to map the pages."""
    arrays = (*part.inputs.values(), *part.targets.values())
    return any(isinstance(x, Rows) and x.mapped for x in arrays)


def _ahead(part: Split, numbers: Iterator[Array], pool: Executor) -> Fed:
    waiting = None
    for rows in numbers:
        next_one = rows, pool.submit(take, part, rows, ahead=True)
        if waiting:
            yield waiting[0], waiting[1].result()
        waiting = next_one
    if waiting:
        yield waiting[0], waiting[1].result()


def _timed(batches: Fed, clock: Clock | None) -> Fed:
    if clock is None:
        yield from batches
        return
    while True:
        clock.start()
        fed = next(batches, None)
        if fed is None:
            return
        clock.lap("", BATCH)
        yield fed
