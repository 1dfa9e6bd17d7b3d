"""What loading gives: arrays for training, validation and test, and what was learnt about the data."""

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
    """Rows of one part of the data: arrays, or Rows of large ones, by input name and by output name.

    divisors: by input name, what its values are to be divided by: pixels stay bytes until a batch is made of them.
    lengths: by input name, (rows,) how many of its time steps each row has; an input all of whose rows are
    full is left out. names: (rows,) what messages call each row: its number in the file, from 1,
    or the id of a sequence.
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

    labels: how the arrays are encoded ("integer", "onehot", "binary", "number", "sequence", as losses want them).
    classes: the class names in order of their numbers, or None for numbers; of a "sequence", class i is number i + 1.
    columns: the table's column(s), or the array's name. shape: of one row. soft: "binary" targets are fractions.
    shift, scale: what is learnt is (x - shift) / scale, by column; empty where numbers are learnt as they are.
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
        """Whether what is learnt has another unit than the data."""
        return any(np.ravel(self.shift) != 0) or any(np.ravel(self.scale) != 1)


@dataclass(frozen=True)
class Dataset:
    """A loaded data set. notes: a line for everything that was done to the data."""

    train: Split
    validation: Split | None
    test: Split | None
    input_shapes: Mapping[str, tuple[int, ...]]
    targets: Mapping[str, Target]
    preprocessing: Preprocessing
    notes: tuple[str, ...] = field(default=())

    @property
    def parts(self) -> dict[str, Split]:
        """The parts that there are, by name."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each part has."""
        return {name: part.rows for name, part in self.parts.items()}
