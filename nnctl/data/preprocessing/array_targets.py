"""Targets that are arrays: how each loss encodes them, and which loss to use for those it cannot take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from nnctl.data.distinct_values import distinct
from nnctl.data.lazy_array import Rows, blocks, chosen, extent
from nnctl.data.preprocessing.inputs import ArrayInput
from nnctl.data.preprocessing.label_sequences import class_numbers, fit_alphabet, fit_classes, text_numbers
from nnctl.data.preprocessing.target_values import FOR_NUMBERS, check_range, has_fractions
from nnctl.data.preprocessing.targets import TargetCoder
from nnctl.data.row_origin import located
from nnctl.data.table import Array, Column, listing
from nnctl.errors import DataError
from nnctl.quoting import yaml_map

_MOST_CLASSES = 1_000_000


def fit_array_target(name: str, y: Array | Rows, labels: str, where: str, alphabet: Sequence[str] | None = None,
                     lengths: tuple[str, Array | Rows] | None = None,
                     like: ArrayInput | None = None) -> TargetCoder:  # fmt: skip
    """The coder of a target array for a loss with these labels. Raises DataError if the array does not suit them.

    alphabet, lengths: of a "sequence"; lengths is the name of the array of label lengths, and this array.
    like: the input that is the same array, before it is fitted (see `as_input`).
    """
    if like is not None and labels in ("number", "binary") and None not in like.shape:
        return TargetCoder(labels, (name,), like.shape)
    if labels == "sequence":
        counts = None
        y = np.asarray(y)
        if y.dtype.kind == "U":
            classes = fit_alphabet(_texts(y, where), alphabet, where)
            lengths = None
        else:
            counts = lengths and label_counts(lengths[1], y, where)
            classes = fit_classes(y, counts, alphabet, where)
        coder = TargetCoder("sequence", (name,), (), classes, lengths=lengths[0] if lengths else None)
        return replace(coder, shape=encode_array(coder, y, where, counts).shape[1:])
    if labels == "number":
        if y.dtype.kind == "U":
            raise DataError(
                "the target is text, but the loss needs numbers", where, "use `loss: sparse_categorical_crossentropy`"
            )
        shape = y.shape[1:] or (1,)
        coder = TargetCoder("number", (name,), shape)
    elif labels == "integer":
        coder = _fit_classes(name, y, where)
    elif labels == "onehot":
        if y.ndim == 1 or y.shape[-1] == 1:
            raise DataError(
                f"the loss needs one-hot rows (rows, classes), but the target has shape {y.shape}: class numbers",
                where,
                "use `loss: sparse_categorical_crossentropy`",
            )
        coder = TargetCoder("onehot", (name,), y.shape[1:], tuple(map(str, range(y.shape[-1]))), numeric=True)
    elif y.dtype.kind == "U":
        words = tuple(distinct(np.asarray(y)).tolist())
        if len(words) != 2 or y.ndim != 1:
            raise DataError(
                f"a binary loss needs 2 classes, but the target has {len(words)}", where,
                "use `loss: sparse_categorical_crossentropy`",
            )  # fmt: skip
        coder = TargetCoder("binary", (name,), (1,), words)
    else:
        shape = y.shape[1:] or (1,)
        soft = y.dtype.kind == "f" and any(has_fractions(block) for _, block in blocks(y))
        single = shape == (1,) and not soft
        coder = TargetCoder("binary", (name,), shape, ("0", "1") if single else None, numeric=single, soft=soft)
    if not isinstance(y, Rows):  # those of Rows, which take a while, are checked when they are transformed
        encode_array(coder, y, where)
    return coder


def as_input(coder: TargetCoder, entry: ArrayInput, y: Array | Rows, where: str) -> TargetCoder:
    """The coder of a target that is also an input (of an autoencoder), with the shape and the scale of the input.

    Raises DataError if a binary loss gets values outside of 0 to 1.
    """
    shift, scale = (np.asarray(each) * entry.divisor for each in (entry.shift, entry.scale))
    coder = replace(coder, shift=tuple(shift.tolist()), scale=tuple(scale.tolist()),
                    divisor=entry.divisor)  # fmt: skip
    if not isinstance(y, Rows):
        encode_array(coder, y, where)
    return coder


def scaled_target(coder: TargetCoder, y: Array | Rows, train: Array, rule: str) -> TargetCoder:
    """The coder of a "number" target that `normalize` names, scaled by the rows `train`: each unit of (rows, units) by
    itself, targets of another shape as a whole. standard: mean and standard deviation; minmax: the range."""
    values = np.concatenate([block.astype(np.float64) for _, block in blocks(chosen(y, train))])
    values = values.reshape(-1, coder.shape[-1] if len(coder.shape) == 1 else 1)
    if rule == "standard":
        shift, scale = values.mean(axis=0), values.std(axis=0)
    else:
        shift, scale = values.min(axis=0), np.ptp(values, axis=0)
    scale[scale == 0] = 1
    return replace(coder, shift=tuple(shift.tolist()), scale=tuple(scale.tolist()))


def _fit_classes(name: str, y: Array | Rows, where: str) -> TargetCoder:
    if y.dtype.kind == "U":
        if y.ndim != 1:
            raise DataError(f"class names must have the shape (rows,), got {y.shape}", where)
        words = tuple(distinct(np.asarray(y)).tolist())
        if len(words) < 2:
            raise DataError(f"the target has only one value, {listing(words)}", where, "there is nothing to learn")
        return TargetCoder("integer", (name,), (), words)
    if y.ndim > 1 and y.shape[-1] > 1 and all(_one_hot(block) for _, block in blocks(y)):
        raise DataError(
            f"the loss needs class numbers (rows,), but the target has shape {y.shape}: one-hot rows",
            where,
            "use `loss: categorical_crossentropy`, or save y.argmax(axis=-1)",
        )
    flat = y.reshape(len(y), y.size // max(1, len(y)))
    bad = _rows_where(flat, lambda each: ~np.isfinite(each.astype(np.float64)) | (each != np.floor(each)))
    if bad.any():
        value = flat[np.flatnonzero(bad)[:1]][0][0]
        at = located(where, bad)
        raise DataError(f"{at.rows}: class numbers must be whole numbers, got {value}", at.where, FOR_NUMBERS)
    least, most = extent(flat)
    if least < 0:
        at = located(where, _rows_where(flat, lambda each: each < 0))
        raise DataError(
            f"{at.rows}: class numbers must be 0 or more, got {least}",
            at.where,
            "number the classes 0, 1, 2, ...",
        )
    classes = int(most) + 1
    if classes > _MOST_CLASSES or classes < 2:
        raise DataError(
            f"class numbers up to {classes - 1:,} mean {classes:,} {'class' if classes == 1 else 'classes'}",
            where,
            "number the classes 0, 1, 2, ...",
        )
    shape = () if y.shape[1:] == (1,) else y.shape[1:]
    return TargetCoder("integer", (name,), shape, tuple(map(str, range(classes))), numeric=True)


def _one_hot(y: Array) -> bool:
    return bool(np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=-1) == 1))


def _rows_where(flat: Array | Rows, holds: Callable[[Array], Array]) -> Array:
    """(rows,) bool: rows with a value for which `holds` is true."""
    return np.concatenate([holds(block).any(axis=1) for _, block in blocks(flat)])


def label_counts(lengths: Array | Rows, y: Array | Rows, where: str) -> Array:
    """(rows,) the number of labels of each row of y, 0 or more. Raises DataError for anything else."""
    if lengths.ndim != 1 or lengths.dtype.kind not in "iuf" or len(lengths) != len(y) or y.ndim != 2:
        raise DataError(f"label_lengths of shape {lengths.shape} do not match labels of shape {y.shape}", where,
                        "save labels (rows, longest) and their lengths (rows,)")  # fmt: skip
    lengths = np.asarray(lengths)
    bad = ~((lengths >= 0) & (lengths <= y.shape[1]) & (np.floor(lengths) == lengths))
    if bad.any():
        at = located(where, bad)
        raise DataError(
            f"{at.rows}: a label length must be a whole number from 0 to {y.shape[1]}, got {lengths[bad][0]:g}",
            at.where,
            "fix the length",
        )
    return lengths.astype(np.int64)


def _texts(y: Array, where: str) -> Column:
    if y.ndim != 1:
        raise DataError(f"texts must have the shape (rows,), got {y.shape}", where, "save one text per row")
    return Column.of_words(y.tolist())


def encode_array(coder: TargetCoder, y: Array | Rows, where: str, counts: Array | None = None) -> Array | Rows:
    """(rows, *coder.shape), int32 for "integer" and "sequence", else float32. counts: (rows,) the labels per row.

    Raises DataError for values that do not fit.
    """
    if coder.labels == "sequence":
        if y.dtype.kind == "U":
            return text_numbers(_texts(np.asarray(y), where), coder.class_words, where)
        return class_numbers(np.asarray(y), counts, coder.class_words, where)
    if y.dtype.kind == "U":
        if coder.classes is None:
            raise DataError("the target is text, but numbers are expected", where)
        place = {word: at for at, word in enumerate(coder.classes)}
        column = Column.of_words(np.asarray(y).reshape(len(y)).tolist())
        for code, word in enumerate(column.words):
            if word not in place:
                at = located(where, column.values == code)
                raise DataError(
                    f'{at.rows}: "{word}" is not one of the classes {listing(coder.classes)}',
                    at.where,
                )
        codes: Array = np.array([place[word] for word in column.words], dtype=np.int32)[column.values]
        return codes if coder.labels == "integer" else codes.astype(np.float32)[:, None]
    if y.size != len(y) * int(np.prod(coder.shape)):
        raise DataError(
            f"a target of shape {y.shape[1:]} where {coder.shape} is expected",
            where,
            "save it in the shape that the model was trained on",
        )
    if not isinstance(y, Rows):
        return _encode_numbers(coder, y, where)
    for first, block in blocks(y):
        _encode_numbers(coder, block, where, first)

    def encoded(block: Array, _: Array | None, out: Array | None) -> Array:
        values = _encode_numbers(coder, block, where)
        if out is None:
            return values
        out[...] = values
        return out

    return y.then(encoded, coder.shape, np.int32 if coder.labels == "integer" else np.float32)


def _encode_numbers(coder: TargetCoder, y: Array, where: str, before: int = 0) -> Array:
    """As `encode_array`; before: how many rows of the array precede these."""
    values = y.reshape(len(y), *coder.shape)
    if coder.scale:
        values = (values - np.asarray(coder.shift)) / np.asarray(coder.scale)
    if coder.labels == "integer":
        classes = len(coder.class_words)
        bad = (values < 0) | (values >= classes) | (values != np.floor(values))
        if bad.any():
            at = located(where, np.any(bad.reshape(len(y), -1), axis=1), before=before)
            raise DataError(
                f"{at.rows}: {values[bad].flat[0]} is not a class number from 0 to {classes - 1}",
                at.where,
            )
        return np.ascontiguousarray(values, dtype=np.int32)
    with np.errstate(over="ignore"):
        finite = np.all(np.isfinite(values.astype(np.float32)).reshape(len(y), -1), axis=1)
    if not finite.all():
        at = located(where, ~finite, before=before)
        raise DataError(
            f"{at.rows}: the target is missing, infinite or too large for float32",
            at.where,
            "remove these rows",
        )
    if coder.labels == "binary" and coder.scale:
        if values.min() < 0 or values.max() > 1:
            raise DataError(
                f"a binary loss needs values from 0 to 1, but the input has {values.min():.3g} to {values.max():.3g}",
                where,
                f"scale it, `normalize: {yaml_map({coder.columns[0]: 'minmax'})}`, or use `loss: mse`",
            )
        return np.ascontiguousarray(values, dtype=np.float32)
    if coder.labels == "binary" and np.all((values == -1) | (values == 1)):
        values = values > 0  # the -1 and 1 of hinge losses
    if coder.labels != "number":
        check_range(values, coder.labels, where, before, coder.soft)
    return np.ascontiguousarray(values, dtype=np.float32)
