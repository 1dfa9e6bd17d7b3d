"""The arithmetic of epochs, batches and iterations, which `explain-batches` shows and the loop follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnctl.errors import InputError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Plan:
    """How `samples` rows are divided into batches of `batch_size`, in each of `epochs` epochs.

    One iteration is one batch and one update of the weights.
    iterations per epoch = ceil(samples / batch_size); the last batch has the remaining rows.
    """

    samples: int
    batch_size: int
    epochs: int

    def __post_init__(self) -> None:
        for name in ("samples", "batch_size", "epochs"):
            value = getattr(self, name)
            if value < 1:
                raise InputError(f"{name.replace('_', ' ')} must be at least 1, got {value}")

    @property
    def iterations_per_epoch(self) -> int:
        return -(-self.samples // self.batch_size)

    @property
    def last_batch(self) -> int:
        """Rows of an epoch's last batch: batch_size, or fewer if it does not divide samples."""
        return self.samples - (self.iterations_per_epoch - 1) * self.batch_size

    @property
    def largest_batch(self) -> int:
        """Rows of an epoch's first batch: batch_size, or all samples if they are fewer."""
        return min(self.batch_size, self.samples)

    @property
    def partial(self) -> bool:
        return self.last_batch < self.batch_size

    @property
    def total_iterations(self) -> int:
        return self.iterations_per_epoch * self.epochs

    @property
    def samples_seen(self) -> int:
        return self.samples * self.epochs

    def bounds(self) -> Iterator[tuple[int, int]]:
        """(first, one past the last) row of every batch of one epoch, in order."""
        for iteration in range(self.iterations_per_epoch):
            yield self.bounds_of(iteration)

    def bounds_of(self, iteration: int) -> tuple[int, int]:
        """The bounds of one batch, of the 0-based iteration of an epoch."""
        first = iteration * self.batch_size
        return first, min(first + self.batch_size, self.samples)

    def share(self, ranks: int, rows: int | None = None) -> tuple[int, int]:
        """The fewest and the most rows of a batch that one of several processes computes. rows: of the batch; default:
        those of the largest."""
        rows = self.largest_batch if rows is None else rows
        return (rows // ranks, -(-rows // ranks)) if rows >= ranks else (rows, rows)


def permutation(seed: int, epoch: int, samples: int) -> np.ndarray:
    """The order of the rows in an epoch, counted from 1. It depends on seed and epoch alone, so a resumed run finds it
    again."""
    import numpy as np  # `explain-batches` does without

    return np.random.default_rng((seed, epoch)).permutation(samples)
