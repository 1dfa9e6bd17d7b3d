"""The last steps of loading, of tables and of arrays alike: which rows go to which part, and the parts made."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnctl.data.config import DatasetSpec
from nnctl.data.dataset import Dataset, Split
from nnctl.data.lazy_array import Rows, chosen
from nnctl.data.leakage import duplicate_notes
from nnctl.data.named_arrays import Arrays, rows_of
from nnctl.data.preprocessing.fitted import Preprocessing
from nnctl.data.preprocessing.label_sequences import label_note
from nnctl.data.preprocessing.padding import partly_filled
from nnctl.data.preprocessing.sequence_tables import LongTable
from nnctl.data.preprocessing.targets import TargetCoder, soft_note
from nnctl.data.splits import PARTS, SplitRows, split_rows
from nnctl.data.table import Array, Table
from nnctl.errors import DataError


def split_parts(dataset: DatasetSpec, rows: Table | Arrays, coders: Mapping[str, TargetCoder], seed: int,
                fixed: Mapping[str, Array]) -> SplitRows:  # fmt: skip
    """Cuts the rows that no file of their own gives to a part. coders: of the targets that may be stratified by."""
    count = rows.rows if isinstance(rows, Table) else rows_of(rows, [c for x in coders.values() for c in x.columns])
    if any(len(part) == 0 for part in fixed.values()):
        raise DataError("a split has no rows left", rows.source, "check its file")
    unclaimed = np.ones(count, dtype=bool)
    for claimed in fixed.values():
        unclaimed[claimed] = False
    free = np.flatnonzero(unclaimed)
    spec = dataset.split.model_copy(update={part: 0.0 for part in fixed})
    classed = (c for c in coders.values() if c.classes and len(c.columns) == 1 and c.labels != "sequence")
    coder = next(classed, None)
    time = column = classes = origin = None
    if isinstance(rows, Table):
        origin = rows.whole_origin.take(free)
        time = rows[spec.time].take(free) if spec.time else None
        column = rows[spec.column].take(free) if spec.column else None
        classes = coder.class_numbers(rows)[free] if coder else None
    else:
        if spec.time or spec.column:
            raise DataError("split.time and split.column are for tables", rows.source, "leave them out")
        classes = _array_classes(coder, rows)[free] if coder and coder.shape in ((), (1,)) else None
    split = split_rows(spec, len(free), seed, classes=classes, labelled=coder.columns[0] if coder else "",
                       time=time, column=column, origin=origin)  # fmt: skip
    parts = {part: free[chosen] for part, chosen in split.rows.items()} | dict(fixed)
    how = split.how
    if fixed:
        own = f"{' and '.join(fixed)} as given"
        how = f"{own}; {how}" if any(len(split.rows[part]) for part in PARTS[1:]) else own
    return SplitRows(parts, how, tuple(fixed))


def _array_classes(coder: TargetCoder, rows: Arrays) -> Array:
    return np.unique(rows[coder.columns[0]].reshape(-1), return_inverse=True)[1]


def finish(
    preprocessing: Preprocessing, rows: Table | LongTable | Arrays, split: SplitRows, notes: list[str]
) -> Dataset:
    """Transforms all rows at once, so that every note is said once, and deals them out."""
    whole = preprocessing.transform(rows, True, notes)
    parts = {part: _take(whole, chosen, chosen[0] if part in split.fixed else 0)
             for part, chosen in split.rows.items() if len(chosen)}  # fmt: skip
    notes += (label_note(f'target "{coder.columns[0]}"', coder.class_words, np.asarray(whole.targets[name]))
              for name, coder in preprocessing.targets.items() if coder.labels == "sequence")  # fmt: skip
    notes = [*notes, *duplicate_notes(parts), split.note()]
    return Dataset(
        parts["train"],
        parts.get("validation"),
        parts.get("test"),
        {name: entry.shape for name, entry in preprocessing.inputs.items()},
        {name: coder.target for name, coder in preprocessing.targets.items()},
        preprocessing,
        tuple(notes),
    )


def _take(whole: Split, rows: Array, before: int) -> Split:
    """Some rows of the whole, of a file that begins after `before` rows."""
    inputs = {name: chosen(array, rows) for name, array in whole.inputs.items()}
    return Split(
        inputs,
        {name: y.select(rows) if isinstance(y, Rows) else y[rows] for name, y in whole.targets.items()},
        None if whole.weights is None else whole.weights[rows],
        partly_filled({name: lengths[rows] for name, lengths in whole.lengths.items()}, inputs),
        rows - before + 1 if whole.names is None else whole.names[rows],
        whole.divisors,
    )


def renumbered(fixed: Mapping[str, Array], kept: Array) -> dict[str, Array]:
    return {part: np.flatnonzero(np.isin(kept, rows)) for part, rows in fixed.items()}


def target_notes(coders: Mapping[str, TargetCoder]) -> list[str]:
    """How the targets of binary losses are taken."""
    notes = [f'target "{coder.columns[0]}": {coder.classes[0]} is 0, {coder.classes[1]} is 1'
             for coder in coders.values() if coder.labels == "binary" and coder.classes]  # fmt: skip
    return [*notes, *(soft_note(coder) for coder in coders.values() if coder.soft)]
