"""The target columns of a table: which output learns which column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnctl.counted import counted
from nnctl.data.config import DatasetSpec
from nnctl.data.preprocessing.column_reading import UNREAD
from nnctl.data.readers.duckdb_types import called, hint
from nnctl.data.table import Table, listing
from nnctl.errors import DataError
from nnctl.quoting import yaml_map


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
        if table.columns[name].kind in UNREAD:
            kind = table[name].type_name
            raise DataError(
                f"holds {called(kind)}, but a target must be numbers or words", table.where(name), hint(name, kind)
            )
    return found
