"""Loading a data set: read, split, fit on the training rows, transform, with notes of what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnctl.data.catalog.bundled import resolve
from nnctl.data.config import DatasetSpec
from nnctl.data.dataset import Dataset
from nnctl.data.load_tables import drop_rows as drop_table_rows
from nnctl.data.load_tables import load_table
from nnctl.data.preprocessing.fitted import Preprocessing
from nnctl.data.preprocessing.sequence_tables import LongTable, fold
from nnctl.data.preprocessing.target_columns import target_labels
from nnctl.data.readers.read import column_rules, read_dataset
from nnctl.data.splits import SPLITS, SplitRows, assign_splits, finish
from nnctl.data.table import Table
from nnctl.errors import DataError

if TYPE_CHECKING:
    from nnctl.data.config import InputSpec
    from nnctl.data.named_arrays import Arrays

Wanted = Mapping[str, str]


def load_dataset(dataset: DatasetSpec, inputs: Mapping[str, InputSpec], wanted: Wanted, seed: int,
                 in_memory: Any = None) -> Dataset:  # fmt: skip
    """The data set of a config, with preprocessing fitted on its training rows.

    inputs: those of the config; if empty, there is one, called "input". wanted: by output, the labels its loss needs:
    "integer", "onehot", "binary", "number" or "sequence". seed: of the split, unless the split has its own.
    in_memory: the rows that a program passed, in place of the files of `path`.
    Raises DataError.
    """
    given, bundled = resolve(dataset) if dataset.name or not dataset.path else (dataset, None)
    if dataset.alphabet and "sequence" not in wanted.values():
        raise DataError("`alphabet` is for text targets, as used with CTC", "dataset.alphabet",
                        "remove it, or use `loss: ctc`")  # fmt: skip
    rows, fixed = read_dataset(given, column_rules(given, target_labels(given, wanted)), in_memory=in_memory)
    if isinstance(rows, Table):
        return load_table(dataset, given, inputs, wanted, seed, rows, fixed)
    from nnctl.data.load_arrays import load_arrays  # imported here to keep start-up fast

    origin = dataset.model_copy(update={"image": rows.image}) if rows.image else dataset
    return load_arrays(origin, given, bundled, inputs, wanted, seed, rows, fixed)


def load_fitted(preprocessing: Preprocessing) -> Dataset:
    """The data set that a model was trained on, with the preprocessing that was fitted then.

    Raises DataError if the splits have other numbers of rows than when the model was trained.
    """
    return finish(preprocessing, *read_fitted(preprocessing))


def read_fitted(preprocessing: Preprocessing) -> tuple[Table | LongTable | Arrays, SplitRows, list[str]]:
    """The rows that `load_fitted` transforms, as read; which of them each split has; and notes."""
    dataset, _ = resolve(preprocessing.dataset)
    read, fixed = read_dataset(dataset, preprocessing.rules, preprocessing.formats)
    notes: list[str] = [*read.notes]
    coders, targets = preprocessing.targets, preprocessing.target_columns
    rows: Table | LongTable | Arrays
    samples: Table | Arrays
    if isinstance(read, Table):
        read.require((*preprocessing.features, *targets), "the trained model")
        table, fixed = drop_table_rows(dataset, read, preprocessing.features, targets, fixed, notes)
        rows = samples = table
        if dataset.sequence:
            rows, fixed = fold(dataset, table, targets, fixed)
            samples = rows.sequences
            coders = {} if dataset.sequence.target == "each" else coders
    else:
        from nnctl.data.load_arrays import drop_rows  # imported here to keep start-up fast

        arrays = preprocessing.checked_arrays(read, True)
        samples, fixed = drop_rows(dataset, arrays, preprocessing.array_inputs, targets, fixed, notes)
        rows = samples
    split = assign_splits(dataset, samples, coders, preprocessing.seed, fixed)
    refuse_other_rows(preprocessing, split, rows.source)
    return rows, split, notes


def refuse_other_rows(preprocessing: Preprocessing, split: SplitRows, source: str) -> None:
    """Raises DataError if the splits have other numbers of rows than when the model was trained."""
    counts = {name: len(split.rows[name]) for name in SPLITS}
    if preprocessing.rows and counts != dict(preprocessing.rows):
        shown = [", ".join(f"{name} {count}" for name, count in found.items())
                 for found in (counts, preprocessing.rows)]  # fmt: skip
        raise DataError(
            f"the data have changed since the model was trained: the rows are now {shown[0]}; they were {shown[1]}",
            source,
            "the splits would mix: evaluate on a separate file with --data",
        )
