"""How a report shows single rows: by their names, raw values and texts, and as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.data import Preprocessing
from nnctl.data.load_sample import SampledRows
from nnctl.data.named_arrays import Arrays
from nnctl.data.preprocessing.inputs import ArrayInput
from nnctl.data.preprocessing.text import TextInput
from nnctl.data.readers.text_files import are_texts, text_names
from nnctl.data.table import Column, Table, date_word, number_word, time_word
from nnctl.reports.findings.pictures import data_uri, gray, side_of_square

Array = np.ndarray
MOST_COLUMNS, LONGEST = 40, 200  # columns of a row, and letters of a value, that are shown
_WORDS = {"date": date_word, "time": time_word, "number": number_word}


class ShownRows:
    """Shows rows of a sample, by their place in it. sequential: the model reads inputs with two axes as time steps."""

    def __init__(self, sample: SampledRows, preprocessing: Preprocessing, sequential: bool = False):
        self._sample, self._preprocessing, self._sequential = sample, preprocessing, sequential

    def name(self, place: int) -> str:
        """What messages call the row; one of several files, `b.csv:17`; a text, its file."""
        raw, names = self._sample.raw, self._sample.split.names
        if isinstance(raw, Table) and raw.origin and len(raw.origin.files) > 1:
            if are_texts(raw):
                return text_names(raw.take(np.array([place])))[0]
            return f"{Path(raw.origin.files[raw.origin.file[place]]).name}:{raw.origin.number[place]}"
        return str(place + 1) if names is None else str(names[place])

    def values(self, place: int) -> dict[str, str] | None:
        """The raw values of the features by column, without the one that `text` shows; None for arrays and for
        sequences."""
        raw = self._sample.raw
        if not isinstance(raw, Table):
            return None
        shown = [name for name in self._preprocessing.features if name not in self._texts[:1]]
        return {name: _written(raw[name], place) for name in shown[:MOST_COLUMNS]}

    def text(self, place: int) -> str | None:
        """The text that the row holds, if the model reads one."""
        raw = self._sample.raw
        return _written(raw[self._texts[0]], place, 1000) if self._texts and isinstance(raw, Table) else None

    @cached_property
    def _texts(self) -> list[str]:
        """The columns that the model reads as texts."""
        return [entry.column for entry in self._preprocessing.inputs.values() if isinstance(entry, TextInput)]

    def picture(self, place: int) -> str | None:
        """The inputs that are pictures, side by side, as a PNG data URI; None if there is none."""
        found = [self._pixels(name, entry, place) for name, entry in self._preprocessing.array_inputs.items()]
        pictures = [pixels for pixels in found if pixels is not None]
        return data_uri(side_by_side(pictures)) if pictures else None

    def _pixels(self, name: str, entry: ArrayInput, place: int) -> Array | None:
        raw = self._sample.raw
        assert isinstance(raw, Arrays)
        shape = picture_shape(entry, self._sequential)
        if shape is None:
            return None
        x = np.asarray(raw.arrays[entry.array][place : place + 1])[0]
        if self._sequential and x.ndim == 2:
            steps = self._sample.split.lengths.get(name)
            return gray(x[: None if steps is None else int(steps[place])].T, *self._range[entry.array])
        return gray(x.reshape(shape), *self._range[entry.array])

    @cached_property
    def _range(self) -> dict[str, tuple[float, float]]:
        """By array, the values that are black and white."""
        raw = self._sample.raw
        found: dict[str, tuple[float, float]] = {}
        assert isinstance(raw, Arrays)
        for entry in self._preprocessing.array_inputs.values():
            x = np.asarray(raw.arrays[entry.array][:1000])
            found[entry.array] = (0.0, entry.divisor) if entry.divisor != 1 else extent(x)
        return found


def side_by_side(pictures: Sequence[Array]) -> Array:
    """Pictures of one height in one picture, with a gray line between them; of different heights, the first one."""
    if len({(each.shape[0], each.ndim) for each in pictures}) > 1 or len(pictures) == 1:
        return pictures[0]
    line = np.full((pictures[0].shape[0], 1, *pictures[0].shape[2:]), 128, np.uint8)
    parts = [part for each in pictures for part in (line, each)]
    return np.concatenate(parts[1:], axis=1)


def extent(x: Array) -> tuple[float, float]:
    """The smallest and the largest finite number, (0, 1) if there is none."""
    finite = x[np.isfinite(x)] if x.dtype.kind == "f" else x
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def picture_shape(entry: ArrayInput, sequential: bool) -> tuple[int, ...] | None:
    """The shape in which a row of an input is shown as a picture, (height, width) or (height, width, 3); None if it is
    none. Flat rows of pixels are shown as a square."""
    shape = entry.shape
    if len(shape) == 3 and shape[2] in (1, 3):
        return shape[:2] if shape[2] == 1 else shape
    if len(shape) == 2 and min(shape) >= 4:
        return shape
    if len(shape) == 2 and sequential:
        return None
    side = side_of_square(shape[0]) if len(shape) == 1 and entry.divisor != 1 else None
    return (side, side) if side else None


def _written(column: Column, place: int, most: int = LONGEST) -> str:
    """A value as the file has it, as far as that is known; "" if it is missing."""
    value: Any = column.value(place)
    if value is None:
        return ""
    text = value if isinstance(value, str) else _WORDS.get(column.kind, str)(value)
    return text if len(text) <= most else text[: most - 1] + "…"
