"""Loading a data set: read, split, fit on the training rows, transform; and the notes of what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nnctl.data.array_targets import fit_array_target
from nnctl.data.arrays import Arrays, rows_of
from nnctl.data.bundled import Bundled, resolve
from nnctl.data.checks import copy_notes, duplicate_notes
from nnctl.data.features import Category, Feature, fit_category, fit_number, missing_error
from nnctl.data.inputs import ArrayInput, TableInput, check_numbers, fit_array, fit_shape
from nnctl.data.labels import label_note
from nnctl.data.parts import Data, Part
from nnctl.data.preprocess import Preprocessing, keep_array_rows, kept_rows, rule
from nnctl.data.reading import absolute, read_dataset
from nnctl.data.roles import Roles, find_roles
from nnctl.data.sequences import find_lengths, has_steps, length_note, partly_filled, without_padding
from nnctl.data.spec import DatasetSpec
from nnctl.data.splits import PARTS, Split, split_rows
from nnctl.data.table import Array, Table, listing
from nnctl.data.targets import TargetCoder, fit_target, missing_target
from nnctl.errors import DataError

if TYPE_CHECKING:
    from nnctl.spec.model import InputSpec

Wanted = Mapping[str, str]


def load(dataset: DatasetSpec, inputs: Mapping[str, InputSpec], wanted: Wanted, seed: int) -> Data:
    """The arrays that a config's data set gives, fitted on its training rows.

    inputs: the config's, or empty: one input, called "input". wanted: by output, the labels its loss wants:
    "integer", "onehot", "binary", "number" or "sequence". seed: of the split, unless the split has its own.
    Raises DataError.
    """
    given, bundled = resolve(dataset)
    if dataset.alphabet and "sequence" not in wanted.values():
        raise DataError("an alphabet is for targets that are texts, as CTC learns them", "dataset.alphabet",
                        "leave it out, or use `loss: ctc`")  # fmt: skip
    rows, fixed = read_dataset(given)
    origin = absolute(dataset)
    if isinstance(rows, Table):
        return _load_table(origin, given, inputs, wanted, seed, rows, fixed)
    return _load_arrays(origin, given, bundled, inputs, wanted, seed, rows, fixed)


def load_fitted(preprocessing: Preprocessing) -> Data:
    """As load, with what was fitted before; raises DataError where the parts have other rows than then."""
    dataset, _ = resolve(preprocessing.dataset)
    rows, fixed = read_dataset(dataset)
    notes: list[str] = []
    if isinstance(rows, Table):
        used = (*preprocessing.features, *preprocessing.target_columns)
        rows.require(used, "the trained model")
        rows, fixed = _drop(dataset, rows, preprocessing.features, preprocessing.target_columns, fixed, notes)
    else:
        rows = preprocessing.checked_arrays(rows, True)
        rows, fixed = _drop_arrays(dataset, rows, preprocessing.inputs, preprocessing.target_columns, fixed, notes)
    split = _split(dataset, rows, preprocessing.targets, preprocessing.seed, fixed)
    counts = {part: len(split.rows[part]) for part in PARTS}
    if preprocessing.rows and counts != dict(preprocessing.rows):
        shown = [", ".join(f"{part} {count}" for part, count in found.items())
                 for found in (counts, preprocessing.rows)]  # fmt: skip
        raise DataError(
            f"the data have changed since the model was trained: rows now {shown[0]}; then {shown[1]}",
            rows.source,
            "the parts would mix: evaluate on a file of its own with --data",
        )
    return _finish(preprocessing, rows, split, notes)


def _load_table(origin: DatasetSpec, dataset: DatasetSpec, inputs: Mapping[str, InputSpec], wanted: Wanted,
                seed: int, table: Table, fixed: Mapping[str, Array]) -> Data:  # fmt: skip
    notes: list[str] = []
    if dataset.lengths:
        raise DataError("dataset.lengths is for arrays, this is a table", table.source,
                        "for rows that are time steps write `sequence: {id: COLUMN}`")  # fmt: skip
    roles = find_roles(dataset, inputs, tuple(wanted), table)
    notes += roles.notes
    targets = [name for columns in roles.targets.values() for name in columns]
    table, fixed = _drop(dataset, table, roles.features, targets, fixed, notes)
    _refuse_missing(dataset, table, roles, targets)
    rules = dataset.normalize if isinstance(dataset.normalize, Mapping) else {}
    coders = {name: fit_target(table, roles.targets[name], labels, alphabet=dataset.alphabet)
              for name, labels in wanted.items()}  # fmt: skip
    split = _split(dataset, table, coders, seed, fixed)
    train = split.rows["train"]
    if any(rules.get(name, "none") != "none" for name in targets):
        coders = {name: fit_target(table, roles.targets[name], labels, train, rules, dataset.alphabet)
                  for name, labels in wanted.items()}  # fmt: skip
    fitted: dict[str, TableInput] = {}
    for name, columns in roles.inputs.items():
        features = tuple(_fit_feature(dataset, table, column, take, train, notes) for column, take in columns)
        width = sum(feature.width for feature in features)
        wanted_shape = inputs[name].shape if name in inputs else None
        shape = fit_shape(wanted_shape, (width,), f"inputs.{name}", f"its {len(columns)} columns make")
        fitted[name] = TableInput(features, shape)
    notes += _width_notes(fitted)
    notes += _scaling_notes(dataset, fitted)
    notes += copy_notes(table, roles, train)
    notes += (_class_note(coder) for coder in coders.values() if coder.labels == "binary" and coder.classes)
    counts = {part: len(split.rows[part]) for part in PARTS}
    preprocessing = Preprocessing(origin, seed, fitted, coders, dataset.weight, counts)
    return _finish(preprocessing, table, split, notes)


def _drop(dataset: DatasetSpec, table: Table, features: Sequence[str], targets: Sequence[str],
          fixed: Mapping[str, Array], notes: list[str]) -> tuple[Table, dict[str, Array]]:  # fmt: skip
    kept = kept_rows(dataset, table, features, targets, notes)
    if len(kept) == table.rows:
        return table, dict(fixed)
    return table.take(kept), _renumbered(fixed, kept)


def _renumbered(fixed: Mapping[str, Array], kept: Array) -> dict[str, Array]:
    return {part: np.flatnonzero(np.isin(kept, rows)) for part, rows in fixed.items()}


def _refuse_missing(dataset: DatasetSpec, table: Table, roles: Roles, targets: Sequence[str]) -> None:
    """Every column with missing values that no rule covers, in one error."""
    takes = {name: take for columns in roles.inputs.values() for name, take in columns}
    errors = [missing_target(table, name, missing) for name in targets if (missing := table[name].missing).any()]
    for name, take in takes.items():
        missing, chosen = table[name].missing, rule(dataset.missing, name)
        if not missing.any():
            continue
        if chosen == "error":
            errors.append(missing_error(table, name, missing, "median" if take == "number" else "category"))
        elif chosen == "category" and take == "number":
            errors.append(
                DataError(
                    "`missing: category` is for categories, this column holds numbers",
                    table.where(name),
                    f"write `missing: {{{name}: median}}`, or take it as a category: `categorical: [{name}]`",
                )
            )
    if errors:
        raise DataError.of([problem for error in errors for problem in error.problems])


def _fit_feature(dataset: DatasetSpec, table: Table, name: str, take: str, train: Array,
                 notes: list[str]) -> Feature:  # fmt: skip
    missing = rule(dataset.missing, name)
    if take == "category":
        return fit_category(table, name, train, missing, dataset.encode, dataset.rare, notes)
    rules = dataset.normalize
    normalize = rules.get(name, "standard") if isinstance(rules, Mapping) else rules or "standard"
    return fit_number(table, name, train, missing, normalize)


def _width_notes(fitted: Mapping[str, TableInput]) -> list[str]:
    notes = {}
    for entry in fitted.values():
        for feature in entry.features:
            if isinstance(feature, Category):
                shown = listing(feature.words, 5)
                if feature.encode == "onehot":
                    notes[feature.name] = f'column "{feature.name}": {feature.width} one-hot numbers ({shown})'
                else:
                    notes[feature.name] = (
                        f'column "{feature.name}": categories 1 to {len(feature.words)} ({shown}), 0 for any other;'
                        f" an Embedding wants input_dim {len(feature.words) + 1}"
                    )
    return list(notes.values())


def _scaling_notes(dataset: DatasetSpec, fitted: Mapping[str, TableInput]) -> list[str]:
    numbers = {f.name for entry in fitted.values() for f in entry.features if not isinstance(f, Category)}
    if not numbers:
        return []
    ways = {"standard": "to mean 0 and standard deviation 1", "minmax": "to the range 0 to 1", "none": None}
    rules = dataset.normalize
    if isinstance(rules, Mapping):
        shown = ", ".join(f"{name} {kind}" for name, kind in rules.items())
        return [f"numbers scaled by the training rows: {shown}, others standard"]
    way = ways[rules or "standard"]
    return [f"{len(numbers)} columns of numbers scaled {way}, by the training rows"] if way else []


def _class_note(coder: TargetCoder) -> str:
    return f'target "{coder.columns[0]}": {coder.classes[0]} is 0, {coder.classes[1]} is 1'


def _split(dataset: DatasetSpec, rows: Table | Arrays, coders: Mapping[str, TargetCoder], seed: int,
           fixed: Mapping[str, Array]) -> Split:  # fmt: skip
    """Cuts the rows that no file of their own gives to a part."""
    count = rows.rows if isinstance(rows, Table) else rows_of(rows, [c for x in coders.values() for c in x.columns])
    if any(len(part) == 0 for part in fixed.values()):
        raise DataError("a part has no rows left", rows.source, "check its file")
    free = np.setdiff1d(np.arange(count), np.concatenate([*fixed.values(), np.empty(0, dtype=int)]))
    spec = dataset.split.model_copy(update={part: 0.0 for part in fixed})
    classed = (c for c in coders.values() if c.classes and len(c.columns) == 1 and c.labels != "sequence")
    coder = next(classed, None)
    time = column = classes = None
    if isinstance(rows, Table):
        time = rows[spec.time].take(free) if spec.time else None
        column = rows[spec.column].take(free) if spec.column else None
        classes = coder.class_numbers(rows)[free] if coder else None
    else:
        if spec.time or spec.column:
            raise DataError("split.time and split.column are for tables", rows.source, "leave them out")
        classes = _array_classes(coder, rows)[free] if coder and coder.shape in ((), (1,)) else None
    split = split_rows(spec, len(free), seed, classes=classes, labelled=coder.columns[0] if coder else "",
                       time=time, column=column)  # fmt: skip
    parts = {part: free[chosen] for part, chosen in split.rows.items()} | dict(fixed)
    how = split.how
    if fixed:
        own = f"{' and '.join(fixed)} as given"
        how = f"{own}; {how}" if any(len(split.rows[part]) for part in PARTS[1:]) else own
    return Split(parts, how, tuple(fixed))


def _array_classes(coder: TargetCoder, rows: Arrays) -> Array:
    return np.unique(rows[coder.columns[0]].reshape(-1), return_inverse=True)[1]


def _finish(preprocessing: Preprocessing, rows: Table | Arrays, split: Split, notes: list[str]) -> Data:
    """Transforms all rows at once, so that every note is said once, and deals them out."""
    whole = preprocessing.transform(rows, True, notes)
    parts = {part: _take(whole, chosen, chosen[0] if part in split.fixed else 0)
             for part, chosen in split.rows.items() if len(chosen)}  # fmt: skip
    notes += (label_note(f'target "{coder.columns[0]}"', coder.classes, whole.targets[name])
              for name, coder in preprocessing.targets.items() if coder.labels == "sequence")  # fmt: skip
    notes = [*notes, *duplicate_notes(parts), split.note()]
    return Data(
        parts["train"],
        parts.get("validation"),
        parts.get("test"),
        {name: entry.shape for name, entry in preprocessing.inputs.items()},
        {name: coder.target for name, coder in preprocessing.targets.items()},
        preprocessing,
        tuple(notes),
    )


def _take(whole: Part, rows: Array, before: int) -> Part:
    """Some rows of the whole, of a file that begins after `before` rows."""
    inputs = {name: array[rows] for name, array in whole.inputs.items()}
    return Part(
        inputs,
        {name: array[rows] for name, array in whole.targets.items()},
        None if whole.weights is None else whole.weights[rows],
        partly_filled({name: lengths[rows] for name, lengths in whole.lengths.items()}, inputs),
        rows - before + 1 if whole.names is None else whole.names[rows],
    )


def _load_arrays(origin: DatasetSpec, dataset: DatasetSpec, bundled: Bundled | None,
                 inputs: Mapping[str, InputSpec], wanted: Wanted, seed: int, arrays: Arrays,
                 fixed: Mapping[str, Array]) -> Data:  # fmt: skip
    notes: list[str] = []
    if unused := [key for key in ("features", "categorical", "numeric", "query") if getattr(dataset, key)]:
        raise DataError(f"dataset.{unused[0]} is for tables, these are arrays", arrays.source, "leave it out")
    feeds = _array_inputs(inputs, arrays, bundled)
    aims = _array_targets(dataset, wanted, arrays)
    weight = dataset.weight or ("w" if "w" in arrays.arrays and "w" not in (*feeds.values(), *aims.values()) else None)
    label_lengths = _label_lengths(aims, wanted, arrays)
    taken = [*feeds.values(), *aims.values(), *([weight] if weight else []), *label_lengths.values()]
    lengths = find_lengths(dataset.lengths, feeds, arrays, taken)
    names = [*taken, *lengths.values()]
    rows_of(arrays, names)
    plain = {name: _plain_input(dataset, name, array, inputs, bundled, arrays, lengths.get(name), notes)
             for name, array in feeds.items()}  # fmt: skip
    arrays = without_padding(arrays, plain.values())
    arrays, fixed = _drop_named(dataset, arrays, names, fixed, notes)
    coders = {
        output: fit_array_target(
            array, arrays[array], wanted[output], arrays.where(array), dataset.alphabet,
            (label_lengths[output], arrays[label_lengths[output]]) if output in label_lengths else None,
        )
        for output, array in aims.items()
    }  # fmt: skip
    split = _split(dataset, arrays, coders, seed, fixed)
    fitted = {}
    for name, entry in plain.items():
        normalize = rule_of(dataset.normalize, entry.array)
        fitted[name] = fit_array(entry, arrays, split.rows["train"], normalize)
        notes += _array_notes(arrays, entry, normalize)
    notes += (_class_note(coder) for coder in coders.values() if coder.labels == "binary" and coder.classes)
    counts = {part: len(split.rows[part]) for part in PARTS}
    return _finish(Preprocessing(origin, seed, fitted, coders, weight, counts), arrays, split, notes)


def _plain_input(dataset: DatasetSpec, name: str, array: str, inputs: Mapping[str, InputSpec],
                 bundled: Bundled | None, arrays: Arrays, lengths: str | None,
                 notes: list[str]) -> ArrayInput:  # fmt: skip
    """One array as an input, before anything is fitted."""
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
                            "save (rows, steps, features), or leave `lengths` out")  # fmt: skip
        notes.append(f'array "{lengths}" is not used: the rows of "{array}" have no time steps')
        lengths = None
    return ArrayInput(array, shape, bundled.divisor if bundled else 1.0, 0.0 if missing == "zero" else None,
                      lengths=lengths)  # fmt: skip


def _label_lengths(aims: Mapping[str, str], wanted: Wanted, arrays: Arrays) -> dict[str, str]:
    """Output name -> the array of its label lengths, of those outputs whose targets are rows of labels."""
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
                        "say `array: NAME` instead")  # fmt: skip
    usual = bundled.array if bundled and bundled.array else "x"
    if len(inputs) <= 1:
        [(name, given)] = [(name, entry.array) for name, entry in inputs.items()] or [("input", None)]
        return {name: given or (name if name in arrays.arrays else usual)}
    return {name: entry.array or name for name, entry in inputs.items()}


def _array_targets(dataset: DatasetSpec, wanted: Wanted, arrays: Arrays) -> dict[str, str]:
    """Output name -> the array it learns."""
    given = dataset.target
    if isinstance(given, Mapping):
        aims = {output: names[0] for output, names in given.items()}
    elif len(wanted) == 1:
        aims = dict.fromkeys(wanted, given[0] if given else "y")
    else:
        aims = {output: output for output in wanted}
    if set(aims) != set(wanted):
        raise DataError(f"targets are given for {listing(aims)}, the outputs are {listing(wanted)}", arrays.source,
                        "write `target: {OUTPUT: ARRAY}` with each output once")  # fmt: skip
    return aims


def rule_of(rules: str | Mapping[str, str] | None, name: str) -> str:
    """How an array is scaled; as it is unless the config says otherwise."""
    return (rules if isinstance(rules, str) else (rules or {}).get(name)) or "none"


def _array_notes(arrays: Arrays, entry: ArrayInput, normalize: str) -> list[str]:
    x, what = arrays[entry.array], f'array "{entry.array}"'
    notes = [length_note(arrays[entry.lengths], entry.shape[0], what)] if entry.lengths else []
    if entry.divisor != 1:
        notes.append(f"{what}: values divided by {entry.divisor:g}, to the range 0 to 1")
    if normalize != "none":
        each = ", feature by feature over the real time steps" if entry.lengths else ""
        notes.append(f"{what}: scaled ({normalize}){each}, by the training rows")
    elif entry.divisor == 1 and x.dtype.kind in "ui" and x.size and x.max() > 16 and not _are_numbers_of_words(entry):
        notes.append(f"{what}: whole numbers up to {x.max()}, not scaled; `normalize: minmax` often trains better")
    return notes


def _are_numbers_of_words(entry: ArrayInput) -> bool:
    return entry.lengths is not None and len(entry.shape) == 1


def _drop_named(dataset: DatasetSpec, arrays: Arrays, names: Sequence[str], fixed: Mapping[str, Array],
                notes: list[str]) -> tuple[Arrays, dict[str, Array]]:  # fmt: skip
    """Without the rows that `missing: drop` covers; the parts' row numbers follow."""
    number = "row number"  # an array of its own, to see which rows stay
    count = rows_of(arrays, list(names))
    kept = keep_array_rows(dataset, replace(arrays, arrays={**arrays.arrays, number: np.arange(count)}), names, notes)
    rows = kept[number]
    rest = {name: array for name, array in kept.arrays.items() if name != number}
    return replace(kept, arrays=rest), dict(fixed) if len(rows) == count else _renumbered(fixed, rows)


def _drop_arrays(dataset: DatasetSpec, arrays: Arrays, inputs: Mapping[str, ArrayInput], targets: Sequence[str],
                 fixed: Mapping[str, Array], notes: list[str]) -> tuple[Arrays, dict[str, Array]]:  # fmt: skip
    return _drop_named(dataset, arrays, [*(entry.array for entry in inputs.values()), *targets], fixed, notes)
