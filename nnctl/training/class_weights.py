"""`class_weight`: weights of rows by their class; and classes without training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nnctl.config.types import Config
from nnctl.data.dataset import Split, Target
from nnctl.data.lazy_array import Rows, blocks
from nnctl.errors import InputError

Array = np.ndarray
MOST_NAMED = 5  # classes in a note


def with_class_weight(split: Split, spec: Config, targets: Mapping[str, Target]) -> Split:
    """The training split with the weights of `class_weight`.

    With "balanced", the weight of a class is rows / (classes present * rows of the class), as in scikit-learn.
    """
    if not spec.class_weight:
        return split
    classed = [output for output, target in targets.items() if _one_class_a_row(target, split.targets[output])]
    if len(targets) != 1 or not classed:
        raise InputError("class_weight needs one output with one class per row", where=spec.where("class_weight"),
                         hint="use loss_weights to weight outputs, dataset.weight to weight rows")  # fmt: skip
    [output] = classed
    target, numbers = targets[output], class_numbers(targets[output], split.targets[output])
    if spec.class_weight == "balanced":
        counts = np.bincount(numbers, minlength=len(target.classes or ()))
        weights = len(numbers) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    else:
        weights = given_weights(spec.class_weight, spec.where("class_weight"), target)
    rows = weights[numbers].astype(np.float32)
    return replace(split, weights=rows if split.weights is None else rows * split.weights)


def class_notes(split: Split, spec: Config, targets: Mapping[str, Target]) -> list[str]:
    """Notes on classes without training rows, and on what `class_weight` applies to."""
    notes = absent_classes(split, targets)
    if spec.class_weight:
        where = "the training loss"
        if any(spec.weighted_metrics.values()):
            where += " and weighted_metrics in training"
        notes.append(f"class_weight applies to {where}; metrics, validation and eval weight all rows equally")
    return notes


def absent_classes(split: Split, targets: Mapping[str, Target]) -> list[str]:
    """A note for each target with classes that no training row has."""
    notes = []
    for output, target in targets.items():
        if not _one_class_a_row(target, split.targets[output]):
            continue
        classes = target.classes or ()
        counts = np.bincount(class_numbers(target, split.targets[output]), minlength=len(classes))
        absent = [name for name, count in zip(classes, counts, strict=True) if not count]
        if absent:
            named = ", ".join(f'"{name}"' for name in absent[:MOST_NAMED])
            more = f" and {len(absent) - MOST_NAMED} more" if len(absent) > MOST_NAMED else ""
            what, it = ("class", "it") if len(absent) == 1 else ("classes", "them")
            verb = "has" if len(absent) == 1 else "have"
            notes.append(f'target "{target.columns[0]}": {what} {named}{more} {verb} no training rows, so the model '
                         f"cannot learn {it}")  # fmt: skip
    return notes


def class_numbers(target: Target, y: Array | Rows) -> Array:
    """(rows,) the class number of each row."""
    if target.labels == "onehot":
        return np.concatenate([block.argmax(axis=-1) for _, block in blocks(y)])
    return np.asarray(y).reshape(len(y)).astype(int)


def _one_class_a_row(target: Target, y: Array | Rows) -> bool:
    """Whether the target is one class for each row, rather than one for each time step or several at once."""
    if not target.classes or target.labels == "sequence":
        return False
    return y.ndim <= 2 if target.labels == "onehot" else y.size == len(y)


def given_weights(class_weight: Mapping[str, float], where: str, target: Target) -> Array:
    """(classes,) the weights given in the config; 1 for classes that it does not name."""
    column, classes = target.columns[0], target.classes or ()
    weights = np.ones(len(classes))
    named: dict[int, str] = {}
    for key, weight in class_weight.items():
        number = _class_of(key, classes)
        if number is None:
            raise InputError(f"class_weight names {key!r}, which is not a class of {column!r}", where=where,
                             hint="classes: " + ", ".join(classes))  # fmt: skip
        if number in named:
            raise InputError(f"class_weight names {named[number]!r} and {key!r}, which are one class of {column!r}",
                             where=where, hint="leave one of them out")  # fmt: skip
        named[number], weights[number] = key, weight
    return weights


def _class_of(key: str, classes: Sequence[str]) -> int | None:
    """The number of the class that a key means: the one with that name, else with that number (1 is 1.0), else with
    that name in another case (True is true), provided it is the only one."""
    key = str(key)
    for same in (lambda name: name == key, lambda name: _equal_numbers(name, key),
                 lambda name: name.strip().casefold() == key.strip().casefold()):  # fmt: skip
        found = [number for number, name in enumerate(classes) if same(name)]
        if len(found) == 1:
            return found[0]
    return None


def _equal_numbers(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False
