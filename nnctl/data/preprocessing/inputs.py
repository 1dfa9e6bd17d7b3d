"""The fitted inputs of a model: table columns side by side, or one array, as float32 of a known shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, overload

import numpy as np

from nnctl.data.lazy_array import Rows, blocks
from nnctl.data.named_arrays import Arrays
from nnctl.data.preprocessing.features import Category, Feature, Number, feature_from_json, matrix
from nnctl.data.preprocessing.sequence_tables import LongTable
from nnctl.data.preprocessing.text import TextInput
from nnctl.data.row_origin import located
from nnctl.data.table import Array, Table
from nnctl.errors import DataError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class TableInput:
    """Columns side by side, in order.

    shape: of one row; its size is the sum of the features' widths. For sequences: (steps, ...), then a step's shape.
    """

    features: tuple[Feature, ...]
    shape: Shape

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """(name, kind) of each of its columns."""
        return tuple((f.name, "number" if isinstance(f, Number) else "category") for f in self.features)

    @property
    def numbers(self) -> int | None:
        """The input_dim of an Embedding of this input; None if not all columns are integer-encoded categories."""
        coded = [f for f in self.features if isinstance(f, Category) and f.encode == "integer"]
        return max(len(f.words) for f in coded) + 1 if len(coded) == len(self.features) else None

    def transform(self, rows: Table | LongTable, notes: list[str]) -> Array | Rows:
        """(rows, *shape) float32, C-contiguous."""
        if isinstance(rows, Table):
            return matrix(self.features, rows, notes).reshape(rows.rows, *self.shape)
        steps = matrix(self.features, rows.table, notes).reshape(rows.table.rows, *self.shape[1:])
        return rows.pack(np.asarray(steps), self.shape[0])

    def to_json(self) -> dict[str, Any]:
        return {"columns": [feature.to_json() for feature in self.features], "shape": list(self.shape)}


@dataclass(frozen=True)
class ArrayInput:
    """One array: (x / divisor - shift) / scale; missing values (NaN) become `fill`.

    shift, scale: one number each, or one per feature for rows with one axis, and for (steps, features) with lengths.
    lengths: the array with the number of time steps of each row, or None; padding stays 0.
    """

    array: str
    shape: Shape
    divisor: float = 1.0
    fill: float | None = None
    shift: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)
    lengths: str | None = None

    columns = ()
    numbers = None

    @overload
    def transform(self, x: Array, where: str, notes: list[str], lengths: Array | None = None) -> Array: ...

    @overload
    def transform(self, x: Rows, where: str, notes: list[str], lengths: Array | None = None) -> Rows: ...

    @overload
    def transform(
        self, x: Array | Rows, where: str, notes: list[str], lengths: Array | None = None
    ) -> Array | Rows: ...

    def transform(self, x: Array | Rows, where: str, notes: list[str],
                  lengths: Array | None = None) -> Array | Rows:  # fmt: skip
        """(rows, *shape) float32, C-contiguous; or uint8, see `stays_bytes`. lengths: (rows,), of sequences.
        All values of Rows are checked here, but they are converted only when they are gathered.

        Raises DataError for text, NaN, infinite values, and another shape.
        """
        check_numbers(x, where)
        if x.size != len(x) * prod(self.shape):
            raise DataError(
                f"has rows of shape {x.shape[1:]}, but the model takes {self.shape}", where, "save it in that shape"
            )
        if self.stays_bytes(x):
            return (x if isinstance(x, Rows) else np.ascontiguousarray(x)).reshape(len(x), *self.shape)
        if x.dtype.kind == "f":
            self._look(x, where, notes)
        if isinstance(x, Rows):
            return self.encoded(x, lengths)
        if self._changes_values and x.dtype == np.float32:
            x = x.copy()  # it may be a target, too
        return self._encode(x, lengths, None)

    def encoded(self, x: Rows, lengths: Array | None) -> Rows:
        """As `transform`, without checking the values."""
        if x.dtype == np.float32 and not self._changes_values:
            return x.reshape(len(x), *self.shape)
        return x.then(self._encode, self.shape, np.float32, lengths)

    @property
    def _changes_values(self) -> bool:
        return (self.divisor, self.fill, self.shift, self.scale) != (1, None, (0.0,), (1.0,))

    def _encode(self, x: Array, lengths: Array | None, out: Array | None) -> Array:
        """(rows, *shape) float32, in `out`, or in x itself if it is float32 already."""
        with np.errstate(over="ignore"):
            if out is None:
                out = np.ascontiguousarray(x, dtype=np.float32).reshape(len(x), *self.shape)
            else:
                out[...] = x.reshape(out.shape)
        if self.fill is not None and x.dtype.kind == "f":
            out[np.isnan(out)] = self.fill
        if self.divisor != 1:
            out /= np.float32(self.divisor)
        if self.shift != (0.0,) or self.scale != (1.0,):
            out -= np.asarray(self.shift, dtype=np.float32)
            out /= np.asarray(self.scale, dtype=np.float32)
            if lengths is not None:
                out[np.arange(self.shape[0]) >= lengths[:, None]] = 0
        return out

    def stays_bytes(self, x: Array | Rows) -> bool:
        """Whether the values stay bytes until a batch is made and divides them, which takes a quarter of the memory."""
        return x.dtype == np.uint8 and self.divisor != 1 and self.shift == (0.0,) and self.scale == (1.0,)

    def _look(self, x: Array | Rows, where: str, notes: list[str]) -> None:
        """Raises DataError for infinite values, and for missing ones unless they are filled, with a note."""
        infinite, missing, count = np.zeros(len(x), bool), np.zeros(len(x), bool), 0
        with np.errstate(over="ignore", invalid="ignore"):
            for first, block in blocks(x):
                values = block.reshape(len(block), -1).astype(np.float32, copy=False)
                if np.isfinite(values.sum()):  # one pass: a sum is not finite if a value is not
                    continue
                infinite[first : first + len(block)] = np.isinf(values).any(axis=1)
                nan = np.isnan(values)
                missing[first : first + len(block)] = nan.any(axis=1)
                count += int(np.count_nonzero(nan))
        if infinite.any():
            at = located(where, infinite)
            raise DataError(f"{at.rows}: a value is infinite or too large for float32", at.where, "fix the values")
        if not count:
            return
        if self.fill is None:
            at = located(where, missing)
            raise DataError(
                f"{count} {'value is' if count == 1 else 'values are'} missing, NaN ({at.rows})",
                at.where,
                "set under dataset: `missing: zero` to fill them, or `missing: drop` to leave out the rows",
            )
        counted = "missing value is" if count == 1 else "missing values are"
        notes.append(f"{where}: {count} {counted} taken as {self.fill:g}")

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "shape": list(self.shape), "shift": list(self.shift), "scale": list(self.scale)}


def input_from_json(value: Mapping[str, Any]) -> TableInput | TextInput | ArrayInput:
    if "text" in value:
        return TextInput(**{**value["text"], "words": tuple(value["text"]["words"])})
    if "columns" in value:
        return TableInput(tuple(map(feature_from_json, value["columns"])), tuple(value["shape"]))
    fields: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in value.items()}
    return ArrayInput(**fields)


def check_numbers(x: Array | Rows, where: str) -> None:
    if x.dtype.kind == "U":
        raise DataError("holds text, but an input must be numbers", where, "save numbers")


def fit_shape(wanted: tuple[int | None, ...] | None, found: Shape, where: str, what: str) -> Shape:
    """The shape of one row: `found`, or `wanted` if it has as many values (None: any length).

    Raises DataError if the two do not agree.
    """
    if wanted is None or wanted == found:
        return found
    if None in wanted:
        if len(wanted) == len(found) and all(w is None or w == f for w, f in zip(wanted, found, strict=True)):
            return found
    elif prod(sizes := [int(size) for size in wanted if size is not None]) == prod(found):
        return tuple(sizes)
    raise DataError(
        f"the input's shape is {list(wanted)}, but {what} shape {list(found)}",
        where,
        f"write `shape: {list(found)}`, or remove it",
    )


def fit_array(plain: ArrayInput, arrays: Arrays, rows: Array, normalize: str) -> ArrayInput:
    """The input with shift and scale fitted on the rows `rows`.

    normalize: per feature for rows with one axis, and for (steps, features) with lengths, over the real steps;
    otherwise over all values.
    """
    if normalize == "none":
        return plain
    x = arrays[plain.array]
    lengths = None if plain.lengths is None else arrays[plain.lengths][rows]
    if isinstance(x, Rows):
        with np.errstate(all="ignore"):  # missing and infinite values are errors or notes of `transform`
            shift, scale, span = _spread(plain.encoded(x.select(rows), lengths), lengths, normalize)
    else:
        x = plain.transform(x[rows], arrays.where(plain.array, rows), []).astype(np.float64)
        axes = 0 if len(plain.shape) == 1 else None
        if lengths is not None:
            x = x[np.arange(plain.shape[0]) < lengths[:, None]]  # (real steps, features)
            axes = 0 if x.ndim == 2 else None
        span = np.ptp(x, axis=axes)
        shift, scale = (x.mean(axis=axes), x.std(axis=axes)) if normalize == "standard" else (x.min(axis=axes), span)
    scale = np.where(span == 0, 1.0, scale)
    return replace(plain, shift=tuple(np.atleast_1d(shift).tolist()), scale=tuple(np.atleast_1d(scale).tolist()))


def _spread(x: Rows, lengths: Array | None, normalize: str) -> tuple[Array, Array, Array]:
    """Shift, scale, and largest minus smallest value, computed in blocks of rows."""
    axes = 0 if x.ndim == (2 if lengths is None else 3) else None
    total: Array | float
    low: Array | float
    high: Array | float

    def real() -> Iterator[Array]:
        for first, block in blocks(x):
            if lengths is not None:
                block = block[np.arange(x.shape[1]) < lengths[first : first + len(block), None]]
            yield block.astype(np.float64)

    def add_up(total: Array | float, block: Array) -> Array | float:
        if axes is None:
            so_far: Array | float = total + block.sum()
            return so_far
        if len(block):
            block[0] += total  # so that rows are added in the same order as in one sum over all of them
            return np.asarray(block.sum(axis=0))
        return total

    count, total, low, high = 0, 0.0, np.inf, -np.inf
    for block in real():
        count += block.size if axes is None else len(block)
        low, high = np.minimum(low, block.min(axis=axes)), np.maximum(high, block.max(axis=axes))
        total = add_up(total, block)
    if normalize != "standard":
        return np.asarray(low), np.asarray(high - low), np.asarray(high - low)
    mean = total / count
    squares: Array | float = 0.0
    for block in real():
        block -= mean
        squares = add_up(squares, np.square(block, out=block))
    return np.asarray(mean), np.sqrt(squares / count), np.asarray(high - low)
