"""Arrays to a data set: which array is which input or target, lengths, shapes, scaling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nnctl.data.catalog.bundled import Bundled
from nnctl.data.config import DatasetSpec
from nnctl.data.dataset import Dataset
from nnctl.data.lazy_array import extent
from nnctl.data.named_arrays import Arrays, rows_of
from nnctl.data.preprocessing.array_targets import as_input, fit_array_target, scaled_target
from nnctl.data.preprocessing.fitted import Preprocessing
from nnctl.data.preprocessing.inputs import ArrayInput, check_numbers, fit_array, fit_shape
from nnctl.data.preprocessing.missing_values import keep_array_rows, rule
from nnctl.data.preprocessing.padding import find_lengths, has_steps, length_note, without_padding
from nnctl.data.preprocessing.targets import TargetCoder, target_notes
from nnctl.data.splits import SPLITS, assign_splits, finish, renumbered
from nnctl.data.table import Array, listing
from nnctl.errors import DataError

if TYPE_CHECKING:
    from nnctl.data.config import InputSpec

Wanted = Mapping[str, str]


def load_arrays(origin: DatasetSpec, dataset: DatasetSpec, bundled: Bundled | None,
                inputs: Mapping[str, InputSpec], wanted: Wanted, seed: int, arrays: Arrays,
                fixed: Mapping[str, Array]) -> Dataset:  # fmt: skip
    notes = list(arrays.notes)
    for_tables = ("features", "categorical", "numeric", "query", "sequence", "text")
    if unused := [key for key in for_tables if getattr(dataset, key)]:
        raise DataError(f"dataset.{unused[0]} is for tables, but these are arrays", arrays.source, "remove it")
    feeds = _array_inputs(inputs, arrays, bundled)
    aims = _array_targets(dataset, wanted, arrays)
    weight = dataset.weight or ("w" if "w" in arrays.arrays and "w" not in (*feeds.values(), *aims.values()) else None)
    label_lengths = _label_lengths(aims, wanted, arrays)
    taken = [*feeds.values(), *aims.values(), *([weight] if weight else []), *label_lengths.values()]
    lengths = find_lengths(dataset.lengths, feeds, arrays, taken)
    names = [*taken, *lengths.values()]
    if arrays.names and "y" in aims.values() and "y" not in arrays.arrays:
        raise DataError("the images have no class", arrays.source,
                        "make a folder for each class: photos/cat/..., photos/dog/...")  # fmt: skip
    rows_of(arrays, names)
    plain = {name: _plain_input(dataset, name, array, inputs, bundled, arrays, lengths.get(name), notes)
             for name, array in feeds.items()}  # fmt: skip
    arrays = without_padding(arrays, plain.values())
    arrays, fixed = _drop_named(dataset, arrays, names, fixed, notes)
    fed = {entry.array: name for name, entry in plain.items()}  # a target may also be an input, in an autoencoder
    coders = {
        output: fit_array_target(
            array, arrays[array], wanted[output], arrays.where(array), dataset.alphabet,
            (label_lengths[output], arrays[label_lengths[output]]) if output in label_lengths else None,
            plain[fed[array]] if array in fed else None,
        )
        for output, array in aims.items()
    }  # fmt: skip
    if bundled and bundled.classes:
        coders = {output: _named(coder, bundled) for output, coder in coders.items()}
    split = assign_splits(dataset, arrays, coders, seed, fixed)
    fitted = {}
    for name, entry in plain.items():
        normalize = rule_of(dataset.normalize, entry.array)
        fitted[name] = fit_array(entry, arrays, split.rows["train"], normalize)
        notes += _array_notes(arrays, entry, normalize)
    coders |= {
        output: as_input(coders[output], fitted[fed[array]], arrays[array], arrays.where(array))
        for output, array in aims.items() if array in fed and coders[output].labels in ("number", "binary")
    }  # fmt: skip
    rules = dataset.normalize if isinstance(dataset.normalize, Mapping) else {}
    for output, array in aims.items():
        if array not in fed and coders[output].labels == "number" and rules.get(array, "none") != "none":
            coders[output] = scaled_target(coders[output], arrays[array], split.rows["train"], rules[array])
            notes.append(f'target "{array}": scaled ({rules[array]}), using the training rows')
    notes += target_notes(coders.values())
    counts = {name: len(split.rows[name]) for name in SPLITS}
    return finish(Preprocessing(origin, seed, fitted, coders, weight, counts), arrays, split, notes)


def _plain_input(dataset: DatasetSpec, name: str, array: str, inputs: Mapping[str, InputSpec],
                 bundled: Bundled | None, arrays: Arrays, lengths: str | None,
                 notes: list[str]) -> ArrayInput:  # fmt: skip
    """One array as an input, before it is fitted."""
    x, where = arrays[array], arrays.where(array)
    check_numbers(x, where)
    missing = rule(dataset.missing, array)
    if missing not in ("error", "drop", "zero"):
        raise DataError(f"`missing: {missing}` is for tables", where, "use `missing: zero` or `drop`")
    shape = bundled.shape if bundled and bundled.shape else x.shape[1:] or (1,)
    shape = fit_shape(inputs[name].shape if name in inputs else None, shape, f"inputs.{name}", f'array "{array}" has')
    if lengths and not has_steps(x, shape):
        if dataset.lengths:
            raise DataError(f"lengths are for time steps, but a row has the shape {shape}", where,
                            "save (rows, steps, features), or remove `lengths`")  # fmt: skip
        notes.append(f'array "{lengths}" is not used: the rows of "{array}" have no time steps')
        lengths = None
    divisor = bundled.divisor if bundled else arrays.divisors.get(array, 1.0)
    return ArrayInput(array, shape, divisor, 0.0 if missing == "zero" else None, lengths=lengths)


def _named(coder: TargetCoder, bundled: Bundled) -> TargetCoder:
    """The coder with the class names of a bundled data set whose files have class numbers."""
    numbers = tuple(map(str, range(len(bundled.classes))))
    if coder.columns != (bundled.target,) or coder.classes != numbers or bundled.classes == numbers:
        return coder
    return replace(coder, classes=bundled.classes, numeric=False)


def _label_lengths(aims: Mapping[str, str], wanted: Wanted, arrays: Arrays) -> dict[str, str]:
    """Output name -> the array of its label lengths, for the outputs whose targets are rows of labels."""
    found = {}
    for output, array in aims.items():
        if wanted[output] == "sequence":
            names = (f"{array}_lengths", "label_lengths")
            there = [name for name in names if name in arrays.arrays and name not in aims.values()]
            if there:
                found[output] = there[0]
    return found


def _array_inputs(inputs: Mapping[str, InputSpec], arrays: Arrays, bundled: Bundled | None) -> dict[str, str]:
    """Input name -> the array that feeds it."""
    if columned := [name for name, entry in inputs.items() if entry.columns]:
        raise DataError(f"inputs.{columned[0]} names columns, but these are arrays", arrays.source,
                        "write `array: NAME` instead")  # fmt: skip
    usual = bundled.array if bundled and bundled.array else "x"
    if len(inputs) <= 1:
        [(name, given)] = [(name, entry.array) for name, entry in inputs.items()] or [("input", None)]
        return {name: given or (name if name in arrays.arrays else usual)}
    return {name: entry.array or name for name, entry in inputs.items()}


def _array_targets(dataset: DatasetSpec, wanted: Wanted, arrays: Arrays) -> dict[str, str]:
    """Output name -> the array that is its target."""
    given = dataset.target
    if isinstance(given, Mapping):
        aims = {output: names[0] for output, names in given.items()}
    elif len(wanted) == 1:
        aims = dict.fromkeys(wanted, given[0] if given else "y")
    else:
        aims = {output: output for output in wanted}
    if set(aims) != set(wanted):
        raise DataError(f"targets are given for {listing(aims)}, but the outputs are {listing(wanted)}", arrays.source,
                        "write `target: {OUTPUT: ARRAY}` with each output once")  # fmt: skip
    return aims


def rule_of(rules: str | Mapping[str, str] | None, name: str) -> str:
    """How an array is scaled; "none" unless the config says otherwise."""
    return (rules if isinstance(rules, str) else (rules or {}).get(name)) or "none"


def _array_notes(arrays: Arrays, entry: ArrayInput, normalize: str) -> list[str]:
    x, what = arrays[entry.array], f'array "{entry.array}"'
    notes = [length_note(np.asarray(arrays[entry.lengths]), entry.shape[0], what)] if entry.lengths else []
    if entry.divisor != 1:
        notes.append(f"{what}: values divided by {entry.divisor:g}, to the range 0 to 1")
    if normalize != "none":
        each = ", feature by feature over the real time steps" if entry.lengths else ""
        notes.append(f"{what}: scaled ({normalize}){each}, using the training rows")
    elif entry.divisor == 1 and x.dtype.kind in "ui" and not _are_token_ids(entry) and x.size:
        most = extent(x)[1]
        if most > 16:
            notes.append(f"{what}: whole numbers up to {most}, not scaled; `normalize: minmax` often works better")
    return notes


def _are_token_ids(entry: ArrayInput) -> bool:
    return entry.lengths is not None and len(entry.shape) == 1


def _drop_named(dataset: DatasetSpec, arrays: Arrays, names: Sequence[str], fixed: Mapping[str, Array],
                notes: list[str]) -> tuple[Arrays, dict[str, Array]]:  # fmt: skip
    """The arrays without the rows that `missing: drop` excludes, and the row numbers of the splits among the rest."""
    number = "row number"  # an extra array, to see which rows stay
    count = rows_of(arrays, list(names))
    kept = keep_array_rows(dataset, replace(arrays, arrays={**arrays.arrays, number: np.arange(count)}), names, notes)
    rows = np.asarray(kept[number])
    rest = {name: array for name, array in kept.arrays.items() if name != number}
    return replace(kept, arrays=rest), dict(fixed) if len(rows) == count else renumbered(fixed, rows)


def drop_rows(dataset: DatasetSpec, arrays: Arrays, inputs: Mapping[str, ArrayInput], targets: Sequence[str],
              fixed: Mapping[str, Array], notes: list[str]) -> tuple[Arrays, dict[str, Array]]:  # fmt: skip
    return _drop_named(dataset, arrays, [*(entry.array for entry in inputs.values()), *targets], fixed, notes)
