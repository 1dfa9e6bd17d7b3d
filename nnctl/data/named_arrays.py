"""Arrays by name: what data of all kinds but tables are once they are read."""

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
    """Arrays by name, as the files have them, large ones as Rows. source: what messages call the files.

    divisors: by name, what values must be divided by to lie between 0 and 1, where the files' format tells.
    names: the array that says what each row is called (a file), or empty. notes: what was done in reading.
    image: how further images must be read to be as these are, where they are images.
    origin: the file and the row in it of each row; None where they are those of `source`, in order.
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
        """The array in messages; `rows`: of only some of its rows."""
        origin = self.origin
        if rows is not None:
            origin = (origin or Origin.of([(self.source, len(self[name]))])).take(rows)
        return Where(f'{self.source}: array "{name}"', f'array "{name}"', origin)


def rows_of(arrays: Arrays, names: list[str]) -> int:
    """The number of rows that the named arrays share. Raises DataError where they differ or one is absent."""
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
        raise DataError(f"the arrays differ in rows: {shown}", arrays.source, "save as many targets as inputs")
    count = next(iter(counts.values()))
    if count == 0:
        raise DataError("there are no rows", arrays.source)
    return count
