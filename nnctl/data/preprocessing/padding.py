"""Sequences of different lengths in arrays: padded to one length, with an array of their real lengths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from math import prod

import numpy as np

from nnctl.data.lazy_array import Rows
from nnctl.data.named_arrays import Arrays, rows_of
from nnctl.data.preprocessing.inputs import ArrayInput, check_numbers
from nnctl.data.row_origin import located
from nnctl.data.table import Array, listing
from nnctl.errors import DataError
from nnctl.quoting import yaml_map


def find_lengths(given: str | Mapping[str, str] | None, feeds: Mapping[str, str], arrays: Arrays,
                 taken: Iterable[str]) -> dict[str, str]:  # fmt: skip
    """Input name -> the array of its lengths: as `dataset.lengths` says, else `NAME_lengths`, else `lengths`.

    feeds: input name -> its array. taken: arrays with another role (a target may be called lengths).
    Raises DataError if it is not clear which input the lengths belong to.
    """
    if isinstance(given, Mapping):
        if unknown := [name for name in given if name not in feeds]:
            raise DataError(
                f"dataset.lengths names {listing(unknown)}, but the inputs are {listing(feeds)}",
                arrays.source,
                "write `lengths: {INPUT: ARRAY}`",
            )
        return dict(given)
    free = arrays.arrays.keys() - set(feeds.values()) - set(taken)
    found = {}
    for name, array in feeds.items():
        if own := next((each for each in (f"{array}_lengths", f"{name}_lengths") if each in free), None):
            found[name] = own
    plain = given or ("lengths" if "lengths" in free else None)
    if plain and not found:
        if len(feeds) > 1:
            raise DataError(
                f'it is not clear to which input the array "{plain}" belongs: the inputs are {listing(feeds)}',
                arrays.source,
                f"write `lengths: {yaml_map({next(iter(feeds)): plain})}` under dataset, or rename the arrays to"
                " INPUT_lengths",
            )
        found = dict.fromkeys(feeds, plain)
    return found


def has_steps(x: Array | Rows, shape: tuple[int, ...]) -> bool:
    """Whether rows of this shape are time steps: (steps, features), or (steps,) of whole numbers."""
    return len(shape) > 1 or x.dtype.kind in "iu"


def without_padding(arrays: Arrays, inputs: Iterable[ArrayInput]) -> Arrays:
    """The arrays with zeros beyond each row's length, and with as many time steps as the model takes.

    This comes before any check of the values: those in the padding, which may be NaN, are not data.
    """
    changed: dict[str, Array | Rows] = {}
    for entry in inputs:
        if entry.lengths is None:
            continue
        x, where = arrays[entry.array], arrays.where(entry.array)
        rows_of(arrays, [entry.array, entry.lengths])
        check_numbers(x, where)
        x = _as_sequences(x, entry.shape)
        lengths = checked_lengths(arrays[entry.lengths], x.shape[1], arrays.where(entry.lengths))
        x = _fitted(x, lengths, entry.shape[0], where)
        changed |= {entry.array: x, entry.lengths: lengths}
    return replace(arrays, arrays={**arrays.arrays, **changed}) if changed else arrays


def _as_sequences(x: Array | Rows, shape: tuple[int, ...]) -> Array | Rows:
    """x as (rows, steps, *shape[1:]) with any number of steps; unchanged if that is impossible."""
    if x.ndim > 1 and x.shape[2:] == shape[1:]:
        return x
    return x.reshape(len(x), *shape) if x.size == len(x) * prod(shape) else x


def _fitted(x: Array | Rows, lengths: Array, steps: int, where: str) -> Array | Rows:
    """A copy of x with `steps` steps and zeros as padding, truncated if only padding is lost."""
    if (beyond := lengths > steps).any():
        at = located(where, beyond)
        raise DataError(
            f"{at.rows}: {lengths[beyond][0]} time steps, but the model takes {steps}", at.where,
            f"truncate them to {steps} steps, or train on sequences padded to {lengths.max()}",
        )  # fmt: skip
    if isinstance(x, Rows):
        return x.then(partial(_padded, steps), (steps, *x.shape[2:]), each=lengths)
    return _padded(steps, x, lengths, None)


def _padded(steps: int, x: Array, lengths: Array, out: Array | None) -> Array:
    if out is None:
        out = np.empty((len(x), steps, *x.shape[2:]), dtype=x.dtype)
    kept = min(steps, x.shape[1])
    out[:, :kept] = x[:, :kept]
    out[~real_steps(lengths, steps)] = 0
    return out


def checked_lengths(given: Array | Rows, steps: int, where: str) -> Array:
    """(rows,) int64. Raises DataError for values that are not whole numbers from 1 to `steps`."""
    if given.ndim != 1 and given.shape[1:] != (1,):
        raise DataError(
            f"lengths must be one number per row, got the shape {given.shape}", where, "save the shape (rows,)"
        )
    if given.dtype.kind not in "iuf":
        raise DataError("lengths must be whole numbers", where, "save the number of time steps of each row")
    given = np.asarray(given).reshape(-1)
    bad = ~((given >= 1) & (given <= steps))  # also True for NaN
    bad[~bad] = given[~bad] != np.floor(given[~bad])
    if bad.any():
        at = located(where, bad)
        raise DataError(
            f"{at.rows}: a length must be a whole number from 1 to {steps} time steps, got {given[bad][0]:g}", at.where,
            "remove the row, or fix the length",
        )  # fmt: skip
    return given.astype(np.int64)


def real_steps(lengths: Array, steps: int) -> Array:
    """(rows, steps) bool: False for padding."""
    return np.arange(steps) < lengths[:, None]


def partly_filled(lengths: Mapping[str, Array], inputs: Mapping[str, Array | Rows]) -> dict[str, Array]:
    """The lengths of those inputs that have any padding."""
    return {name: each for name, each in lengths.items() if (each < inputs[name].shape[1]).any()}


def length_note(lengths: Array, steps: int, what: str) -> str:
    """`array "x": sequences of 7 to 29 time steps`."""
    if lengths.min() == steps:
        return f"{what}: sequences of {steps} time steps"
    padded = f", padded with zeros to {steps}; the padding is masked"
    return f"{what}: sequences of {lengths.min()} to {lengths.max()} time steps{padded}"
