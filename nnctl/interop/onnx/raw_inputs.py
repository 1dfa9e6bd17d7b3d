"""Raw values as inputs of the ONNX model: columns and arrays as they are in files, preprocessed inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from nnctl.data import Preprocessing
from nnctl.data.columns.column_format import NULLS
from nnctl.data.columns.number_formats import PLAIN
from nnctl.data.preprocessing.features import MISSING, RARE, Category, Number
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput
from nnctl.data.preprocessing.text import TextInput
from nnctl.data.table import number_word
from nnctl.interop.onnx.builder import ML, Array, Builder, Tensor

Entry = TableInput | TextInput | ArrayInput


def stands_in_the_way(entry: Entry) -> str | None:
    """What of an input's preprocessing ONNX cannot express, in words; None if it can express all of it."""
    if isinstance(entry, TextInput):
        return f'column "{entry.column}" holds texts, which ONNX cannot split into words'
    return None


def table_input(b: Builder, preprocessing: Preprocessing, entry: TableInput, lengths: str | None) -> str:
    """An input of columns: (batch, *entry.shape) float32 of a raw tensor for each column.

    A column is (batch, 1), or (batch, steps) with lengths: numbers as float32, NaN if missing; words as strings.
    """
    parts, missing = [], _missing_words(preprocessing)
    for numbers, group in groupby(entry.features, lambda feature: isinstance(feature, Number)):
        features: list[Any] = list(group)
        columns = [_column(b, feature, None if lengths is None else entry.shape[0]) for feature in features]
        b.scope = f"preprocessing/{features[0].name}"
        if numbers:
            parts.append(_numbers(b, features, columns, missing))
        else:
            parts += [_category(b, feature, x, missing) for feature, x in zip(features, columns, strict=True)]
    b.scope = "preprocessing"
    joined = parts[0] if len(parts) == 1 else b.add("Concat", *parts, axis=-1)
    if lengths is not None:
        joined = zero_padding(b, joined, 3, lengths, entry.shape[0])
    return joined if len(entry.shape) == (1 if lengths is None else 2) else b.reshape(joined, [-1, *entry.shape])


def _column(b: Builder, feature: Any, steps: int | None) -> str:
    """The raw tensor of a column, (batch, 1), or (batch, steps, 1)."""
    if feature.name not in b.inputs:
        kind = "FLOAT" if takes_numbers(feature) else "STRING"
        b.input(feature.name, kind, [1 if steps is None else steps], column_doc(feature))
    b.scope = f"preprocessing/{feature.name}"
    return feature.name if steps is None else b.add("Unsqueeze", feature.name, [-1])


def column_doc(feature: Any) -> str:
    """What an input holds, for the file's own documentation."""
    if isinstance(feature, Number):
        filled = "" if feature.fill is None else f"; NaN counts as {feature.fill:g} ({feature.rule} in training)"
        return f"a number{filled}"
    words = [word for word in feature.words if word not in (MISSING, RARE)]
    shown = ", ".join(words[:10]) + (", ..." if len(words) > 10 else "")
    return f"one of {len(words)} categories: {shown}; any other value counts as none of them"


def takes_numbers(feature: Any) -> bool:
    """Whether a column's raw values are numbers: also categories that are, such as 1, 2 and 3."""
    if isinstance(feature, Number):
        return True
    words = [word for word in (*feature.words, *feature.rare) if word not in (MISSING, RARE)]
    return all(_is_number(word) for word in words) and len({np.float32(word) for word in words}) == len(words)


def _is_number(word: str) -> bool:
    try:
        return number_word(float(word)) == word
    except (ValueError, OverflowError):
        return False


def _missing_words(preprocessing: Preprocessing) -> Sequence[str]:
    return NULLS if preprocessing.rules.missing is None else preprocessing.rules.missing


def _is_missing(b: Builder, x: str, missing: Sequence[str]) -> str:
    """Whether a number is missing: NaN, or one that the config counts as missing, such as -999."""
    found = b.add("IsNaN", x)
    for word in filter(PLAIN.fullmatch, missing):
        found = b.add("Or", found, b.add("Equal", x, float(word)))
    return found


def _numbers(b: Builder, features: Sequence[Any], columns: Sequence[str], missing: Sequence[str]) -> str:
    """Columns of numbers side by side: filled, shifted and scaled at once."""

    def of_each(values: Iterable[float | None]) -> Array:
        return np.array([np.nan if value is None else value for value in values], np.float32)

    x = columns[0] if len(columns) == 1 else b.add("Concat", *columns, axis=-1)
    fill = of_each(feature.fill for feature in features)
    if not np.isnan(fill).all():
        x = b.add("Where", _is_missing(b, x, missing), fill, x)
    shift, scale = of_each(feature.shift for feature in features), of_each(feature.scale for feature in features)
    if shift.any():
        x = b.add("Sub", x, shift)
    return x if (scale == 1).all() else b.add("Div", x, scale)


def _category(b: Builder, feature: Category, x: str, missing: Sequence[str]) -> str:
    place = {word: at for at, word in enumerate(feature.words) if word not in (MISSING, RARE)}
    place |= {word: feature.words.index(RARE) for word in feature.rare}
    nowhere = feature.words.index(MISSING) if MISSING in feature.words else -1
    keys: dict[str, Any]
    if takes_numbers(feature):
        keys = {"keys_floats": [float(word) for word in place]}
        values = list(place.values())
    else:
        place |= {word: nowhere for word in missing if word not in place}
        keys, values = {"keys_strings": list(place)}, list(place.values())
    [code] = b.several("LabelEncoder", x, outputs=1, domain=ML, **keys, values_int64s=values, default_int64=-1)
    if takes_numbers(feature) and nowhere >= 0:
        code = b.add("Where", _is_missing(b, x, missing), np.int64(nowhere), code)
    if feature.encode == "integer":
        return b.cast(b.add("Add", code, np.int64(1)), "FLOAT")
    return b.cast(b.add("Equal", code, np.arange(feature.width, dtype=np.int64)), "FLOAT")


def array_input(b: Builder, entry: ArrayInput, x: str, kind: str, lengths: str | None) -> str:
    """(batch, *entry.shape) of a raw array: x / divisor, missing values filled, shifted and scaled."""
    b.scope = f"preprocessing/{entry.array}"
    if kind == "UINT8":
        x = b.cast(x, "FLOAT")
    elif kind == "FLOAT" and entry.fill is not None:
        x = b.add("Where", b.add("IsNaN", x), float(entry.fill), x)
    if entry.divisor != 1:
        x = b.add("Div", x, float(entry.divisor))
    if entry.shift != (0.0,):
        x = b.add("Sub", x, np.array(entry.shift, np.float32))
    if entry.scale != (1.0,):
        x = b.add("Div", x, np.array(entry.scale, np.float32))
    if lengths is None:
        return x
    zero: float | np.int64 = np.int64(0) if kind == "INT64" else 0.0
    return zero_padding(b, x, len(entry.shape) + 1, lengths, entry.shape[0], zero)


def zero_padding(b: Builder, x: str, rank: int, lengths: str, steps: int, zero: float | np.int64 = 0.0) -> str:
    """x with zeros at the steps beyond each row's length, whatever was there."""
    real = real_steps(b, lengths, steps)
    if rank > 2:
        real = b.add("Unsqueeze", real, list(range(2, rank)))
    return b.add("Where", real, x, zero)


def real_steps(b: Builder, lengths: str, steps: int) -> str:
    """(batch, steps) bool from the lengths (batch,) int64."""
    return b.add("Less", np.arange(steps, dtype=np.int64), b.add("Unsqueeze", lengths, [1]))


def lengths_of(preprocessing: Preprocessing) -> dict[str, str]:
    """Input -> the raw tensor with the number of time steps of each row, for inputs of sequences."""
    if preprocessing.dataset.sequence is not None:
        free = "lengths" if "lengths" not in preprocessing.features else "sequence_lengths"
        return dict.fromkeys(preprocessing.inputs, free)
    return {name: entry.lengths for name, entry in preprocessing.array_inputs.items() if entry.lengths is not None}


def masked(tensor: Tensor, lengths: Mapping[str, str], name: str, b: Builder) -> Tensor:
    """The tensor with the mask that its lengths make, if it has any."""
    if name not in lengths:
        return tensor
    b.scope = f"preprocessing/{name}"
    assert tensor.shape[0] is not None  # sequences in files are padded to one length
    return Tensor(tensor.name, tensor.shape, real_steps(b, lengths[name], tensor.shape[0]))


def examples(preprocessing: Preprocessing) -> dict[str, str | float]:
    """A value of each column that a training row could have."""
    found: dict[str, str | float] = {}
    for entry in preprocessing.inputs.values():
        for feature in entry.features if isinstance(entry, TableInput) else ():
            if isinstance(feature, Number):
                found[feature.name] = float(f"{feature.shift:.3g}")
            elif isinstance(feature, Category):
                word = next((word for word in feature.words if word not in (MISSING, RARE)), "0")
                found[feature.name] = float(word) if takes_numbers(feature) else word
    return found
