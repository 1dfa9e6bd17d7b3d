"""Tables to a data set: numbers, categories and texts, fitted on the training rows, and rows that are time steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nnctl.counted import counted
from nnctl.data.config import DatasetSpec
from nnctl.data.dataset import Dataset
from nnctl.data.leakage import copy_notes
from nnctl.data.preprocessing.column_roles import Roles, find_roles
from nnctl.data.preprocessing.feature_fitting import fit_features
from nnctl.data.preprocessing.features import Category, total_width
from nnctl.data.preprocessing.fitted import Preprocessing
from nnctl.data.preprocessing.inputs import TableInput, fit_shape
from nnctl.data.preprocessing.missing_values import kept_rows, refuse_missing, rule
from nnctl.data.preprocessing.padding import length_note
from nnctl.data.preprocessing.sequence_tables import fold
from nnctl.data.preprocessing.targets import TargetCoder, fit_target, target_notes
from nnctl.data.preprocessing.text import TextInput, fit_text
from nnctl.data.splits import SPLITS, assign_splits, finish, renumbered
from nnctl.data.table import Array, Table
from nnctl.errors import DataError

if TYPE_CHECKING:
    from nnctl.data.config import InputSpec

Wanted = Mapping[str, str]


def load_table(origin: DatasetSpec, dataset: DatasetSpec, inputs: Mapping[str, InputSpec], wanted: Wanted,
               seed: int, table: Table, fixed: Mapping[str, Array]) -> Dataset:  # fmt: skip
    """The data set of a table; see `load.load_dataset`. With `sequence`, a sample is all rows with the same id."""
    notes: list[str] = list(table.notes)
    if dataset.lengths:
        raise DataError("dataset.lengths is for arrays, but this is a table", table.source,
                        "for rows that are time steps write `sequence: {id: COLUMN}`")  # fmt: skip
    roles = find_roles(dataset, inputs, tuple(wanted), table)
    notes += roles.notes
    targets = [name for columns in roles.targets.values() for name in columns]
    whole = table
    features = roles.features
    table, fixed = drop_rows(dataset, table, features, targets, fixed, notes)
    takes = {name: take for columns in roles.inputs.values() for name, take in columns}
    refuse_missing(dataset, table, takes, targets, whole)
    long = None
    if dataset.sequence:
        long, fixed = fold(dataset, table, targets, fixed)
    each = dataset.sequence is not None and dataset.sequence.target == "each"
    samples = long.sequences if long else table
    labelled = table if each else samples
    coders = _fit_coders(dataset, roles, wanted, labelled)
    split = assign_splits(dataset, samples, {} if each else coders, seed, fixed)
    train = split.rows["train"]
    train_rows = long.steps_of(train) if long else train
    rules = dataset.normalize if isinstance(dataset.normalize, Mapping) else {}
    if any(rules.get(name, "none") != "none" for name in targets):
        coders = _fit_coders(dataset, roles, wanted, labelled, train_rows if each else train, rules)
    steps = None
    if long and dataset.sequence:
        steps = dataset.sequence.length or int(long.lengths.max())
        notes.append(length_note(np.minimum(long.lengths, steps), steps, f'column "{dataset.sequence.id}"'))
    fitted: dict[str, TableInput | TextInput] = {}
    for name, columns in roles.inputs.items():
        wanted_shape = inputs[name].shape if name in inputs else None
        fitted[name] = _fit_input(dataset, table, name, columns, wanted_shape, steps, train_rows, notes)
    if each and steps is not None:
        coders = {name: replace(coder, shape=(steps, *coder.shape)) for name, coder in coders.items()}
    notes += _width_notes(fitted)
    notes += _scaling_notes(dataset, fitted)
    notes += copy_notes(table, features, targets, train_rows)
    notes += target_notes(coders.values())
    counts = {name: len(split.rows[name]) for name in SPLITS}
    preprocessing = Preprocessing(origin, seed, fitted, coders, dataset.weight, counts, table.formats)
    return finish(preprocessing, long or table, split, notes)


def _fit_coders(dataset: DatasetSpec, roles: Roles, wanted: Wanted, table: Table, train: Array | None = None,
                rules: Mapping[str, str] | None = None) -> dict[str, TargetCoder]:  # fmt: skip
    return {name: fit_target(table, roles.targets[name], labels, train, rules, dataset.alphabet)
            for name, labels in wanted.items()}  # fmt: skip


def _fit_input(dataset: DatasetSpec, table: Table, name: str, columns: Sequence[tuple[str, str]],
               wanted: tuple[int | None, ...] | None, steps: int | None, train: Array,
               notes: list[str]) -> TableInput | TextInput:  # fmt: skip
    """An input fitted on the rows `train`. wanted: its shape in the config. steps: of sequences."""
    [(first, take), *_] = columns
    if take == "text" and dataset.text:
        text = fit_text(table, first, train, dataset.text, rule(dataset.missing, first))
        fit_shape(wanted, text.shape, f"inputs.{name}", f'the texts of "{first}" make')
        return text
    features = fit_features(dataset, table, columns, train, notes)
    width = total_width(features)
    found = (width,) if steps is None else (steps, width)
    shape = fit_shape(wanted, found, f"inputs.{name}", f"its {counted(len(columns), 'column makes', 'columns make')}")
    if steps is not None and shape[0] != steps:
        raise DataError(f"the input's shape is {list(shape)}, but its sequences have {steps} time steps",
                        f"inputs.{name}", f"write `shape: {list(found)}`, or remove it")  # fmt: skip
    return TableInput(features, shape)


def drop_rows(dataset: DatasetSpec, table: Table, features: Sequence[str], targets: Sequence[str],
              fixed: Mapping[str, Array], notes: list[str]) -> tuple[Table, dict[str, Array]]:  # fmt: skip
    kept = kept_rows(dataset, table, features, targets, notes)
    if len(kept) == table.rows:
        return table, dict(fixed)
    return table.take(kept), renumbered(fixed, kept)


def _width_notes(fitted: Mapping[str, TableInput | TextInput]) -> list[str]:
    notes = {}
    for entry in fitted.values():
        if isinstance(entry, TextInput):
            notes[entry.column] = entry.note()
        else:
            notes |= {one.name: one.note() for one in entry.features if isinstance(one, Category)}
    return list(notes.values())


def _scaling_notes(dataset: DatasetSpec, fitted: Mapping[str, TableInput | TextInput]) -> list[str]:
    tables = [entry for entry in fitted.values() if isinstance(entry, TableInput)]
    numbers = {f.name for entry in tables for f in entry.features if not isinstance(f, Category)}
    if not numbers:
        return []
    ways = {"standard": "to mean 0 and standard deviation 1", "minmax": "to the range 0 to 1", "none": None}
    rules = dataset.normalize
    if isinstance(rules, Mapping):
        shown = ", ".join(f"{name} {kind}" for name, kind in rules.items())
        return [f"numbers scaled using the training rows: {shown}; others: standard"]
    way = ways[rules or "standard"]
    columns = "1 column" if len(numbers) == 1 else f"{len(numbers)} columns"
    return [f"{columns} of numbers scaled {way}, using the training rows"] if way else []
