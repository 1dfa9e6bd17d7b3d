"""Files given to a trained model: the rows it can use, and which rows of the files these are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.counted import counted
from nnctl.data.config import ImageSpec, SplitSpec
from nnctl.data.dataset import Split
from nnctl.data.named_arrays import Arrays
from nnctl.data.preprocessing.missing_values import NAMED, kept_array_rows, kept_rows, take_rows
from nnctl.data.preprocessing.sequence_tables import LongTable, fold
from nnctl.data.readers import in_memory
from nnctl.data.readers.paths import FORMATS
from nnctl.data.readers.read import image_spec, read_files
from nnctl.data.readers.text_files import CLASS, COLUMN
from nnctl.data.table import Array, Table, listing, suggestion
from nnctl.errors import DataError

if TYPE_CHECKING:
    from nnctl.data.preprocessing.fitted import Preprocessing


@dataclass(frozen=True)
class Given:
    """Rows of files, preprocessed as in training.

    rows: the same rows as read. numbers: (rows,) the number of each in the file, from 1; None if a row is made of
    several (sequences, queries that group). left_out: numbers of the file's rows that are not among them, as far as
    they are known. notes: one for everything that was done.
    """

    split: Split
    rows: Table | LongTable | Arrays
    numbers: Array | None
    left_out: tuple[int, ...]
    notes: tuple[str, ...]

    @property
    def in_order(self) -> bool:
        """Whether these are all rows of the file, in order, so that their numbers need not be given."""
        if self.numbers is None or self.left_out:
            return False
        return np.array_equal(self.numbers, np.arange(1, self.split.rows + 1))


def read_given(preprocessing: Preprocessing, source: Any, with_targets: bool) -> Given:
    """Rows, preprocessed as in training.

    source: a path, a glob or a list of these; or rows in memory (see readers/in_memory.py). with_targets: if False, the
    target columns may be absent. Rows that the query or the rule `drop` excludes are left out, as in training, and a
    note names them.
    Raises DataError for missing columns or arrays, missing values that no rule fills, and unknown classes.
    """
    names = _paths(source)
    if names is not None:
        rows = _read_files(preprocessing, names, with_targets)
    elif preprocessing.dataset.query is not None:  # which DuckDB runs, on a file
        with in_memory.as_file(source, preprocessing.features) as name:
            rows = _read_files(preprocessing, (name,), with_targets)
    else:
        rows = in_memory.read_in_memory(source, preprocessing)
    if isinstance(rows, Table):
        return _read_table(preprocessing, rows, with_targets)
    return _read_arrays(preprocessing, rows, with_targets)


def _paths(source: Any) -> tuple[str, ...] | None:
    """The names of files; None for rows in memory."""
    if isinstance(source, str | Path):
        return (str(source),)
    if isinstance(source, list | tuple) and source and all(isinstance(name, str | Path) for name in source):
        return tuple(map(str, source))
    return None


def _read_files(preprocessing: Preprocessing, names: Sequence[str], with_targets: bool) -> Table | Arrays:
    sequence = preprocessing.dataset.sequence
    needed = [*preprocessing.features, *(preprocessing.target_columns if with_targets else ())]
    needed += filter(None, (sequence.id, sequence.order) if sequence else ())
    rows = read_files(names, preprocessing.dataset, preprocessing.rules, formats=preprocessing.formats, needed=needed,
                      image=_image(preprocessing), texts=_is_of_texts(preprocessing))  # fmt: skip
    if isinstance(rows, Table) != preprocessing.is_table:
        raise DataError(
            f"the model takes {'table columns' if preprocessing.is_table else 'arrays (npz, npy, IDX) or images'}",
            names[0],
            "use a file of the kind that the model was trained on",
        )
    return rows


def _is_of_texts(preprocessing: Preprocessing) -> bool:
    """Whether the training data were a folder of texts."""
    paths, columns = preprocessing.dataset.path or (), set(preprocessing.formats or ())
    return len(paths) == 1 and Path(paths[0]).suffix.lower() not in FORMATS and columns == {COLUMN, CLASS}


def _read_table(preprocessing: Preprocessing, table: Table, with_targets: bool) -> Given:
    dataset, targets = preprocessing.dataset, preprocessing.target_columns if with_targets else ()
    sequence = dataset.sequence
    notes = list(table.notes)
    _require_columns(preprocessing, table, targets)
    numbers = table.numbers
    if dataset.query is None:
        numbers = np.arange(1, table.rows + 1)
    elif numbers is None and not sequence:
        notes.append("the query creates new rows: rows are numbered as in its result, not as in the file")
    kept = kept_rows(dataset, table, preprocessing.features, targets, notes, labelled=with_targets)
    left_out = np.array([], dtype=int)
    if numbers is not None:
        total = table.total or table.rows
        by_query = np.setdiff1d(np.arange(1, total + 1), numbers)
        if len(by_query):
            notes.insert(0, f"the query leaves out {_named_rows(by_query)} of the file")
        left_out = np.setdiff1d(np.arange(1, total + 1), numbers[kept])
        numbers = numbers[kept]
    table_kept = table.take(kept) if len(kept) < table.rows else table
    rows: Table | LongTable = table_kept
    if sequence:
        # a weight or a split that differs within a sequence is an error in training, but is not used in prediction
        spec = dataset if with_targets else dataset.model_copy(update={"weight": None, "split": SplitSpec()})
        rows, _ = fold(spec, table_kept, targets, {})
        gone = sorted(set(table[sequence.id].as_text().distinct()) - set(rows.names))
        if gone:
            notes.append(f"sequences with no rows left: {listing(gone, NAMED)}")
        numbers = None
    split = preprocessing.transform(rows, with_targets, notes)
    if numbers is not None:
        split = replace(split, names=numbers)  # so that messages count rows as in the file
    return Given(split, rows, numbers, tuple(left_out.tolist()), tuple(notes))


def _require_columns(preprocessing: Preprocessing, table: Table, targets: Sequence[str]) -> None:
    """Raises DataError that lists the columns of the model that the table lacks."""
    sequence = preprocessing.dataset.sequence
    needed = [*preprocessing.features, *filter(None, (sequence.id, sequence.order) if sequence else ())]
    missing = [name for name in dict.fromkeys(needed) if name not in table.columns]
    labels = [name for name in targets if name not in table.columns]
    others = [name for name in table.columns if name not in (*needed, *targets)]
    if missing:
        raise DataError(
            f"lacks the column{'s' * (len(missing + labels) > 1)} {listing(missing + labels, NAMED)}", table.source,
            (suggestion(missing[0], others) if len(missing) == 1 or len(missing) < len(needed) else "")
            + f"the model was trained on {listing(preprocessing.features, NAMED)}",
        )  # fmt: skip
    if labels:
        raise DataError(
            f"lacks the target {listing(labels, NAMED)}: only labelled rows can be evaluated",
            table.source,
            suggestion(labels[0], others) + "nnctl predict works without a target",
        )


def _named_rows(numbers: Array) -> str:
    """`row 7`, `3 rows (2, 5, 9)`."""
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    return f"{counted(len(numbers), 'row')} ({listing(numbers, NAMED)})"


def _read_arrays(preprocessing: Preprocessing, arrays: Arrays, with_targets: bool) -> Given:
    notes = list(arrays.notes)
    arrays = _test_arrays(preprocessing, arrays)
    _require_scale(preprocessing, arrays)
    if with_targets:
        _require_targets(preprocessing, arrays)
    arrays = preprocessing.checked_arrays(arrays, with_targets)
    names = preprocessing.array_names(with_targets)
    kept = kept_array_rows(preprocessing.dataset, arrays, names, notes)
    arrays = take_rows(arrays, kept)
    split = preprocessing.transform(arrays, with_targets, notes)
    numbers = np.flatnonzero(kept) + 1
    if split.names is None:
        split = replace(split, names=numbers)
    return Given(split, arrays, numbers, tuple((np.flatnonzero(~kept) + 1).tolist()), tuple(notes))


def _require_targets(preprocessing: Preprocessing, arrays: Arrays) -> None:
    missing = [name for name in preprocessing.target_columns if name not in arrays.arrays]
    if missing and arrays.names:
        raise DataError("the images have no class, so there are no labels to evaluate against", arrays.source,
                        "make a folder for each class: photos/cat/..., photos/dog/...")  # fmt: skip
    if missing:
        raise DataError(
            f"lacks the target array {listing(missing)}: only labelled rows can be evaluated",
            arrays.source, f"arrays: {listing(arrays.arrays)}; nnctl predict works without a target",
        )  # fmt: skip


def _image(preprocessing: Preprocessing) -> ImageSpec | None:
    """How images are read: with the size and color of the training images, whatever files those came from."""
    shapes = [entry.shape for entry in preprocessing.inputs.values() if len(entry.shape) == 3]
    if preprocessing.dataset.image or not shapes:
        return preprocessing.dataset.image
    return image_spec(shapes[0])


def _require_scale(preprocessing: Preprocessing, arrays: Arrays) -> None:
    """Raises DataError for pixels if the model was trained on numbers of another scale."""
    for entry in preprocessing.array_inputs.values():
        if arrays.divisors.get(entry.array, entry.divisor) != entry.divisor:
            raise DataError(
                "holds pixels from 0 to 255, but the model was trained on numbers of another scale", arrays.source,
                f'save them as "{entry.array}" in an npz file, scaled as in the training data',
            )  # fmt: skip


def _test_arrays(preprocessing: Preprocessing, rows: Arrays) -> Arrays:
    """The arrays, with x_test as x if there is no x, and the only array of a file as the input, whatever its name."""
    arrays, divisors = dict(rows.arrays), dict(rows.divisors)
    names = [*preprocessing.array_names(True), *filter(None, (preprocessing.weight, rows.names))]
    for name in names:
        if name not in arrays and f"{name}_test" in arrays:
            arrays[name] = arrays[f"{name}_test"]
            if f"{name}_test" in divisors:
                divisors[name] = divisors[f"{name}_test"]
    if len(preprocessing.inputs) == 1 and set(arrays) - {"y", rows.names} == {"x"} and names[0] not in arrays:
        arrays[names[0]] = arrays["x"]
        divisors |= {names[0]: divisors["x"]} if "x" in divisors else {}
    return replace(rows, arrays=arrays, divisors=divisors)
