"""Features and targets standardized by weighted means, so that a sample's weight means the same as repeating it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nnctl.data.dataset import Dataset, Split
from nnctl.data.named_arrays import Arrays
from nnctl.data.readers.in_memory import SOURCE
from nnctl.data.splits import split_of

Array = np.ndarray


def with_weighted_scaling(data: Dataset, normalize: Any, X: Array, y: Array, weights: Array) -> Dataset:
    """The data, loaded from the arrays x and y, as they are if the standardization counts each training sample by its
    weight. normalize: of the config's `dataset`."""
    rules = normalize if isinstance(normalize, Mapping) else {"x": normalize}
    train = _rows(data.train)
    [(input_name, entry)] = data.preprocessing.array_inputs.items()
    [(output, coder)] = data.preprocessing.targets.items()
    if rules.get("x") == "standard":
        x = X[train].astype(np.float32).reshape(len(train), *entry.shape)
        shift, scale = _moments(x, weights[train], each=len(entry.shape) == 1)
        entry = replace(entry, shift=shift, scale=scale)
    if rules.get("y") == "standard":
        shift, scale = _moments(y[train].reshape(len(train), -1), weights[train], each=True)
        coder = replace(coder, shift=shift, scale=scale)
    fitted = replace(data.preprocessing, inputs={input_name: entry}, targets={output: coder})
    whole = fitted.transform(Arrays({"x": X, "y": y, "w": weights}, SOURCE), True, [])
    splits = {name: split_of(whole, _rows(split)) for name, split in data.splits.items()}
    return replace(data, train=splits["train"], validation=splits.get("validation"), test=splits.get("test"),
                   targets={output: coder.target}, preprocessing=fitted)  # fmt: skip


def _rows(split: Split) -> Array:
    """The rows of the arrays that a split has."""
    rows: Array = np.asarray(split.names) - 1
    return rows


def _moments(values: Array, weights: Array, each: bool) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation, of each column or of all values; 1 for a standard deviation of 0."""
    flat = values.astype(np.float64).reshape(len(values), -1)
    mean = np.average(flat, axis=0, weights=weights) if each else np.average(flat.mean(axis=1), weights=weights)
    squares = np.square(flat - mean)
    variance = np.average(squares if each else squares.mean(axis=1), axis=0, weights=weights)
    deviation = np.where(np.ptp(flat, axis=0 if each else None) == 0, 1.0, np.sqrt(variance))
    return tuple(np.atleast_1d(mean).tolist()), tuple(np.atleast_1d(deviation).tolist())
