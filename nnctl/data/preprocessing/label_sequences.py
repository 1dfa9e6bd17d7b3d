"""Targets that are rows of labels, as CTC needs them: characters or class numbers to label numbers from 1, and back.

Label n is class n - 1. 0 is not a label: in targets it is padding, in predictions it is CTC's blank.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnctl.data.row_origin import located
from nnctl.data.table import Array, Column, listing
from nnctl.errors import DataError


def fit_alphabet(column: Column, given: Sequence[str] | None, where: str) -> tuple[str, ...]:
    """The characters of all texts, sorted, or those that the config gives. Raises DataError."""
    used = {sign for word in column.words for sign in word}
    if given is None:
        if not used:
            raise DataError("the target has no text", where, "choose another with `target:`")
        return tuple(sorted(used))
    alphabet = tuple(given)
    if doubled := sorted({sign for sign in alphabet if alphabet.count(sign) > 1}):
        raise DataError(f"the alphabet has {listing(map(repr, doubled))} more than once", "dataset.alphabet",
                        "write every character once")  # fmt: skip
    if long := [sign for sign in alphabet if len(sign) != 1]:
        raise DataError(f"{long[0]!r} in the alphabet is not a single character", "dataset.alphabet",
                        'write the characters as one string: `alphabet: "0123456789"`')  # fmt: skip
    return alphabet


def text_numbers(column: Column, alphabet: Sequence[str], where: str) -> Array:
    """(rows, longest) int32 from a column of texts without missing values. Raises DataError for unknown characters."""
    place = {sign: number for number, sign in enumerate(alphabet, 1)}
    longest = max(map(len, column.words), default=0)
    table = np.zeros((len(column.words), longest), dtype=np.int32)
    for code, word in enumerate(column.words):
        if unknown := [sign for sign in word if sign not in place]:
            if not (rows := column.values == code).any():
                continue
            at = located(where, rows)
            raise DataError(
                f"{at.rows}: {word!r} contains {unknown[0]!r}, which is not in the alphabet {_shown(alphabet)}",
                at.where,
                f"fix the text, or train with an `alphabet` that contains {unknown[0]!r}",
            )
        table[code, : len(word)] = [place[sign] for sign in word]
    numbers: Array = table[column.values]
    return numbers[:, : int(np.count_nonzero(numbers, axis=1).max(initial=0))]


def fit_classes(y: Array, lengths: Array | None, given: Sequence[str] | None, where: str) -> tuple[str, ...]:
    """The classes of rows of whole numbers: from 1 to the largest; from 0 if there are lengths, so that 0 need not be
    padding, and a label is 0. given: the alphabet of the config, numbers as text."""
    real = _labels(y, lengths, where)
    if given is not None:
        return tuple(given)
    labels = y[real]
    if not labels.size:
        raise DataError("the target has no labels", where, "choose another with `target:`")
    return tuple(map(str, range(min(1, int(labels.min())), int(labels.max()) + 1)))


def class_numbers(y: Array, lengths: Array | None, classes: Sequence[str], where: str) -> Array:
    """(rows, longest) int32 from rows of whole numbers, padded with 0 or of known lengths."""
    real = _labels(y, lengths, where)
    place = {int(word): number for number, word in enumerate(classes, 1)}
    present, codes = np.unique(np.where(real, y, 0).astype(np.int64), return_inverse=True)
    numbers = np.array([place.get(int(label), -1) for label in present], dtype=np.int32)[codes.reshape(y.shape)]
    numbers[~real] = 0
    if (unknown := numbers < 0).any():
        at = located(where, np.any(unknown, axis=1))
        raise DataError(
            f"{at.rows}: {y[unknown][0]:g} is not one of the classes {listing(classes)}", at.where,
            "fix the label, or train again on data that contain this class",
        )  # fmt: skip
    return np.ascontiguousarray(numbers[:, : int(real.sum(axis=1).max())])


def _labels(y: Array, lengths: Array | None, where: str) -> Array:
    """(rows, longest) bool: True for labels, False for padding. Raises DataError for values that are not labels."""
    if y.ndim != 2:
        raise DataError(f"rows of labels must have the shape (rows, longest), got {y.shape}", where,
                        "pad shorter rows with 0, or save texts (dtype str) of the shape (rows,)")  # fmt: skip
    places = np.arange(y.shape[1])
    real = y != 0 if lengths is None else places < lengths[:, None]
    values = y.astype(np.float64)
    bad = real & ~(np.isfinite(values) & (values == np.floor(values)) & (values >= 0))
    if bad.any():
        at = located(where, bad.any(axis=1))
        raise DataError(f"{at.rows}: a label must be a whole number of 0 or more, got {y[bad][0]:g}",
                        at.where, "number the classes from 1; 0 is padding")  # fmt: skip
    if lengths is None and (late := (places >= real.sum(axis=1)[:, None]) & real).any():
        at = located(where, late.any(axis=1))
        raise DataError(
            f"{at.rows}: a 0 comes before a label, but 0 is padding",
            at.where,
            "number the classes from 1, or save the number of labels of each row as label_lengths",
        )
    return real


def to_text(numbers: Array | Sequence[int], classes: Sequence[str]) -> str:
    """Label numbers as a text, without 0 and negative numbers; class names of several letters get spaces between."""
    between = " " if any(len(word) > 1 for word in classes) else ""
    return between.join(classes[int(number) - 1] for number in numbers if number > 0)


def to_texts(numbers: Array, classes: Sequence[str]) -> Array:
    """(rows,) texts from (rows, longest) label numbers."""
    texts = np.empty(len(numbers), dtype=object)
    texts[:] = [to_text(row, classes) for row in numbers]
    return texts


def fewest_steps(y: Array) -> Array:
    """(rows,) the fewest time steps that CTC needs: one per label, and a blank between two equal labels.

    y: (rows, longest) label numbers, padded with 0.
    """
    repeats = (y[:, 1:] == y[:, :-1]) & (y[:, 1:] > 0)
    fewest: Array = np.count_nonzero(y > 0, axis=1) + np.count_nonzero(repeats, axis=1)
    return fewest


def unalignable(y: Array, steps: Array | int) -> Array:
    """(rows,) bool: rows whose labels do not fit into `steps` time steps, so that their loss would be infinite.

    y: (rows, longest) label numbers, padded with 0. steps: the output steps of the model, for all rows or (rows,).
    """
    return fewest_steps(y) > steps


def label_note(what: str, classes: Sequence[str], y: Array) -> str:
    counts = np.count_nonzero(y, axis=1)
    return (
        f"{what}: rows of {counts.min()} to {counts.max()} labels, {len(classes)} classes ({_shown(classes)}) and the"
        f" blank; the last layer needs {len(classes) + 1} units"
    )


def _shown(classes: Sequence[str]) -> str:
    return repr("".join(classes)) if all(len(word) == 1 for word in classes) else listing(classes)
