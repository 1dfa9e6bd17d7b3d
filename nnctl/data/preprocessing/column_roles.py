"""The role of each column of a table: the input it feeds, the output that learns it, or why it is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnctl.data.config import DatasetSpec
from nnctl.data.preprocessing.column_reading import UNREAD, Take, is_text, read_as, refuse_unread
from nnctl.data.preprocessing.target_columns import find_targets
from nnctl.data.table import Table, listing, suggestion
from nnctl.errors import DataError
from nnctl.quoting import yaml_map

if TYPE_CHECKING:
    from nnctl.data.config import InputSpec


@dataclass(frozen=True)
class Roles:
    """inputs: by input name, (column, what it is read as), in order. targets: by output name, its columns.
    notes: what is left out, and why."""

    inputs: Mapping[str, tuple[tuple[str, Take], ...]]
    targets: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for columns in self.inputs.values() for name, _ in columns))


def find_roles(dataset: DatasetSpec, inputs: Mapping[str, InputSpec], outputs: Sequence[str],
               table: Table) -> Roles:  # fmt: skip
    """Divides the columns into inputs, targets and those that are left out. Raises DataError."""
    targets = find_targets(dataset, outputs, table)
    _require_all(dataset, inputs, table)
    predicted = {name for columns in targets.values() for name in columns}
    aside = {dataset.weight: "the sample weights", dataset.split.time: "the time of the split",
             dataset.split.column: "the split"}  # fmt: skip
    if dataset.sequence:
        aside |= {dataset.sequence.id: "the ids of the sequences", dataset.sequence.order: "the order of the steps"}
    texts = dataset.text.column if dataset.text else ()
    nested = [name for name in (dataset.weight, dataset.split.column, *texts) if name and table[name].kind == "nested"]
    if nested:
        refuse_unread(table, nested, "which cannot be weights, a split or texts")
    named = (*(dataset.features or ()), *(name for spec in inputs.values() for name in spec.columns or ()), *texts)
    if leaks := [name for name in named if name in predicted]:
        raise DataError(
            f"{listing(leaks)} cannot be both feature and target", table.source, "remove the target from the features"
        )
    notes: list[str] = []
    candidates = [name for name in dict.fromkeys((*(dataset.features or table.columns), *texts))
                  if name not in predicted and name not in dataset.ignore]  # fmt: skip
    unused = [name for name in candidates if name in aside and name not in named]
    readable = [name for name in candidates if table.columns[name].kind not in UNREAD]
    occurrences = table.occurrences(set(readable).difference(unused, texts, dataset.numeric))
    takes: dict[str, Take] = {}
    for name in candidates:
        if name in unused:
            notes.append(f'column "{name}" is not used as a feature: it holds {aside[name]}')
            continue
        take = "text" if name in texts else read_as(name, table, dataset, occurrences.get(name), name in named, notes)
        if take:
            takes[name] = take
    ignored = [name for name in dataset.ignore if name not in predicted]
    if ignored:
        notes.insert(0, f"ignored, as configured: {listing(ignored)}")
    if not takes:
        unused = [name for name in table.columns if name not in predicted and is_text(table[name])]
        advice = "list columns under `features:`"
        if unused:
            advice = (
                f'column "{unused[0]}" holds texts: `text: {yaml_map({"column": unused[0]})}` under dataset'
                " reads it word by word, for an Embedding"
            )
        raise DataError("there is no column to learn from", table.source, advice)
    by_input = _by_input(inputs, takes, table)
    by_input = {name: _texts_alone(name, columns, dataset, inputs, notes) for name, columns in by_input.items()}
    return Roles(by_input, targets, tuple(notes))


def _texts_alone(name: str, columns: tuple[tuple[str, Take], ...], dataset: DatasetSpec,
                 inputs: Mapping[str, InputSpec], notes: list[str]) -> tuple[tuple[str, Take], ...]:  # fmt: skip
    """The columns of an input; only the text, if it has one. Raises DataError if the config gives it other columns."""
    texts = [(column, take) for column, take in columns if take == "text"]
    if not texts or len(columns) == 1:
        return columns
    others = [column for column, take in columns if take != "text"]
    told = dataset.features or (name in inputs and inputs[name].columns)
    if told or len(texts) > 1:
        each = {column: {"columns": [column]} for column, _ in texts}
        if others:
            each["rest"] = {"columns": others}
        raise DataError(
            f"a text needs an input of its own, but {listing(column for column, _ in columns)} would feed {name!r}",
            "dataset.text", f"declare separate inputs: `inputs: {yaml_map(each)}`",
        )  # fmt: skip
    notes.append(
        f"the model reads only the text; not used: {listing(others)} (`inputs:` can give them an input of their own)"
    )
    return tuple(texts)


def _require_all(dataset: DatasetSpec, inputs: Mapping[str, InputSpec], table: Table) -> None:
    """Raises DataError if the config names unknown columns, or one column for two uses."""
    wanted: dict[str, Iterable[str]] = {}
    for key in ("features", "ignore", "categorical", "numeric", "missing", "normalize"):
        names = getattr(dataset, key)
        if names and not isinstance(names, str):
            wanted[f"dataset.{key}"] = names
    for key, name in (("weight", dataset.weight), ("split.time", dataset.split.time),
                      ("split.column", dataset.split.column)):  # fmt: skip
        if name is not None:
            wanted[f"dataset.{key}"] = [name]
    if dataset.sequence:
        wanted["dataset.sequence"] = filter(None, (dataset.sequence.id, dataset.sequence.order))
    if dataset.text:
        wanted["dataset.text"] = dataset.text.column
    wanted |= {f"inputs.{name}.columns": spec.columns for name, spec in inputs.items() if spec.columns}
    table.require_all(wanted)
    texts = dataset.text.column if dataset.text else ()
    _refuse_both(texts, (*dataset.categorical, *dataset.numeric))
    if texts and dataset.sequence:
        raise DataError("text and sequence cannot be used together", "dataset", "keep one of them")
    _refuse_both(dataset.categorical, dataset.numeric)


def _refuse_both(one: Sequence[str], other: Sequence[str]) -> None:
    if both := set(one) & set(other):
        raise DataError(
            f"{listing(sorted(both))} is listed in more than one of categorical, numeric and text",
            "dataset",
            "keep one of them",
        )


def _by_input(inputs: Mapping[str, InputSpec], takes: Mapping[str, Take],
              table: Table) -> dict[str, tuple[tuple[str, Take], ...]]:  # fmt: skip
    if not inputs:
        return {"input": tuple(takes.items())}
    taken = {name for spec in inputs.values() for name in spec.columns or ()}
    open_inputs = [name for name, spec in inputs.items() if spec.columns is None]
    rest = tuple((name, take) for name, take in takes.items() if name not in taken)
    if len(open_inputs) > 1:
        raise DataError(
            f"it is not clear which columns feed the inputs {listing(open_inputs)}",
            table.source,
            f"add `columns: [...]` to each; columns: {listing(takes, 20)}",
        )
    if open_inputs and not rest:
        raise DataError(
            f"no column is left for the input {open_inputs[0]}", table.source, "the other inputs take them all"
        )
    shared: dict[str, tuple[tuple[str, Take], ...]] = {}
    for name, spec in inputs.items():
        if spec.columns is None:
            shared[name] = rest
            continue
        left_out = [column for column in spec.columns if column not in takes]
        if left_out:
            raise DataError(
                f"{listing(left_out)} is not a feature", f"inputs.{name}.columns",
                suggestion(left_out[0], takes) + "`features` or `ignore` excludes it",
            )  # fmt: skip
        shared[name] = tuple((column, takes[column]) for column in spec.columns)
    return shared
