"""The values that occur among many rows, which are looked at in blocks, to use little memory."""

from __future__ import annotations

import numpy as np

Array = np.ndarray

BLOCK = 1 << 20  # rows that are looked at together


def distinct(values: Array) -> Array:
    """The values that occur, sorted."""
    # without return_counts, np.unique would import numpy.ma, which takes 10 ms
    found = [np.unique(values[:BLOCK], return_counts=True)[0]]
    for first in range(BLOCK, len(values), BLOCK):
        found.append(np.unique(values[first : first + BLOCK], return_counts=True)[0])
        if sum(map(len, found[1:])) >= max(BLOCK, len(found[0])):
            found = [np.unique(np.concatenate(found), return_counts=True)[0]]
    return np.unique(np.concatenate(found), return_counts=True)[0] if len(found) > 1 else found[0]


def present_numbers(numbers: Array) -> Array:
    """The numbers that occur, sorted, without NaN."""
    found = distinct(numbers)
    return found[: int(np.searchsorted(found, np.nan))]  # NaN sorts last


def code_counts(codes: Array, words: int) -> Array:
    """(words,) how often each of the codes 0 to words - 1 occurs; -1 is not counted."""
    counts = np.zeros(words + 1, np.int64)
    for first in range(0, len(codes), BLOCK):
        counts += np.bincount(codes[first : first + BLOCK] + 1, minlength=words + 1)
    return counts[1:]
