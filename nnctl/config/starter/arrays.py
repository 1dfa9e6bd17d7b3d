"""The config of arrays: npz files, folders of images and IDX files. Which array is what, and the model for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnctl.config.starter.array_inputs import ArrayFacts, array_facts, layers_of, named, scaling
from nnctl.config.starter.choices import Choice, Starter
from nnctl.config.starter.network import loss_choices, numbered, output_layer, plan
from nnctl.config.starter.splits import fractions_of, split_choice
from nnctl.config.starter.target import NAMES, Problem, Task
from nnctl.config.starter.wording import percent, quoted
from nnctl.data.named_arrays import Arrays
from nnctl.data.table import Array, listing
from nnctl.errors import DataError
from nnctl.translation import _

MOST_CLASSES = 1000


def array_target(arrays: Arrays) -> tuple[str, bool]:
    """The array that is most probably the target, and whether it is clearly so: by its name, or as the only one with
    one value for each row."""
    possible = _rows_of_data(arrays)
    named_so = [name for name in possible if name.casefold() in NAMES]
    single = [name for name in possible if arrays[name].ndim == 1]
    if len(named_so) == 1:
        return named_so[0], True
    if not possible:
        raise DataError(_("there are no arrays"), arrays.source)
    return (single[0], True) if len(single) == 1 and len(possible) > 1 else (possible[-1], False)


def _rows_of_data(arrays: Arrays) -> list[str]:
    """The arrays that may be inputs or targets: not those of lengths, weights and file names."""
    return [name for name in arrays.arrays if name not in ("w", arrays.names) and not name.endswith("lengths")]


def array_starter(source: str, arrays: Arrays, fixed: Mapping[str, Array], target: str, task: Task | None,
                  more: Sequence[Choice] = ()) -> Starter:  # fmt: skip
    """The starter config for arrays. fixed: the rows of splits of their own. more: choices about how they are read.

    Raises DataError for a target that no starter config covers.
    """
    if target not in arrays.arrays:
        raise DataError(_("there is no array {name}; arrays: {names}").format(
            name=quoted(target), names=listing(arrays.arrays)), arrays.source)  # fmt: skip
    inputs = [array_facts(arrays, name) for name in _rows_of_data(arrays) if name != target]
    inputs = [entry for entry in inputs if entry.rows == len(arrays[target])]
    if not inputs:
        raise DataError(_("no array is left to learn from"), arrays.source)
    rows = len(arrays[target]) - sum(len(each) for each in fixed.values())
    problem, output, loss = _output(arrays, target, task, rows, [entry.kind for entry in inputs])
    counts = {name: len(each) for name, each in fixed.items()}
    fractions = fractions_of(rows, len(problem.classes), counts)
    train = fractions.training_rows(rows)
    title = _("A first config for {source}: {rows} rows, {n} arrays. Made by nnctl init.").format(
        source=quoted(source), rows=f"{len(arrays[target]):,}", n=len(arrays.arrays))  # fmt: skip
    body, declared = _layers(inputs, train, loss == "ctc")
    recurrent = any(entry.kind in ("sequence", "tokens") for entry in inputs)
    choices = [
        Choice(("dataset", "path"), source), *more, _told_target(problem, target, loss),
        *_scaling(inputs, problem, loss), *_missing(inputs), split_choice(problem, fractions), *declared,
        *numbered([*body, output]), *_loss(problem, loss),
        *plan(train, fractions, updates=1000 if recurrent else 2500, rate=0.005 if recurrent else 0.002, fewest=5,
              batch=32 if recurrent else None, clip=recurrent),
    ]  # fmt: skip
    return Starter((title,), tuple(choices))


def _layers(inputs: Sequence[ArrayFacts], rows: int, each_step: bool) -> tuple[list[tuple[Any, str]], list[Choice]]:
    """The layers before the last, and `inputs:`."""
    if len(inputs) == 1:
        [entry] = inputs
        declared = [Choice(("inputs", entry.name), {}, ())] if entry.name != "x" else []
        return layers_of(entry, rows, each_step), declared
    layers = []
    told: set[str] = set()  # reasons that were given for an earlier input
    for entry in inputs:
        found = named(layers_of(entry, rows), entry.name, f"{entry.name}_read")
        layers += [(layer, "" if why in told else why) for layer, why in found]
        told |= {why for _layer, why in found}
    layers.append(({"Concatenate": {"from": [f"{entry.name}_read" for entry in inputs]}}, _("All inputs together.")))
    layers.append(({"Dense": {"units": 64, "activation": "relu"}}, ""))
    return layers, [Choice(("inputs", entry.name), {}) for entry in inputs]


def _told_target(problem: Problem, target: str, loss: str) -> Choice:
    if loss == "ctc":
        why = _("A text for each row, without the steps where its characters are: learned by CTC.")
    elif problem.task == "regress":
        why = _("{target} is predicted as numbers.").format(target=quoted(target))
    elif not problem.classes:
        why = _("{target} has a 0 or a 1 for each class.").format(target=quoted(target))
    else:
        known = [(word, count) for word, count in problem.classes if count]
        shown = ", ".join(f"{quoted(word)} {percent(count, sum(n for _w, n in known))}" for word, count in known[:5])
        why = _("{n} classes: {classes}").format(n=len(known), classes=shown + (", ..." if known[5:] else ""))
    return Choice(("dataset", "target"), target, (why,))


def _scaling(inputs: Sequence[ArrayFacts], problem: Problem, loss: str) -> list[Choice]:
    rules = {entry.name: found for entry in inputs if (found := scaling(entry))}
    if loss == "mse":
        rules[problem.target] = ("standard", _("The target is scaled for training; predictions are in its own unit."))
    if not rules:
        return []
    return [Choice(("dataset", "normalize"), {name: rule for name, (rule, _why) in rules.items()},
                   tuple(why for _rule, why in rules.values()))]  # fmt: skip


def _missing(inputs: Sequence[ArrayFacts]) -> list[Choice]:
    gaps = [entry.name for entry in inputs if entry.missing]
    if not gaps:
        return []
    why = _("{array} has missing values (NaN): read as 0.")
    return [Choice(("dataset", "missing"), dict.fromkeys(gaps, "zero"),
                   tuple(why.format(array=quoted(name)) for name in gaps))]  # fmt: skip


def _output(arrays: Arrays, target: str, task: Task | None, rows: int,
            kinds: Sequence[str]) -> tuple[Problem, tuple[Any, str], str]:  # fmt: skip
    """What is learned, the last layer with its reason, and the loss."""
    y = np.asarray(arrays[target])
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    readable = list(kinds) in (["sequence"], ["tokens"])
    lengths = f"{target}_lengths" in arrays.arrays or "label_lengths" in arrays.arrays
    if readable and ((y.dtype.kind == "U" and _are_texts(y)) or (y.ndim == 2 and lengths)):
        classes = len(set("".join(y.tolist()))) if y.dtype.kind == "U" else int(y.max()) + 1
        why = _("At each step, a probability for each of the {n} characters and for the blank, which separates them.")
        last = {"Dense": {"units": classes + 1, "activation": "softmax"}}
        return Problem(target, "classify", rows), (last, why.format(n=classes)), "ctc"
    if y.ndim == 1:
        problem = _single(y, target, task, rows)
        loss = "mse" if problem.task == "regress" else (
            "binary_crossentropy" if problem.is_binary else "sparse_categorical_crossentropy")  # fmt: skip
        return problem, output_layer(problem), loss
    if y.ndim != 2 or y.dtype.kind == "U":
        raise DataError(_("init has no config for a target of shape {shape}").format(shape=y.shape),
                        arrays.where(target), _("start from a template: nnctl init --list"))  # fmt: skip
    flags = bool(np.all((y == 0) | (y == 1)))
    units = y.shape[1]
    if flags and bool(np.all(y.sum(axis=1) == 1)) and task != "regress":
        why = _("A unit for each of the {n} classes; softmax makes them probabilities.").format(n=units)
        return Problem(target, "classify", rows), (
            {"Dense": {"units": units, "activation": "softmax"}}, why), "categorical_crossentropy"  # fmt: skip
    if flags and task != "regress":
        why = _("{n} flags, each with a probability of its own: sigmoid.").format(n=units)
        return Problem(target, "classify", rows), (
            {"Dense": {"units": units, "activation": "sigmoid"}}, why), "binary_crossentropy"  # fmt: skip
    why = _("{n} numbers of any size: no activation.").format(n=units)
    return Problem(target, "regress", rows), ({"Dense": {"units": units}}, why), "mse"


def _are_texts(y: Array) -> bool:
    """Whether words are texts to be read, of which most rows have one of their own, rather than classes."""
    return y.ndim == 1 and len(np.unique(y)) > max(20, len(y) / 5)


def _single(y: Array, target: str, task: Task | None, rows: int) -> Problem:
    """The problem of an array with one value for each row."""
    values, counts = np.unique(y, return_counts=True)
    if y.dtype.kind == "U":
        order = np.argsort(-counts, kind="stable")
        pairs = tuple((str(values[at]), int(counts[at])) for at in order)
        return Problem(target, "classify", rows, pairs, len(values))
    whole = bool(np.all(np.isfinite(values)) and np.all(values == np.floor(values)) and values.min() >= 0)
    classes = int(values.max()) + 1 if whole else 0
    possible = whole and 2 <= classes <= MOST_CLASSES
    if task == "regress" or not possible or (task is None and classes > max(20, 2 * len(values))):
        return Problem(target, "regress", rows, (), len(values))
    found = dict(zip(map(int, values), map(int, counts), strict=True))
    pairs = tuple(sorted(((str(each), found.get(each, 0)) for each in range(classes)), key=lambda pair: -pair[1]))
    return Problem(target, "classify", rows, pairs, len(values), numbers=True)


def _loss(problem: Problem, loss: str) -> list[Choice]:
    if loss == "ctc":
        why = _("label_error_rate: errors for each character; exact_match: the share of rows without an error.")
        return [Choice(("loss",), "ctc"), Choice(("metrics",), ["label_error_rate", "exact_match"], (why,))]
    if problem.task == "regress":
        return loss_choices(problem)
    if problem.classes:
        return loss_choices(replace(problem, rows=sum(count for _word, count in problem.classes)))
    return [Choice(("loss",), loss), Choice(("metrics",), ["accuracy"])]
