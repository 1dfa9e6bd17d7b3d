"""Features fitted on the training rows: the scale of numbers, the words of categories, the values for missing ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nnctl.counted import counted
from nnctl.data.columns.number_formats import PLAIN
from nnctl.data.config import DatasetSpec
from nnctl.data.preprocessing.features import MISSING, RARE, Category, Encode, Feature, Number, number_column
from nnctl.data.table import Array, Table, listing
from nnctl.errors import DataError
from nnctl.quoting import yaml_list

_FILLS: Mapping[str, Callable[[Array], float]] = {"mean": np.mean, "median": np.median, "zero": lambda _: 0.0}
_MOST_CATEGORIES = 1000  # with more, one-hot columns would fill the memory with zeros


def fit_features(dataset: DatasetSpec, table: Table, columns: Sequence[tuple[str, str]], train: Array,
                 notes: list[str]) -> tuple[Feature, ...]:  # fmt: skip
    """Columns fitted on the rows `train`. columns: (name, "number" or "category")."""
    names = [name for name, _ in columns]
    missing = _by_column(dataset.missing, names, "error")
    normalize = _by_column(dataset.normalize, names, "standard")
    return tuple(
        fit_category(table, name, train, missing[name], dataset.encode, dataset.rare, notes) if take == "category"
        else fit_number(table, name, train, missing[name], normalize[name])
        for name, take in columns
    )  # fmt: skip


def _by_column(rules: str | Mapping[str, str] | None, names: Sequence[str], default: str) -> dict[str, str]:
    """The rule of each column, from one rule for all or from rules by column."""
    if isinstance(rules, Mapping):
        return {name: rules.get(name, default) for name in names}
    return dict.fromkeys(names, rules or default)


def fit_number(table: Table, name: str, train: Array, missing: str, normalize: str) -> Number:
    """A Number whose fill, shift and scale are computed from the rows `train` alone.

    missing: "error", "drop", "mean", "median" or "zero". normalize: "standard": (x - mean) / standard deviation;
    "minmax": (x - min) / (max - min); "none". A constant column keeps the scale 1.
    """
    column = number_column(table, name)
    x = column.values[train]
    x = x[~np.isnan(x)]
    if not len(x):
        raise DataError(
            "no training row has a value", table.where(name), f"ignore the column: `ignore: {yaml_list([name])}`"
        )
    fill = float(_FILLS[missing](x)) if missing in _FILLS else None
    shift, scale = 0.0, 1.0
    low, high = float(x.min()), float(x.max())
    if normalize == "standard":
        shift, scale = float(x.mean()), float(x.std())
    elif normalize == "minmax":
        shift, scale = low, high - low
    if low == high or not scale:
        scale = 1.0
    return Number(name, fill, missing, shift, scale)


def fit_category(table: Table, name: str, train: Array, missing: str, encode: Encode, rare: int,
                 notes: list[str]) -> Category:  # fmt: skip
    """A Category with the words of the rows `train`; those that occur fewer than `rare` times become "(rare)"."""
    column = table[name].as_text()
    codes = column.values[train]
    seen, counts = np.unique(codes[codes >= 0], return_counts=True)
    few = {column.words[code] for code, count in zip(seen, counts, strict=True) if count < rare}
    words = [column.words[code] for code in seen if column.words[code] not in few]
    words = sorted(words, key=float if all(map(PLAIN.fullmatch, words)) else None)
    if few:
        notes.append(
            f'column "{name}": {counted(len(few), "category", "categories")} with fewer than {rare} training rows'
            f' {"is" if len(few) == 1 else "are"} combined as "{RARE}" ({listing(sorted(few), 3)})'
        )
        words.append(RARE)
    fills = missing not in ("error", "drop")
    if fills and column.missing[train].any():
        words.append(MISSING)
    if not words:
        raise DataError(
            "no training row has a value", table.where(name), f"ignore the column: `ignore: {yaml_list([name])}`"
        )
    if encode == "onehot" and len(words) > _MOST_CATEGORIES:
        raise DataError(
            f"{len(words):,} categories are too many for one-hot columns",
            table.where(name),
            f"use `ignore: {yaml_list([name])}`, `rare: 10` to combine rare ones, or `encode: integer` with an"
            " Embedding layer",
        )
    return Category(name, tuple(words), encode, fills, tuple(sorted(few)))
