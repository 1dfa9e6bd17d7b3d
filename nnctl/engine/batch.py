"""Batches: the rows that one training step or one evaluation is computed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from nnctl.nn.layers.base import Array


class LazyRows(Protocol):
    """Rows that are not in memory yet. numpy.asarray gathers all of them at once."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype: ...

    @property
    def in_file(self) -> bool:
        """Whether they are read from a file."""
        ...

    def __len__(self) -> int: ...

    def gather(self, rows: slice, out: Array) -> Array:
        """Writes some of the rows to `out` and returns it."""
        ...

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array: ...


@dataclass(frozen=True)
class Batch:
    """The inputs and targets of some rows.

    Attributes:
        inputs: by input name. LazyRows are gathered by each shard, on its own thread and into its own arena.
        targets: by output name.
        weights: (rows,), the samples' weights, or None if all are 1.
        lengths: by input name, how many time steps of each row are real; the others are padding.
        divisors: by input name, the number that its values (such as the bytes of pixels) are divided by.
    """

    inputs: Mapping[str, Array | LazyRows]
    targets: Mapping[str, Array]
    weights: Array | None = None
    lengths: Mapping[str, Array] = field(default_factory=dict)
    divisors: Mapping[str, float] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(next(iter(self.inputs.values())))

    def without_inputs(self) -> Targets:
        return Targets(self.rows, self.targets, self.weights)


@dataclass(frozen=True)
class Targets:
    """What is left of a batch for its metrics: its number of rows, the targets by output name, and the weights."""

    rows: int
    targets: Mapping[str, Array]
    weights: Array | None
