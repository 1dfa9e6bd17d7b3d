"""Everything that was fitted to the training rows: applied to new files, saved as JSON, read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.data.array_targets import encode_array, label_counts
from nnctl.data.inputs import ArrayInput, TableInput, input_from_json
from nnctl.data.long_tables import LongTable, fold
from nnctl.data.named_arrays import Arrays, rows_of
from nnctl.data.parts import Data, Part
from nnctl.data.reading import as_words, image_spec, read_files
from nnctl.data.rows import blocks, chosen
from nnctl.data.sequences import partly_filled, without_padding
from nnctl.data.spec import DatasetSpec, ImageSpec
from nnctl.data.table import Array, Table, listing, row_list
from nnctl.data.targets import TargetCoder
from nnctl.data.text import TextInput
from nnctl.errors import DataError

FORMAT = 1


@dataclass(frozen=True)
class Preprocessing:
    """What turns files into what a trained model takes, and its predictions into the data's own words.

    dataset: as the config gave it, paths absolute. rows: of each part when it was fitted.
    weight: the column or array of sample weights, or None.
    """

    dataset: DatasetSpec
    seed: int
    inputs: Mapping[str, TableInput | TextInput | ArrayInput]
    targets: Mapping[str, TargetCoder]
    weight: str | None = None
    rows: Mapping[str, int] | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """The table columns that feed the inputs, none twice; empty for arrays."""
        return tuple(dict.fromkeys(name for entry in self.inputs.values() for name, _ in entry.columns))

    @property
    def target_columns(self) -> tuple[str, ...]:
        return tuple(name for coder in self.targets.values() for name in coder.columns)

    @property
    def is_table(self) -> bool:
        return not any(isinstance(entry, ArrayInput) for entry in self.inputs.values())

    @property
    def words(self) -> tuple[str, ...]:
        """Columns to read as words, whatever they look like."""
        texts = [name for coder in self.targets.values() if coder.labels == "sequence" for name in coder.columns]
        return as_words(self.dataset, texts)

    def apply(self, source: str | Path | Sequence[str], *, with_targets: bool) -> tuple[Part, tuple[str, ...]]:
        """All rows of raw files in the form trained on, and a note for everything done to them.

        source: path, glob or list of these. with_targets False: the target columns may be absent, and every
        row gives a row; True: rows that the rule `drop` covers are left out, as in training.
        Raises DataError for missing columns or arrays, missing values that no rule fills, unknown classes.
        """
        names = (str(source),) if isinstance(source, str | Path) else tuple(map(str, source))
        absent = () if with_targets else self.target_columns
        query = self.dataset.query if self.is_table else None
        rows = read_files(names, query, absent, self.words, self._image())
        if isinstance(rows, Table) != self.is_table:
            raise DataError(
                f"the model takes {'table columns' if self.is_table else 'arrays (npz, npy, IDX) or images'}",
                names[0],
                "give a file of the kind trained on",
            )
        notes: list[str] = []
        if isinstance(rows, Arrays):
            notes += rows.notes
        if isinstance(rows, Table):
            sequence = self.dataset.sequence
            needed = self.features + (self.target_columns if with_targets else ())
            needed += tuple(filter(None, (sequence.id, sequence.order))) if sequence else ()
            if missing := [name for name in needed if name not in rows.columns]:
                raise DataError(
                    f"lacks the column{'s' * (len(missing) > 1)} {listing(missing, 20)}", rows.source,
                    f"the model was trained on {listing(self.features, 20)}",
                )  # fmt: skip
            if with_targets:
                rows = rows.take(kept_rows(self.dataset, rows, self.features, self.target_columns, notes))
            if sequence:
                rows, _ = fold(self.dataset, rows, self.target_columns if with_targets else (), {})
        else:
            rows = self._test_arrays(rows)
            self._require_scale(rows)
            rows = self.checked_arrays(rows, with_targets)
            if with_targets:
                rows = keep_array_rows(self.dataset, rows, self._array_names(True), notes)
        return self.transform(rows, with_targets, notes), tuple(notes)

    def _image(self) -> ImageSpec | None:
        """How images are read: to the size and colour of those trained on, whatever these were read from."""
        shapes = [entry.shape for entry in self.inputs.values() if len(entry.shape) == 3]
        if self.dataset.image or not shapes:
            return self.dataset.image
        return image_spec(shapes[0])

    def _require_scale(self, rows: Arrays) -> None:
        """Raises DataError for pixels where the model was trained on numbers of another scale."""
        for entry in self.inputs.values():
            if rows.divisors.get(entry.array, entry.divisor) != entry.divisor:
                raise DataError(
                    "holds pixels of 0 to 255, the model was trained on numbers of another scale", rows.source,
                    f'save them as "{entry.array}" in an npz file, as the file trained on has them',
                )  # fmt: skip

    def transform(self, rows: Table | LongTable | Arrays, with_targets: bool, notes: list[str]) -> Part:
        """Rows as read, whole, to a Part."""
        if isinstance(rows, LongTable):
            return self._transform_sequences(rows, with_targets, notes)
        if isinstance(rows, Table):
            inputs = {name: entry.transform(rows, notes) for name, entry in self.inputs.items()}
            targets = {name: coder.encode(rows) for name, coder in self.targets.items()} if with_targets else {}
            weighted = self.weight is not None and self.weight in rows.columns
            weights = _weights(rows[self.weight].values, rows.where(self.weight)) if weighted else None
            return Part(inputs, targets, weights)
        rows_of(rows, self._array_names(with_targets))
        lengths = {name: rows[entry.lengths] for name, entry in self.inputs.items() if entry.lengths is not None}
        inputs = {name: entry.transform(rows[entry.array], rows.where(entry.array), notes, lengths.get(name))
                  for name, entry in self.inputs.items()}  # fmt: skip
        targets = {}
        if with_targets:
            for name, coder in self.targets.items():
                [array] = coder.columns
                where = rows.where(array)
                counts = label_counts(rows[coder.lengths], rows[array], where) if coder.lengths else None
                targets[name] = encode_array(coder, rows[array], where, counts)
        weighted = self.weight is not None and self.weight in rows.arrays
        weights = _weights(rows[self.weight], rows.where(self.weight)) if weighted else None
        divisors = {name: entry.divisor for name, entry in self.inputs.items() if entry.stays_bytes(rows[entry.array])}
        names = rows[rows.names] if rows.names else None
        return Part(inputs, targets, weights, partly_filled(lengths, inputs), names, divisors)

    def _transform_sequences(self, rows: LongTable, with_targets: bool, notes: list[str]) -> Part:
        steps = next(iter(self.inputs.values())).shape[0]
        each = self.dataset.sequence.target == "each"
        lengths = rows.real_lengths(steps, self.dataset.sequence.length is not None, notes)
        inputs = {name: entry.transform(rows, notes) for name, entry in self.inputs.items()}
        targets = {}
        if with_targets:
            for name, coder in self.targets.items():
                targets[name] = rows.pack(coder.encode(rows.table), steps) if each else coder.encode(rows.sequences)
        weights = None
        if self.weight is not None and self.weight in rows.sequences.columns:
            weights = _weights(rows.sequences[self.weight].values, rows.table.where(self.weight))
        lengths = partly_filled(dict.fromkeys(inputs, lengths), inputs)
        return Part(inputs, targets, weights, lengths, rows.names)

    def reload(self) -> Data:
        """The parts of the data set trained on, again: the same rows in each, by what was fitted then.

        Raises DataError where the files have other rows than when the model was trained.
        """
        from nnctl.data.loading import load_fitted

        return load_fitted(self)

    def decode(self, output: str, predicted: Array) -> Array:
        """Predictions of an output in the data's own words: see TargetCoder.decode."""
        return self.targets[output].decode(predicted)

    def to_json(self) -> dict[str, Any]:
        """Everything, as values that JSON holds."""
        return {
            "format": FORMAT,
            "dataset": self.dataset.model_dump(),
            "seed": self.seed,
            "inputs": {name: entry.to_json() for name, entry in self.inputs.items()},
            "targets": {name: coder.to_json() for name, coder in self.targets.items()},
            "weight": self.weight,
            "rows": dict(self.rows or {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Preprocessing:
        """The inverse of to_json, also of what a JSON file made of it."""
        if value.get("format") != FORMAT:
            raise DataError(
                f"the preprocessing has format {value.get('format')}, this nnctl reads {FORMAT}",
                hint="use the version of nnctl that wrote it",
            )
        return cls(
            DatasetSpec.model_validate(value["dataset"]),
            value["seed"],
            {name: input_from_json(entry) for name, entry in value["inputs"].items()},
            {name: TargetCoder.from_json(coder) for name, coder in value["targets"].items()},
            value["weight"],
            value["rows"],
        )

    def checked_arrays(self, rows: Arrays, with_targets: bool) -> Arrays:
        """The arrays with as many rows each, and with zeros for padding. Raises DataError."""
        rows_of(rows, self._array_names(with_targets))
        return without_padding(rows, self.inputs.values())

    def _array_names(self, with_targets: bool) -> list[str]:
        inputs = [entry for entry in self.inputs.values() if isinstance(entry, ArrayInput)]
        names = [name for entry in inputs for name in (entry.array, entry.lengths) if name]
        if with_targets:
            names += [*self.target_columns, *(coder.lengths for coder in self.targets.values() if coder.lengths)]
        return names

    def _test_arrays(self, rows: Arrays) -> Arrays:
        """x_test where there is no x; and a file's only array whatever the input is called."""
        arrays, divisors = dict(rows.arrays), dict(rows.divisors)
        names = [*self._array_names(True), *filter(None, (self.weight, rows.names))]
        for name in names:
            if name not in arrays and f"{name}_test" in arrays:
                arrays[name] = arrays[f"{name}_test"]
                if f"{name}_test" in divisors:
                    divisors[name] = divisors[f"{name}_test"]
        if len(self.inputs) == 1 and set(arrays) - {"y", rows.names} == {"x"} and names[0] not in arrays:
            arrays[names[0]] = arrays["x"]
            divisors |= {names[0]: divisors["x"]} if "x" in divisors else {}
        return replace(rows, arrays=arrays, divisors=divisors)


def kept_rows(dataset: DatasetSpec, table: Table, features: Iterable[str], targets: Iterable[str],
              notes: list[str]) -> Array:  # fmt: skip
    """Numbers of the rows that stay after `missing: drop`; a note for each column that dropped some."""
    kept = np.ones(table.rows, dtype=bool)
    aside = [dataset.weight, dataset.split.time]
    if dataset.sequence:
        aside += [dataset.sequence.id, dataset.sequence.order]
    for name in dict.fromkeys((*targets, *features, *(name for name in aside if name in table.columns))):
        missing = table[name].missing
        if rule(dataset.missing, name) == "drop" and missing.any():
            notes.append(f'column "{name}": {missing.sum()} rows without a value are left out ({row_list(missing)})')
            kept &= ~missing
    if not kept.any():
        raise DataError("`missing: drop` leaves no row", table.source, "fill the values instead: `missing: median`")
    return np.flatnonzero(kept)


def keep_array_rows(dataset: DatasetSpec, rows: Arrays, names: Iterable[str], notes: list[str]) -> Arrays:
    """The arrays without the rows that `missing: drop` covers."""
    names = list(names)
    kept = np.ones(rows_of(rows, names), dtype=bool)
    for name in names:
        array = rows[name]
        if rule(dataset.missing, name) == "drop" and array.dtype.kind == "f":
            missing = np.concatenate([np.isnan(block.reshape(len(block), -1)).any(axis=1)
                                      for _, block in blocks(array)])  # fmt: skip
            if missing.any():
                notes.append(f'array "{name}": {missing.sum()} rows with NaN are left out ({row_list(missing)})')
                kept &= ~missing
    if kept.all():
        return rows
    if not kept.any():
        raise DataError("`missing: drop` leaves no row", rows.source, "fill the values instead: `missing: zero`")
    stay = np.flatnonzero(kept)
    whole = {name: chosen(array, stay) for name, array in rows.arrays.items() if len(array) == len(kept)}
    return replace(rows, arrays=whole)


def rule(rules: str | Mapping[str, str], name: str) -> str:
    """The rule of one column for its missing values."""
    return rules if isinstance(rules, str) else rules.get(name, "error")


def _weights(values: Array, where: str) -> Array:
    """(rows,) float32 sample weights, 0 or more."""
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise DataError("sample weights are one number a row", where)
    bad = ~np.isfinite(values.astype(np.float64)) | (values < 0)
    if bad.any():
        raise DataError(f"{row_list(bad)}: a sample weight is a number of 0 or more", where, "mend the weights")
    return np.ascontiguousarray(values, dtype=np.float32)
