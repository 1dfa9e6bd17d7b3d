"""The result of loading: arrays for training, validation and test, and what was fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nnctl.data.lazy_array import Rows

if TYPE_CHECKING:
    from nnctl.data.preprocessing.fitted import Preprocessing

Array = np.ndarray


@dataclass(frozen=True)
class Split:
    """The rows of one split: arrays, or `Rows` of large ones, by input name and by output name.

    divisors: by input name, what its values must be divided by: pixels stay bytes until they are in a batch.
    lengths: by input name, (rows,) the number of real time steps of each row; inputs without any padding are absent.
    names: (rows,) what messages call each row: its number in the file, from 1, or the id of a sequence.
    """

    inputs: Mapping[str, Array | Rows]
    targets: Mapping[str, Array | Rows]
    weights: Array | None = None  # (rows,) sample weights
    lengths: Mapping[str, Array] = field(default_factory=dict)
    names: Array | None = None
    divisors: Mapping[str, float] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(next(iter(self.inputs.values())))


@dataclass(frozen=True)
class Target:
    """What an output predicts.

    labels: how the arrays are encoded ("integer", "onehot", "binary", "number" or "sequence", as the loss needs them).
    classes: the class names in the order of their numbers, or None for numbers; class i of a "sequence" is i + 1.
    columns: the table's column(s), or the array's name. shape: of one row. soft: "binary" targets are fractions.
    shift, scale: the model predicts (x - shift) / scale, by column; empty if the numbers are not scaled.
    """

    labels: str
    columns: tuple[str, ...]
    shape: tuple[int, ...]
    classes: tuple[str, ...] | None = None
    soft: bool = False
    shift: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @property
    def scaled(self) -> bool:
        """Whether the model predicts scaled values, not the units of the data."""
        return any(np.ravel(self.shift) != 0) or any(np.ravel(self.scale) != 1)


@dataclass(frozen=True)
class Dataset:
    """A loaded data set. notes: one for everything that was done to the data. given: the splits that the data came
    with, in files or arrays of their own."""

    train: Split
    validation: Split | None
    test: Split | None
    input_shapes: Mapping[str, tuple[int, ...]]
    targets: Mapping[str, Target]
    preprocessing: Preprocessing
    notes: tuple[str, ...] = field(default=())
    given: tuple[str, ...] = field(default=())

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that are not empty, by name."""
        splits = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in splits.items() if split is not None}

    @property
    def rows(self) -> dict[str, int]:
        """The number of rows of each split."""
        return {name: split.rows for name, split in self.splits.items()}
