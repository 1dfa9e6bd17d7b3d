"""The values of targets: words for no and yes, fractions, and the range that a loss takes."""

from __future__ import annotations

import numpy as np

from nnctl.data.preprocessing.features import number_column
from nnctl.data.row_origin import located
from nnctl.data.table import Array, Column, Table, listing
from nnctl.errors import DataError

FOR_NUMBERS = "for a number use `loss: mse` and a last layer of 1 unit"
_NO_AND_YES = (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"))


def binary_column(table: Table, name: str) -> Column:
    """The column as 0 and 1; false and true, no and yes, n and y, f and t count as these, in upper or lower case."""
    column = table[name]
    if column.kind == "text" and any({word.lower() for word in column.words} <= set(pair) for pair in _NO_AND_YES):
        yes = {pair[1] for pair in _NO_AND_YES}
        values = np.array([float(word.lower() in yes) for word in column.words] + [np.nan])[column.values]
        return Column("number", values)
    return number_column(table, name)


def has_fractions(values: Array) -> bool:
    """Whether some of the values are between 0 and 1, which makes them soft targets of a binary loss."""
    return bool(np.any((values > 0) & (values < 1)))


def check_range(values: Array, labels: str, where: str, before: int = 0, soft: bool = False) -> None:
    """Raises DataError if one-hot rows do not sum to 1, or binary values are not 0 and 1 (soft: from 0 to 1).

    before: as in `located`.
    """
    rows = values.reshape(len(values), -1)
    if labels == "onehot":
        bad = np.any(values < 0, axis=tuple(range(1, values.ndim)))
        bad |= np.any(np.abs(values.sum(axis=-1) - 1).reshape(len(values), -1) > 1e-3, axis=1)
        if bad.any():
            at = located(where, bad, before=before)
            raise DataError(
                f"{at.rows}: one-hot targets must be 0 or more and sum to 1", at.where,
                "for several labels per row use `loss: binary_crossentropy`, for numbers `loss: mse`",
            )  # fmt: skip
        return
    wrong = ~((rows >= 0) & (rows <= 1)) if soft else (rows != 0) & (rows != 1)
    bad = np.any(wrong, axis=1)
    if not bad.any():
        return
    first = np.flatnonzero(bad)[0]
    wanted = "a binary loss needs values from 0 to 1" if soft else "a binary loss needs 0 and 1"
    hint = (
        "scale them to 0 to 1 with `query`, or use `loss: mse`" if soft
        else "for more than two classes use `loss: sparse_categorical_crossentropy`; for numbers `loss: mse`"
    )  # fmt: skip
    shown = listing(rows[first][wrong[first]], 3)
    at = located(where, bad, before=before)
    raise DataError(f"{at.rows}: {wanted}, got {shown}", at.where, hint)
