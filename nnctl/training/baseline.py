"""What metrics are compared with: the baseline, which predicts the same for every row and which a useful model beats,
and a perfect model, which predicts every target."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nnctl.data.dataset import Dataset, Split
from nnctl.data.lazy_array import Rows, blocks
from nnctl.engine.batch import Batch
from nnctl.engine.executor_base import BatchResult
from nnctl.nn.losses import Loss
from nnctl.training.batching import EVALUATED, batches_in_order, make_batch
from nnctl.training.metric_accumulator import MetricAccumulator
from nnctl.training.model import Model

Array = np.ndarray

MOST_ROWS = 20_000  # of the training split that its baseline is computed on
MOST_VALUES = 4_000_000  # predictions for these rows
FEWEST_ROWS = 512  # the most rows with padded time steps, for which the model may have to be run


def baselines(model: Model, data: Dataset) -> dict[str, dict[str, float]]:
    """By split, the metrics of predicting for every row and time step the class frequencies of the training split, and
    so its majority class, or the mean of its numbers. Those of a large training split are of some of its rows.

    For label sequences, what is predicted is the frequency of each label among the time steps, the rest being the
    blank: the text that is decoded is empty (or one label, if there are more labels than blanks).
    """
    splits = data.splits | {"train": _some_rows(model, data.train)}
    return {name: _baseline(model, data.train, split) for name, split in splits.items()}


def _some_rows(model: Model, train: Split) -> Split:
    """Rows that are spread evenly over a large training split, so that they take little time; all of a small one."""
    values = sum(math.prod(each or 1 for each in model.graph.shapes[name]) for name in train.targets)
    steps = max((y.shape[1] for y in train.targets.values() if y.ndim > 1), default=1)
    most = FEWEST_ROWS if train.lengths else max(FEWEST_ROWS, min(MOST_ROWS, MOST_VALUES // (values * steps)))
    if train.rows <= most:
        return train
    return _selected(train, np.linspace(0, train.rows - 1, most).astype(np.int64))


def _selected(split: Split, rows: Array) -> Split:
    return replace(
        split,
        inputs={name: (x if isinstance(x, Rows) else Rows.of(x)).select(rows) for name, x in split.inputs.items()},
        targets={name: y[rows] for name, y in split.targets.items()},
        weights=None if split.weights is None else split.weights[rows],
        lengths={name: lengths[rows] for name, lengths in split.lengths.items()},
        names=None,
    )


def _masks(model: Model, split: Split) -> dict[str, Array]:
    """By output, which time steps are real. Rows with the same numbers of time steps have the same masks, so that the
    model is run for one of them, unless a layer tells padding by its values."""
    if not split.lengths:
        return {}
    if any(node.layer.makes_mask for node in model.graph.nodes):
        return model.predict(split)[1]
    lengths = np.stack(list(split.lengths.values()), axis=1)
    _, first, same = np.unique(lengths, axis=0, return_index=True, return_inverse=True)
    masks = model.predict(_selected(split, first))[1]
    return {output: mask[same.reshape(-1)] for output, mask in masks.items()}  # NumPy 2.0 gives them two axes


def _baseline(model: Model, train: Split, split: Split) -> dict[str, float]:
    masks = _masks(model, split)
    guesses = {o.head.name: _guess(model, train, split, o.head.name) for o in model.executor.objectives}
    return _metrics(
        model, split, masks, lambda output, y: np.broadcast_to(guesses[output], (len(y), *guesses[output].shape))
    )


def perfect(model: Model, split: Split, masks: Mapping[str, Array]) -> dict[str, float]:
    """The metrics, on a split, of predicting every target exactly: the loss of targets that are fractions or counts is
    then not 0. Empty for label sequences, and for class numbers, of which it is. masks: of the outputs with padded time
    steps."""
    losses = model.spec.losses
    if any(loss.labels == "sequence" for loss in losses.values()) or all(map(_has_loss_0, losses.values())):
        return {}

    def exact(output: str, y: Array) -> Array:
        loss, shape = losses[output], model.graph.shapes[output]
        if loss.labels == "integer":
            numbers = y.reshape(len(y), *y.shape[1 : len(shape)], 1).astype(int)
            y = np.zeros((*numbers.shape[:-1], shape[-1] or 0), model.program.dtype)
            np.put_along_axis(y, numbers, 1, axis=-1)
        smoothing: float = getattr(loss, "label_smoothing", 0.0)  # with which the best prediction is not quite sure
        if smoothing:
            y = y * (1 - smoothing) + smoothing / (2 if loss.labels == "binary" else y.shape[-1])
        return np.asarray(_as_predicted(loss, y))

    return _metrics(model, split, masks, exact)


def _has_loss_0(loss: Loss) -> bool:
    """Whether exact predictions have the loss 0 for certain."""
    return loss.labels == "integer" and not getattr(loss, "label_smoothing", 0.0)


def _metrics(model: Model, split: Split, masks: Mapping[str, Array],
             predicted: Callable[[str, Array], Array]) -> dict[str, float]:  # fmt: skip
    """predicted: of an output and its targets (rows, ...), what is predicted for the rows."""
    metrics = MetricAccumulator(model)
    # a large target is read in blocks; others at once, since a loss is the mean over all steps that are not padding
    large = any(isinstance(y, Rows) for y in split.targets.values())
    for batch in batches_in_order(split, EVALUATED if large else split.rows):
        its_masks = {output: mask[metrics.rows : metrics.rows + batch.rows] for output, mask in masks.items()}
        metrics.add(batch, _result(model, batch, predicted, its_masks))
    return metrics.result()


def _result(model: Model, batch: Batch, predicted: Callable[[str, Array], Array],
            masks: dict[str, Array]) -> BatchResult:  # fmt: skip
    outputs, losses = {}, {}
    total = 0.0
    for objective in model.executor.objectives:
        output = objective.head.name
        p = predicted(output, np.asarray(batch.targets[output])).astype(model.program.dtype)
        outputs[output] = p
        losses[output] = _loss(objective.loss, batch, output, p, masks.get(output))
        total += objective.weight * losses[output]
    return BatchResult(total, losses, outputs, masks)


def _loss(loss: Loss, batch: Batch, output: str, p: Array, mask: Array | None) -> float:
    """Averaged as the executor does: over the rows, or over the steps that are not padding."""
    y, weights = batch.targets[output], batch.weights
    if loss.wants_lengths:
        forward: Callable[..., tuple[Array, Any]] = loss.forward  # such a loss takes the lengths as well
        each = forward(y, np.log(p), None if mask is None else np.count_nonzero(mask, axis=1))[0]
        mask = None
    else:
        each = loss.forward(y, p)[0]
    if weights is not None:
        each = each * weights.reshape(-1, *[1] * (each.ndim - 1))
    if mask is not None and mask.shape == each.shape:
        return float(np.sum(each * mask) / max(1, np.count_nonzero(mask)))
    return float(np.mean(each))


def _guess(model: Model, train: Split, split: Split, output: str) -> Array:
    """The one prediction for every row, of the output's shape."""
    y = train.targets[output]
    loss, shape = model.spec.losses[output], model.graph.shapes[output]
    classes = shape[-1] or 0  # a number: only those of time steps may be unknown before the data
    if loss.labels == "sequence":
        steps = model.executor.predict(make_batch(split, slice(0, 1))).outputs[output].shape[1]
        counts = np.bincount(np.asarray(y).ravel(), minlength=classes).astype(np.float64)
        counts[0] = max(y.shape[0] * steps - counts[1:].sum(), 1)
        return np.broadcast_to(_fractions(counts), (steps, classes))
    if loss.labels == "integer":
        counts = np.sum([np.bincount(real, minlength=classes) for real in _class_numbers(train, y)], axis=0)
        mean = np.broadcast_to(counts / max(1, counts.sum()), (*split.targets[output].shape[1 : len(shape)], classes))
    else:
        mean = _mean(train, y, by_step=len(shape) > 1)
    return np.asarray(_as_predicted(loss, mean))


def _as_predicted(loss: Loss, p: Any) -> Any:
    """Probabilities, or numbers, in the form in which a model with that loss predicts them."""
    if loss.margins:
        # as far from 0 as a hinge loss asks for
        return np.where(p > 0.5, 1, -1) if loss.labels == "binary" else np.eye(p.shape[-1])[p.argmax(axis=-1)]
    if loss.takes_logits:
        p = np.clip(p, 1e-7, 1 - 1e-7)
        return np.log(p / (1 - p)) if loss.labels == "binary" else np.log(p)
    return p


def _class_numbers(train: Split, y: Array | Rows) -> Iterator[Array]:
    """The class numbers of all rows, or of all time steps that are not padding, flat, a block of rows at a time."""
    lengths = _lengths(train, y)
    for first, block in blocks(y):
        yield block.ravel() if lengths is None else block[_real(lengths[first : first + len(block)], y.shape[1])]


def _mean(train: Split, y: Array | Rows, by_step: bool) -> Array:
    """The mean of the rows; at each time step, of the rows for which it is no padding, if there are any."""
    lengths = _lengths(train, y) if by_step else None
    if lengths is None:
        return np.asarray(sum(b.sum(axis=0) for _, b in blocks(y)) / len(y) if isinstance(y, Rows) else y.mean(axis=0))
    total, rows = np.zeros(y.shape[1:]), np.zeros((y.shape[1], *(1,) * (y.ndim - 2)))
    for first, block in blocks(y):
        real = _real(lengths[first : first + len(block)], y.shape[1]).reshape(len(block), *rows.shape)
        total += np.where(real, block, 0).sum(axis=0)
        rows += real.sum(axis=0)
    return np.where(rows > 0, total / np.maximum(rows, 1), total.sum(axis=0) / max(1, rows.sum()))


def _lengths(train: Split, y: Array | Rows) -> Array | None:
    """(rows,) the numbers of real time steps of a target with one for each step; None if there is no padding."""
    steps = y.shape[1] if y.ndim > 1 else 0
    found = (each for name, each in train.lengths.items() if steps and train.inputs[name].shape[1] == steps)
    return next(found, None)


def _real(lengths: Array, steps: int) -> Array:
    """(rows, steps) which time steps are no padding."""
    real: Array = np.arange(steps) < lengths[:, None]
    return real


def _fractions(counts: Array) -> Array:
    """The counts as fractions, none of them 0: a label that the training split lacks must not cost infinity."""
    fractions: Array = np.maximum(counts, 0.5) / np.maximum(counts, 0.5).sum()
    return fractions
