"""Permutation importance: how much worse the model becomes when one column no longer tells anything.

The values of a column are shuffled over the rows, which keeps their distribution and breaks what they tell about the
target. A column's encoding depends on this column alone, so that shuffling its encoded values is the same as shuffling
the column and encoding it again. Source: Breiman 2001; Fisher, Rudin and Dominici 2019.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nnctl.data import Preprocessing
from nnctl.data.dataset import Split
from nnctl.data.preprocessing.inputs import TableInput
from nnctl.engine.cost_model import multiply_adds
from nnctl.reports.findings.document import ColumnImportance, Importance, Kind
from nnctl.reports.findings.evaluation import bigger_metrics, leading_metric
from nnctl.reports.findings.thinning import number
from nnctl.training.batching import cast
from nnctl.training.model import Model

Array = np.ndarray
MOST_ROWS, FEWEST_ROWS, MOST_COLUMNS, MOST_SHOWN = 2000, 50, 200, 50
WORK = 4e9  # multiply-adds that all of it may take


def importance_of(model: Model, preprocessing: Preprocessing, split: Split, kinds: Sequence[Kind] = (),
                  seed: int = 0) -> Importance | None:  # fmt: skip
    """Of the columns of a table, on the first rows of a split; None for arrays, for a single column, and
    where it would take too long. kinds: what the outputs predict."""
    places = encoded_places(preprocessing)
    cost = max(1, multiply_adds(model.program)) * len(places)
    if not 2 <= len(places) <= MOST_COLUMNS or cost * FEWEST_ROWS > WORK:
        return None
    rows = int(min(split.rows, MOST_ROWS, max(FEWEST_ROWS, WORK / (2 * cost))))
    repeats = 5 if cost * rows * 5 < WORK and len(places) <= 20 else 2
    some = cast(_first(split, rows), model.program.dtype)
    # of several outputs none leads: a column matters if it matters to any of them
    metric = leading_metric(model.metric_names, kinds) if len(model.spec.outputs) == 1 else "loss"
    sign = 1.0 if metric in bigger_metrics(model) else -1.0
    score = model.compute_metrics(some)[metric]
    rng = np.random.default_rng(seed)
    by_step = preprocessing.dataset.sequence is not None
    found: list[ColumnImportance] = []
    for column, where in places.items():
        worse = [
            sign * (score - model.compute_metrics(shuffled(some, where, rng, by_step))[metric]) for _ in range(repeats)
        ]
        found.append({"column": column, "mean": float(number(np.mean(worse)) or 0),
                      "std": float(number(np.std(worse)) or 0)})  # fmt: skip
    found.sort(key=lambda each: -each["mean"])
    return {"metric": metric, "score": number(score), "rows": rows, "repeats": repeats, "columns": found[:MOST_SHOWN],
            "all_columns": len(found), "unused_columns": sum(each["mean"] <= 0 for each in found)}  # fmt: skip


def encoded_places(preprocessing: Preprocessing) -> dict[str, list[tuple[str, slice]]]:
    """By raw column, where its encoding is: (input, slice of its last axis)."""
    places: dict[str, list[tuple[str, slice]]] = {}
    for name, entry in preprocessing.table_inputs.items():
        if not isinstance(entry, TableInput):
            places.setdefault(entry.column, []).append((name, slice(None)))
            continue
        at = 0
        for feature in entry.features:
            places.setdefault(feature.name, []).append((name, slice(at, at + feature.width)))
            at += feature.width
    return places


def _first(split: Split, rows: int) -> Split:
    return Split(
        {name: np.asarray(x[:rows]) for name, x in split.inputs.items()},
        {name: np.asarray(y[:rows]) for name, y in split.targets.items()},
        None if split.weights is None else split.weights[:rows],
        {name: lengths[:rows] for name, lengths in split.lengths.items()},
        None if split.names is None else split.names[:rows],
        split.divisors,
    )


def shuffled(split: Split, places: list[tuple[str, slice]], rng: np.random.Generator, by_step: bool = False) -> Split:
    """The split with the values at these places shuffled over the rows, in all inputs in the same way; by_step: over
    the time steps of all rows, but for padding."""
    inputs: dict[str, Array] = {name: np.asarray(x) for name, x in split.inputs.items()}
    order = rng.permutation(split.rows)
    for name, where in places:
        x = inputs[name] = inputs[name].copy()
        if not by_step:
            flat = x.reshape(len(x), -1)  # a view
            flat[:, where] = flat[order][:, where]
            continue
        steps = split.lengths.get(name)
        real = np.ones(x.shape[:2], bool) if steps is None else np.arange(x.shape[1]) < steps[:, None]
        values = x[real]
        values[:, where] = values[rng.permutation(len(values))][:, where]
        x[real] = values
    return replace(split, inputs=inputs)


def leads(importance: Importance) -> Mapping[str, float]:
    """By column, its share of the sum of all that make the model worse."""
    gains = {each["column"]: max(0.0, each["mean"]) for each in importance["columns"]}
    total = sum(gains.values())
    return {column: gain / total for column, gain in gains.items()} if total else {}
