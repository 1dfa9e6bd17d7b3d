"""The role of each column of a table: the input it feeds, as a number, category or text, or why it is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnctl.counted import counted
from nnctl.data.columns.interpretation import is_plain
from nnctl.data.columns.number_formats import CODE, PLAIN, looks_like_number, possible_formats
from nnctl.data.config import DatasetSpec
from nnctl.data.readers.duckdb_types import called, hint
from nnctl.data.row_origin import located
from nnctl.data.table import Column, Occurrences, Table, listing, suggestion
from nnctl.errors import DataError
from nnctl.quoting import yaml_list, yaml_map

if TYPE_CHECKING:
    from nnctl.data.config import InputSpec

Take = Literal["number", "category", "text"]
_UNREAD = ("date", "time", "nested")


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


def target_labels(dataset: DatasetSpec, wanted: Mapping[str, str]) -> dict[str, str]:
    """By target column, the labels that its loss needs, as far as the config tells. wanted: the same by output."""
    target = dataset.target
    if isinstance(target, Mapping):
        return {name: labels for output, labels in wanted.items() for name in target.get(output, ())}
    if target is None or set(target) == set(wanted):
        return dict(wanted)
    return {name: labels for labels in wanted.values() for name in target}


def find_targets(dataset: DatasetSpec, outputs: Sequence[str], table: Table) -> dict[str, tuple[str, ...]]:
    """The target columns of each output. Raises DataError if they are not given or do not exist."""
    target = dataset.target
    found: dict[str, tuple[str, ...]]
    if target is None:
        if not all(output in table.columns for output in outputs):
            raise DataError(
                "the target column is not given",
                table.source,
                f"add `target: COLUMN` under dataset; columns: {listing(table.columns, 20)}",
            )
        found = {output: (output,) for output in outputs}
    elif isinstance(target, Mapping):
        found = {output: tuple(columns) for output, columns in target.items()}
        if set(found) != set(outputs):
            raise DataError(
                f"target names the outputs {listing(found)}, but the model has {listing(outputs)}",
                "dataset.target",
                f"give each output its column: `target: {yaml_map(dict.fromkeys(outputs, 'COLUMN'))}`",
            )
    elif len(outputs) == 1:
        found = {outputs[0]: tuple(target)}
    elif set(target) == set(outputs):
        found = {output: (output,) for output in outputs}
    else:
        raise DataError(
            f"the model has {counted(len(outputs), 'output')} ({listing(outputs)}), but the target is "
            f"{listing(target)}",
            "dataset.target",
            f"say which output learns which column: `target: {yaml_map(dict.fromkeys(outputs, 'COLUMN'))}`",
        )
    columns = [name for names in found.values() for name in names]
    table.require(columns, "dataset.target")
    for name in columns:
        if table.columns[name].kind in _UNREAD:
            kind = table[name].type_name
            raise DataError(
                f"holds {called(kind)}, but a target must be numbers or words", table.where(name), hint(name, kind)
            )
    return found


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
    counted = [name for name in candidates if table.columns[name].kind not in _UNREAD]
    occurrences = table.occurrences(set(counted).difference(unused, texts, dataset.numeric))
    takes: dict[str, Take] = {}
    for name in candidates:
        if name in unused:
            notes.append(f'column "{name}" is not used as a feature: it holds {aside[name]}')
            continue
        take = "text" if name in texts else _take(name, table, dataset, occurrences.get(name), name in named, notes)
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


def refuse_unread(table: Table, names: Iterable[str], why: str) -> None:
    """Raises DataError for the first of the columns that holds neither numbers nor words."""
    for name in names:
        column = table[name]
        if column.kind in _UNREAD:
            raise DataError(f"holds {called(column.type_name)}, {why}", table.where(name), hint(name, column.type_name))


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


def _take(name: str, table: Table, dataset: DatasetSpec, occurrences: Occurrences | None, named: bool,
          notes: list[str]) -> Take | None:  # fmt: skip
    """What a column is read as; None, with a note, if it is left out. occurrences: None under `numeric:`."""
    column = table.columns[name]
    if column.kind in _UNREAD:
        if named or name in dataset.categorical or name in dataset.numeric:
            raise DataError(
                f"holds {called(column.type_name)}, but a feature must be numbers or words",
                table.where(name),
                hint(name, column.type_name),
            )
        notes.append(
            f'column "{name}" holds {called(column.type_name)} and is left out; {hint(name, column.type_name)}'
        )
        return None
    if occurrences is None:
        return "number"
    present, distinct = occurrences
    if not present:
        raise DataError("is empty in every row", table.where(name), f"ignore it: `ignore: {yaml_list([name])}`")
    if name in dataset.categorical:
        return "category"
    if distinct == 1 and present == table.rows:
        notes.append(f'column "{name}" has the same value in every row; `ignore: {yaml_list([name])}` leaves it out')
    if column.kind == "number":
        return "number"
    _refuse_broken_numbers(name, column, table)
    if not named and distinct > 20 and distinct > 0.5 * present and is_text(column):
        notes.append(
            f'column "{name}" is left out: it holds texts; `text: {yaml_map({"column": name})}` reads it word by word,'
            " for an Embedding"
        )
        return None
    if not named and distinct > 20 and distinct > 0.5 * present:
        notes.append(
            f'column "{name}" is left out: {distinct} different texts in {table.rows} rows look like names;'
            f" `categorical: {yaml_list([name])}` takes it"
        )
        return None
    return "category"


def is_text(column: Column) -> bool:
    """Whether the values of a column are texts: three or more words each, on average."""
    if column.kind != "text" or not column.words:
        return False
    return sum(len(word.split()) for word in column.words) >= 3 * len(column.words)


def _refuse_broken_numbers(name: str, column: Column, table: Table) -> None:
    """Raises DataError for a column of words that are mostly numbers: these are mistakes, not categories."""
    present = np.bincount(column.values[column.values >= 0], minlength=len(column.words))
    words = [word for word, count in zip(column.words, present, strict=True) if count]
    numeric = np.array([looks_like_number(word) for word in column.words])
    if not numeric.any() or (present * numeric).sum() < 0.8 * present.sum():
        return
    wrong = np.flatnonzero(~numeric & (present > 0))
    if len(wrong):
        at = located(table.where(name), column.values == wrong[0])
        raise DataError(
            f'{at.rows} holds "{column.words[wrong[0]]}" in a column of numbers',
            at.where,
            f"fix the value or leave the field empty; `categorical: {yaml_list([name])}` treats the column as words",
        )
    if all(map(CODE.fullmatch, words)) or is_plain(words):
        return  # digits that are text on purpose, such as the result of a cast in a query
    found, shown = possible_formats(words, zeros=True), [word for word in words if not PLAIN.fullmatch(word)]
    written = f'written as "{shown[0]}"' if found else f"in several formats ({listing(shown, 3)})"
    raise DataError(
        f"looks like numbers {written}",
        table.where(name),
        "write plain numbers, or convert them in `query`;"
        f" `categorical: {yaml_list([name])}` treats the column as words",
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
