"""Which rows are for training, validation and test, and the data set of the transformed rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnctl.counted import counted
from nnctl.data.columns.ordering import rank
from nnctl.data.config import DatasetSpec, SplitSpec
from nnctl.data.dataset import Dataset, Split
from nnctl.data.distinct_values import distinct
from nnctl.data.lazy_array import Rows, chosen
from nnctl.data.leakage import duplicate_notes
from nnctl.data.named_arrays import Arrays, rows_of
from nnctl.data.preprocessing.fitted import Preprocessing
from nnctl.data.preprocessing.label_sequences import label_note
from nnctl.data.preprocessing.padding import partly_filled
from nnctl.data.preprocessing.sequence_tables import LongTable
from nnctl.data.preprocessing.targets import TargetCoder
from nnctl.data.row_origin import Origin, Where, located
from nnctl.data.table import Array, Column, Table, listing
from nnctl.errors import DataError
from nnctl.quoting import yaml_map

SPLITS = ("train", "validation", "test")
_SPLIT_NAMES = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip


@dataclass(frozen=True)
class SplitRows:
    """The row numbers of each split, ascending. how: "stratified, seed 7".

    fixed: the splits that have files or arrays of their own.
    """

    rows: Mapping[str, Array]
    how: str
    fixed: tuple[str, ...] = ()

    def note(self) -> str:
        counts = ", ".join(f"{len(self.rows[name])} {name}" for name in SPLITS if len(self.rows[name]))
        return f"split: {counts} rows ({self.how})"


def assign_splits(dataset: DatasetSpec, rows: Table | Arrays, coders: Mapping[str, TargetCoder], seed: int,
                fixed: Mapping[str, Array]) -> SplitRows:  # fmt: skip
    """Assigns the rows to splits, except those of splits with files of their own. coders: of targets to stratify by."""
    count = rows.rows if isinstance(rows, Table) else rows_of(rows, [c for x in coders.values() for c in x.columns])
    if any(len(each) == 0 for each in fixed.values()):
        raise DataError("a split has no rows left", rows.source, "check its file")
    unclaimed = np.ones(count, dtype=bool)
    for claimed in fixed.values():
        unclaimed[claimed] = False
    free = np.flatnonzero(unclaimed) if fixed else None
    spec = dataset.split.model_copy(update=dict.fromkeys(fixed, 0.0)) if fixed else dataset.split
    classed = (c for c in coders.values() if c.classes and len(c.columns) == 1 and c.labels != "sequence")
    coder = next(classed, None)
    time = column = classes = origin = None
    if isinstance(rows, Table):
        origin = rows.whole_origin if spec.time or spec.column else None
        time = rows[spec.time] if spec.time else None
        column = rows[spec.column] if spec.column else None
        classes = coder.class_numbers(rows) if coder else None
    else:
        if spec.time or spec.column:
            raise DataError("split.time and split.column are for tables", rows.source, "remove them")
        classes = _array_classes(coder, rows) if coder and coder.shape in ((), (1,)) else None
    if free is not None:
        origin, time, column = origin and origin.take(free), time and time.take(free), column and column.take(free)
        classes = None if classes is None else classes[free]
    labelled = coder.columns[0] if coder else ""
    split = split_rows(spec, count if free is None else len(free), seed, classes=classes, labelled=labelled,
                       time=time, column=column, origin=origin)  # fmt: skip
    splits = {name: rows if free is None else free[rows] for name, rows in split.rows.items()} | dict(fixed)
    how = split.how
    if fixed:
        own = f"{' and '.join(fixed)} as given"
        how = f"{own}; {how}" if any(len(split.rows[name]) for name in SPLITS[1:]) else own
    return SplitRows(splits, how, tuple(fixed))


def _array_classes(coder: TargetCoder, rows: Arrays) -> Array:
    return np.unique(rows[coder.columns[0]].reshape(-1), return_inverse=True)[1]


def split_rows(
    spec: SplitSpec,
    rows: int,
    seed: int,
    *,
    classes: Array | None = None,
    labelled: str = "",
    time: Column | None = None,
    column: Column | None = None,
    origin: Origin | None = None,
) -> SplitRows:
    """Assigns `rows` rows to splits as the config says.

    classes: (rows,) class numbers to stratify by, of the column `labelled`. time, column: the columns that
    the spec names. origin: of the rows, for messages. Raises DataError if a split would be empty.
    """
    if column is not None and spec.column is not None:
        return SplitRows(_by_column(column, spec.column, origin), f'by column "{spec.column}"')
    counts = _counts(rows, spec)
    if time is not None and spec.time is not None:
        if time.missing.any():
            at = located(_where("time", spec.time, origin), time.missing)
            raise DataError(
                f"the time is missing ({at.rows})", at.where,
                f"`missing: {yaml_map({spec.time: 'drop'})}` leaves the rows out",
            )  # fmt: skip
        place = rank(time, f'split.time: column "{spec.time}"', "write dates as 2023-01-31, or numbers")
        return SplitRows(_last(np.argsort(place, kind="stable"), counts), f'the latest by "{spec.time}"')
    if spec.order == "keep":
        return SplitRows(_last(np.arange(rows), counts), "the last rows, in file order")
    seed = seed if spec.seed is None else spec.seed
    rng = np.random.default_rng(seed)
    if spec.stratify is not False and classes is not None:
        return SplitRows(_stratified(classes, counts, rng), f'stratified by "{labelled}", shuffled with seed {seed}')
    if spec.stratify:
        raise DataError("split.stratify needs class targets", hint="remove stratify if the target is a number")
    return SplitRows(_last(rng.permutation(rows), counts), f"shuffled with seed {seed}")


def _counts(rows: int, spec: SplitSpec) -> dict[str, int]:
    """The number of validation and test rows, rounded to the nearest integer."""
    counts = {name: int(getattr(spec, name) * rows + 0.5) for name in ("validation", "test")}
    for name, count in counts.items():
        if getattr(spec, name) > 0 and count == 0:
            raise DataError(
                f"{getattr(spec, name):g} of {counted(rows, 'row')} leaves no row for {name}", f"split.{name}",
                f"use more rows, a larger fraction, or none: `split: {{{name}: 0}}`",
            )  # fmt: skip
    if sum(counts.values()) >= rows:
        raise DataError(
            f"validation {spec.validation:g} and test {spec.test:g} leave none of {counted(rows, 'row')} to train on",
            "split",
            "make validation and test smaller",
        )  # fmt: skip
    return counts


def _last(order: Array, counts: Mapping[str, int]) -> dict[str, Array]:
    """The last rows of `order` are the test split, those before them the validation split."""
    train = len(order) - counts["validation"] - counts["test"]
    cuts = np.split(order, [train, train + counts["validation"]])
    return {name: np.sort(rows) for name, rows in zip(SPLITS, cuts, strict=True)}


def _stratified(classes: Array, counts: Mapping[str, int], rng: np.random.Generator) -> dict[str, Array]:
    """Each split has the classes in proportion; every class keeps at least one training row."""
    order = rng.permutation(len(classes))
    shuffled = classes[order]
    members = [order[shuffled == label] for label in distinct(classes)]
    del order, shuffled  # of many rows they take much memory
    sizes = np.array([len(rows) for rows in members])
    train = len(classes) - sum(counts.values())
    if len(sizes) > train:
        raise DataError(
            f"{counted(len(sizes), 'class', 'classes')}, but {counted(train, 'training row')}: fewer than one per "
            "class",
            "split",
            "make validation and test smaller, or set `stratify: false`",
        )
    test = _shares(counts["test"], sizes, sizes - 1)
    validation = _shares(counts["validation"], sizes, sizes - 1 - test)
    bounds = {"train": (test + validation, sizes), "validation": (test, test + validation), "test": (0 * test, test)}
    return {
        name: _joined([rows[first:end] for rows, first, end in zip(members, firsts, ends, strict=True)])
        for name, (firsts, ends) in bounds.items()
    }


def _joined(rows: Sequence[Array]) -> Array:
    """All row numbers in one array, ascending."""
    joined = np.concatenate(rows)
    joined.sort()
    return joined


def _shares(total: int, sizes: Array, most: Array) -> Array:
    """`total` divided in proportion to `sizes` by the largest remainders; each share is at most `most`."""
    quotas = total * sizes / sizes.sum()
    shares: Array = np.minimum(np.floor(quotas).astype(int), most)
    while (left := total - shares.sum()) > 0:
        open_to_more = np.flatnonzero(shares < most)
        by_remainder = open_to_more[np.argsort(-(quotas - shares)[open_to_more], kind="stable")]
        shares[by_remainder[:left]] += 1
    return shares


def _where(key: str, name: str, origin: Origin | None) -> Where:
    return Where(f'split.{key}: column "{name}"', f'column "{name}" (split.{key})', origin)


def _by_column(column: Column, name: str, origin: Origin | None) -> dict[str, Array]:
    where = _where("column", name, origin)
    text = column.as_text()
    if text.missing.any():
        at = located(where, text.missing)
        raise DataError(f"the split is missing ({at.rows})", at.where, "fill in train, validation or test")
    codes = []
    for code, word in enumerate(text.words):
        split = _SPLIT_NAMES.get(word.strip().lower())
        if split is None:
            at = located(where, text.values == code)
            raise DataError(f'{at.rows}: "{word}" is not a split', at.where, f"use {listing(SPLITS)}")
        codes.append(SPLITS.index(split))
    splits = np.array(codes)[text.values]
    rows = {split: np.flatnonzero(splits == at) for at, split in enumerate(SPLITS)}
    if not len(rows["train"]):
        raise DataError("no row is marked train", where, "write train in the rows for training")
    return rows


def finish(
    preprocessing: Preprocessing, rows: Table | LongTable | Arrays, split: SplitRows, notes: list[str]
) -> Dataset:
    """Transforms all rows at once, so that no note is repeated, and divides them into the splits."""
    whole = preprocessing.transform(rows, True, notes)
    duplicates = duplicate_notes(whole, split.rows)
    splits = {name: split_of(whole, chosen)
             for name, chosen in split.rows.items() if len(chosen)}  # fmt: skip
    notes += (label_note(f'target "{coder.columns[0]}"', coder.class_words, np.asarray(whole.targets[name]))
              for name, coder in preprocessing.targets.items() if coder.labels == "sequence")  # fmt: skip
    notes = [*notes, *duplicates, split.note()]
    return Dataset(
        splits["train"],
        splits.get("validation"),
        splits.get("test"),
        {name: entry.shape for name, entry in preprocessing.inputs.items()},
        {name: coder.target for name, coder in preprocessing.targets.items()},
        preprocessing,
        tuple(notes),
        split.fixed,
    )


def split_of(whole: Split, rows: Array) -> Split:
    """Some of the rows."""
    inputs = {name: chosen(array, rows) for name, array in whole.inputs.items()}
    return Split(
        inputs,
        {name: y.select(rows) if isinstance(y, Rows) else y[rows] for name, y in whole.targets.items()},
        None if whole.weights is None else whole.weights[rows],
        partly_filled({name: lengths[rows] for name, lengths in whole.lengths.items()}, inputs)
        if whole.lengths
        else {},
        _numbers(rows) if whole.names is None else whole.names[rows],
        whole.divisors,
    )


def _numbers(rows: Array) -> Array:
    """What messages call rows of a file: counted from 1."""
    numbers = rows.astype(np.int32) if len(rows) and rows[-1] < np.iinfo(np.int32).max else rows.copy()
    numbers += 1
    return numbers


def renumbered(fixed: Mapping[str, Array], kept: Array) -> dict[str, Array]:
    return {name: np.flatnonzero(np.isin(kept, rows)) for name, rows in fixed.items()}
