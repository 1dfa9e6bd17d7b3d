"""`class_weight`: rows that count more or less by their class; and classes that no training row has."""

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


def with_class_weight(part: Split, spec: Config, targets: Mapping[str, Target]) -> Split:
    """The training part with each row weighted by its class, as `class_weight` says.

    "balanced" weighs a class by rows / (classes present * rows of the class), as scikit-learn does.
    """
    if not spec.class_weight:
        return part
    classed = [output for output, target in targets.items() if _one_class_a_row(target, part.targets[output])]
    if len(targets) != 1 or not classed:
        raise InputError("class_weight needs one output with one class per row", where=spec.where("class_weight"),
                         hint="use loss_weights to weight outputs, dataset.weight to weight rows")  # fmt: skip
    [output] = classed
    target, numbers = targets[output], class_numbers(targets[output], part.targets[output])
    if spec.class_weight == "balanced":
        counts = np.bincount(numbers, minlength=len(target.classes or ()))
        weights = len(numbers) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    else:
        weights = _given(spec.class_weight, spec.where("class_weight"), target)
    rows = weights[numbers].astype(np.float32)
    return replace(part, weights=rows if part.weights is None else rows * part.weights)


def class_notes(part: Split, spec: Config, targets: Mapping[str, Target]) -> list[str]:
    """Notes on the training part's classes: those that no row has, and where `class_weight` counts."""
    notes = absent_classes(part, targets)
    if spec.class_weight:
        where = "the training loss"
        if any(spec.weighted_metrics.values()):
            where += " and weighted_metrics in training"
        notes.append(f"class_weight applies to {where}; metrics, validation and eval weight all rows equally")
    return notes


def absent_classes(part: Split, targets: Mapping[str, Target]) -> list[str]:
    """A note for each target some of whose classes no row of the training part has."""
    notes = []
    for output, target in targets.items():
        if not _one_class_a_row(target, part.targets[output]):
            continue
        classes = target.classes or ()
        counts = np.bincount(class_numbers(target, part.targets[output]), minlength=len(classes))
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
    """(rows,) the number of each row's class."""
    if target.labels == "onehot":
        return np.concatenate([block.argmax(axis=-1) for _, block in blocks(y)])
    return np.asarray(y).reshape(len(y)).astype(int)


def _one_class_a_row(target: Target, y: Array | Rows) -> bool:
    """Whether the target is one class for each row, rather than one for each time step or several at once."""
    if not target.classes or target.labels == "sequence":
        return False
    return y.ndim <= 2 if target.labels == "onehot" else y.size == len(y)


def _given(class_weight: Mapping[str, float], where: str, target: Target) -> Array:
    """(classes,) the weights that the config gives by class; 1 for a class that it does not name."""
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
    """The class that a key means: by the data's own word, else by its number (1 is 1.0), else whatever its case
    (True is true), where that is one class only."""
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
