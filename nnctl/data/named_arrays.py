"""Arrays by name: what npz, npy, IDX and image files are read into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nnctl.data.config import ImageSpec
from nnctl.data.lazy_array import Rows
from nnctl.data.row_origin import Origin, Where
from nnctl.data.table import listing
from nnctl.errors import DataError

Array = np.ndarray


@dataclass(frozen=True)
class Arrays:
    """Arrays by name, as they are in the files, large ones as Rows. source: what messages call the files.

    divisors: by name, what the values must be divided by to lie between 0 and 1, if the file format tells.
    names: the array with the name of each row (of its file), or empty. notes: what was done while reading.
    image: how further images must be read to match these, if they are images.
    origin: the file and row number of each row; None if they are the rows of `source`, in order.
    """

    arrays: Mapping[str, Array | Rows]
    source: str
    divisors: Mapping[str, float] = field(default_factory=dict)
    names: str = ""
    notes: tuple[str, ...] = ()
    image: ImageSpec | None = None
    origin: Origin | None = None

    def __getitem__(self, name: str) -> Array | Rows:
        return self.arrays[name]

    def where(self, name: str, rows: Array | None = None) -> Where:
        """The array in messages; rows: if it holds only some of the rows."""
        origin = self.origin
        if rows is not None:
            origin = (origin or Origin.of([(self.source, len(self[name]))])).take(rows)
        return Where(f'{self.source}: array "{name}"', f'array "{name}"', origin)


def rows_of(arrays: Arrays, names: list[str]) -> int:
    """The number of rows of the named arrays. Raises DataError if it differs, or if an array does not exist."""
    counts = {}
    for name in names:
        if name not in arrays.arrays:
            raise DataError(
                f'there is no array "{name}"',
                arrays.source,
                f"arrays: {listing(arrays.arrays)}; choose with `inputs:` (array) and `dataset.target`",
            )
        counts[name] = len(arrays[name])
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise DataError(
            f"the arrays have different numbers of rows: {shown}",
            arrays.source,
            "save the same number of inputs and targets",
        )
    count = next(iter(counts.values()))
    if count == 0:
        raise DataError("there are no rows", arrays.source)
    return count
