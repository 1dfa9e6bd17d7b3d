"""Everything that was fitted on the training rows: applied to new files, saved as JSON and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.data.columns.column_format import ColumnFormat, Rules
from nnctl.data.config import IN_MEMORY, DatasetSpec
from nnctl.data.dataset import Split
from nnctl.data.lazy_array import Rows
from nnctl.data.named_arrays import Arrays, rows_of
from nnctl.data.prediction_rows import Given, read_given
from nnctl.data.preprocessing.array_targets import encode_array, label_counts
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput, input_from_json
from nnctl.data.preprocessing.padding import partly_filled, without_padding
from nnctl.data.preprocessing.sequence_tables import LongTable
from nnctl.data.preprocessing.targets import TargetCoder
from nnctl.data.preprocessing.text import TextInput
from nnctl.data.readers.read import column_rules
from nnctl.data.row_origin import located
from nnctl.data.table import Array, Table
from nnctl.errors import DataError

FORMAT = 1


@dataclass(frozen=True)
class Preprocessing:
    """Turns files into the inputs of a trained model, and its predictions into class names and units of the data.

    dataset: as in the config; saved with absolute paths. rows: the number of rows of each split in training.
    weight: the column or array of sample weights, or None. formats: the format of each column of the files, in which
    other files are read.
    """

    dataset: DatasetSpec
    seed: int
    inputs: Mapping[str, TableInput | TextInput | ArrayInput]
    targets: Mapping[str, TargetCoder]
    weight: str | None = None
    rows: Mapping[str, int] | None = None
    formats: Mapping[str, ColumnFormat] | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """The table columns that feed the inputs, without repeats; empty for arrays."""
        return tuple(dict.fromkeys(name for entry in self.inputs.values() for name, _ in entry.columns))

    @property
    def target_columns(self) -> tuple[str, ...]:
        return tuple(name for coder in self.targets.values() for name in coder.columns)

    @property
    def table_inputs(self) -> dict[str, TableInput | TextInput]:
        """The inputs that columns feed: all of them, or none."""
        return {name: entry for name, entry in self.inputs.items() if not isinstance(entry, ArrayInput)}

    @property
    def array_inputs(self) -> dict[str, ArrayInput]:
        """The inputs that arrays feed: all of them, or none."""
        return {name: entry for name, entry in self.inputs.items() if isinstance(entry, ArrayInput)}

    @property
    def is_table(self) -> bool:
        return not self.array_inputs

    @property
    def rules(self) -> Rules:
        """How the config says that columns are read."""
        labels = {name: coder.labels for coder in self.targets.values() for name in coder.columns}
        return column_rules(self.dataset, labels)

    def read(self, source: Any, *, with_targets: bool) -> Given:
        """Files, or rows in memory, preprocessed as in training: see `read_given`."""
        return read_given(self, source, with_targets)

    def apply(self, source: str | Path | Sequence[str], *, with_targets: bool) -> tuple[Split, tuple[str, ...]]:
        """The split and the notes that `read` gives."""
        given = self.read(source, with_targets=with_targets)
        return given.split, given.notes

    def transform(self, rows: Table | LongTable | Arrays, with_targets: bool, notes: list[str]) -> Split:
        """All rows as read to a Split."""
        if isinstance(rows, LongTable):
            return self._transform_sequences(rows, with_targets, notes)
        if isinstance(rows, Table):
            return self._transform_table(rows, with_targets, notes)
        return self._transform_arrays(rows, with_targets, notes)

    def _transform_table(self, rows: Table, with_targets: bool, notes: list[str]) -> Split:
        inputs = {name: entry.transform(rows, notes) for name, entry in self.table_inputs.items()}
        targets = {name: coder.encode(rows) for name, coder in self.targets.items()} if with_targets else {}
        weights = None
        if with_targets and self.weight is not None and self.weight in rows.columns:
            weights = _weights(rows[self.weight].values, rows.where(self.weight))
        return Split(inputs, targets, weights, names=rows.origin.number if rows.origin else None)

    def _transform_arrays(self, rows: Arrays, with_targets: bool, notes: list[str]) -> Split:
        rows_of(rows, self.array_names(with_targets))
        entries = self.array_inputs
        lengths = {
            name: np.asarray(rows[entry.lengths]) for name, entry in entries.items() if entry.lengths is not None
        }
        inputs = {name: entry.transform(rows[entry.array], rows.where(entry.array), notes, lengths.get(name))
                  for name, entry in entries.items()}  # fmt: skip
        targets: dict[str, Array | Rows] = {}
        if with_targets:
            for name, coder in self.targets.items():
                [array] = coder.columns
                where = rows.where(array)
                counts = label_counts(rows[coder.lengths], rows[array], where) if coder.lengths else None
                targets[name] = encode_array(coder, rows[array], where, counts)
        weights = None
        if with_targets and self.weight is not None and self.weight in rows.arrays:
            weights = _weights(rows[self.weight], rows.where(self.weight))
        divisors = {name: entry.divisor for name, entry in entries.items() if entry.stays_bytes(rows[entry.array])}
        numbers = rows.origin.number if rows.origin else None
        names = np.asarray(rows[rows.names]) if rows.names else numbers
        return Split(inputs, targets, weights, partly_filled(lengths, inputs), names, divisors)

    def _transform_sequences(self, rows: LongTable, with_targets: bool, notes: list[str]) -> Split:
        spec = self.dataset.sequence
        assert spec is not None  # the rows are sequences
        steps = next(iter(self.inputs.values())).shape[0]
        each = spec.target == "each"
        lengths = rows.real_lengths(steps, spec.length is not None, notes)
        inputs = {name: entry.transform(rows, notes)
                  for name, entry in self.inputs.items() if isinstance(entry, TableInput)}  # fmt: skip
        targets = {}
        if with_targets:
            for name, coder in self.targets.items():
                targets[name] = rows.pack(coder.encode(rows.table), steps) if each else coder.encode(rows.sequences)
        weights = None
        if with_targets and self.weight is not None and self.weight in rows.sequences.columns:
            weights = _weights(rows.sequences[self.weight].values, rows.table.where(self.weight))
        return Split(inputs, targets, weights, partly_filled(dict.fromkeys(inputs, lengths), inputs), rows.names)

    def decode(self, output: str, predicted: Array) -> Array:
        """The predictions of an output as class names or in the units of the data: see TargetCoder.decode."""
        return self.targets[output].decode(predicted)

    def to_json(self) -> dict[str, Any]:
        """All of it, as values that JSON can hold."""
        return {
            "format": FORMAT,
            "dataset": {**self.dataset.model_dump(), **_absolute(self.dataset)},
            "seed": self.seed,
            "inputs": {name: entry.to_json() for name, entry in self.inputs.items()},
            "targets": {name: coder.to_json() for name, coder in self.targets.items()},
            "weight": self.weight,
            "rows": dict(self.rows or {}),
            "formats": None if self.formats is None else {n: each.to_json() for n, each in self.formats.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Preprocessing:
        """The inverse of to_json, also after a JSON file has made lists of tuples."""
        if value.get("format") != FORMAT:
            raise DataError(
                f"the preprocessing has format {value.get('format')}, but this nnctl reads {FORMAT}",
                hint="use the version of nnctl that wrote it",
            )
        formats = value.get("formats")
        return cls(
            DatasetSpec.model_validate(value["dataset"]),
            value["seed"],
            {name: input_from_json(entry) for name, entry in value["inputs"].items()},
            {name: TargetCoder.from_json(coder) for name, coder in value["targets"].items()},
            value["weight"],
            value["rows"],
            formats and {name: ColumnFormat.from_json(each) for name, each in formats.items()},
        )

    def checked_arrays(self, rows: Arrays, with_targets: bool) -> Arrays:
        """The arrays, with zeros in the padding. Raises DataError if their numbers of rows differ."""
        rows_of(rows, self.array_names(with_targets))
        return without_padding(rows, self.array_inputs.values())

    def array_names(self, with_targets: bool) -> list[str]:
        names = [name for entry in self.array_inputs.values() for name in (entry.array, entry.lengths) if name]
        if with_targets:
            names += [*self.target_columns, *(coder.lengths for coder in self.targets.values() if coder.lengths)]
        return names


def _absolute(dataset: DatasetSpec) -> dict[str, list[str]]:
    """The paths as they hold wherever the program runs next."""
    given = {key: getattr(dataset, key) for key in ("path", "validation_path", "test_path")}
    return {key: [name if name == IN_MEMORY else str(Path(name).expanduser().absolute()) for name in names]
            for key, names in given.items() if names is not None}  # fmt: skip


def _weights(values: Array | Rows, where: str) -> Array:
    """(rows,) float32 sample weights, 0 or more."""
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise DataError("there must be one sample weight for each row", where)
    values = np.asarray(values)
    bad = ~np.isfinite(values.astype(np.float64)) | (values < 0)
    if bad.any():
        at = located(where, bad)
        raise DataError(
            f"{at.rows}: a sample weight must be a number of 0 or more", at.where, "use non-negative weights"
        )
    return np.ascontiguousarray(values, dtype=np.float32)
