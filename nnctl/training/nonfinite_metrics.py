"""The note on metrics that are NaN or infinite: which they are, and for which rows the predictions are not finite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnctl.counted import counted
from nnctl.data.dataset import Split
from nnctl.training.batching import batches_in_order
from nnctl.training.model import Model

if TYPE_CHECKING:
    from nnctl.training.loop import Loop

MOST_ROWS = 5  # in a note


def say_which_are_not_finite(loop: Loop, metrics: Mapping[str, float]) -> None:
    """Once a run: in the first epoch with a metric that is NaN or infinite. metrics: of the epoch that has ended."""
    earlier = (value for epoch in loop.history[:-1] for value in epoch.values())
    if all(map(math.isfinite, metrics.values())) or not all(map(math.isfinite, earlier)):
        return
    validation = loop.data.validation
    split, what = (validation, "validation") if validation else (loop.train_split, "training")
    note = nonfinite_note(loop.model, split, metrics, what)
    loop.say(f"epoch {loop.epoch}: {note}. An epoch in which {loop.best.monitor} is not finite is never the best")


def nonfinite_note(model: Model, split: Split, metrics: Mapping[str, float], what: str) -> str | None:
    """A line about the metrics of a split that are not finite, or None if all are. what: the split's name."""
    wrong = [name for name, value in metrics.items() if not math.isfinite(value)]
    if not wrong:
        return None
    listed = wrong[0] if len(wrong) == 1 else f"{', '.join(wrong[:-1])} and {wrong[-1]}"
    values = " and ".join(dict.fromkeys("NaN" if math.isnan(metrics[name]) else "infinite" for name in wrong))
    text = f"{listed} {'is' if len(wrong) == 1 else 'are'} {values}"
    rows = _rows_not_finite(model, split)
    if len(rows):
        named = rows + 1 if split.names is None else split.names[rows]
        listed = ", ".join(map(str, named[:MOST_ROWS].tolist())) + (", ..." if len(rows) > MOST_ROWS else "")
        text += (f": the model's predictions for {len(rows)} of {counted(split.rows, f'{what} row')} are not finite "
                 f"({'row' if len(rows) == 1 else 'rows'} {listed})")  # fmt: skip
    return text


def _rows_not_finite(model: Model, split: Split) -> np.ndarray:
    """Numbers of the rows that have a prediction, of a time step that is not padding, that is not finite."""
    found = []
    for batch in batches_in_order(split):
        result = model.executor.evaluate(batch)
        bad = np.zeros(batch.rows, bool)
        for output, p in result.outputs.items():
            wrong = ~np.isfinite(p)
            if (mask := result.masks.get(output)) is not None:
                wrong &= mask.reshape(mask.shape + (1,) * (p.ndim - mask.ndim))
            bad |= wrong.reshape(len(p), -1).any(axis=1)
        found.append(bad)
    return np.flatnonzero(np.concatenate(found))
