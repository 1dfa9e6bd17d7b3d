"""The trivial baseline: what always guessing the same would score. A model is worth what it beats this by."""

from __future__ import annotations

import numpy as np

from nnctl.data.parts import Data, Part
from nnctl.engine.executor import BatchResult
from nnctl.engine.shard import Batch
from nnctl.losses import Loss
from nnctl.training.model import Model, Running, take

Array = np.ndarray


def baseline(model: Model, data: Data) -> dict[str, float]:
    """Figures, on the validation part (else test, else training), of predicting for every row, at every time step, the
    training part's class frequencies (so its majority class) or its mean.

    Of label sequences it is the frequency of each label among the time steps, the rest being the blank: the text
    that is read is the empty one (or one label, where there are more labels than blanks)."""
    part = data.validation or data.test or data.train
    batch = take(part, slice(None))
    masks = model.predict(part)[1] if part.lengths else {}
    outputs, losses = {}, {}
    total = 0.0
    for objective in model.executor.objectives:
        output = objective.head.name
        mask = masks.get(output)
        p = _guesses(model, data.train, part, output).astype(model.program.dtype)
        outputs[output] = p
        losses[output] = _loss(objective.loss, batch, output, p, mask)
        total += objective.weight * losses[output]
    running = Running(model)
    running.add(batch, BatchResult(total, losses, outputs, masks))
    return running.figures()


def _loss(loss: Loss, batch: Batch, output: str, p: Array, mask: Array | None) -> float:
    """As the executor sums it: over the rows, or over the steps that are no padding."""
    y, weights = batch.targets[output], batch.weights
    if loss.wants_lengths:
        each = loss.forward(y, np.log(p), None if mask is None else np.count_nonzero(mask, axis=1))[0]
        mask = None
    else:
        each = loss.forward(y, p)[0]
    if weights is not None:
        each = each * weights.reshape(-1, *[1] * (each.ndim - 1))
    if mask is not None and mask.shape == each.shape:
        return float(np.sum(each * mask) / max(1, np.count_nonzero(mask)))
    return float(np.mean(each))


def _guesses(model: Model, train: Part, part: Part, output: str) -> Array:
    """The one prediction for every row, of the output's shape, as often as there are rows."""
    y = train.targets[output]
    loss, shape = model.spec.losses[output], model.graph.shapes[output]
    classes = shape[-1]
    if loss.labels == "sequence":
        steps = model.executor.predict(take(part, slice(0, 1))).outputs[output].shape[1]
        counts = np.bincount(y.ravel(), minlength=classes).astype(np.float64)
        counts[0] = max(y.shape[0] * steps - counts[1:].sum(), 1)
        return np.broadcast_to(_even(counts), (part.rows, steps, classes))
    if loss.labels == "integer":
        real = _real(train, y)
        mean = np.bincount(real, minlength=classes) / max(1, real.size)
        mean = np.broadcast_to(mean, (*part.targets[output].shape[1 : len(shape)], classes))
    else:
        mean = y.mean(axis=0)
    if loss.margins:
        # as sure of it as the loss asks for
        mean = np.where(mean > 0.5, 1, -1) if loss.labels == "binary" else np.eye(classes)[mean.argmax(axis=-1)]
    elif getattr(loss, "from_logits", False):
        mean = np.clip(mean, 1e-7, 1 - 1e-7)
        mean = np.log(mean / (1 - mean)) if loss.labels == "binary" else np.log(mean)
    return np.broadcast_to(mean, (part.rows, *mean.shape))


def _real(train: Part, y: Array) -> Array:
    """Class numbers of all rows, and of all time steps that are no padding, in one line."""
    for name, lengths in train.lengths.items():
        if y.ndim > 1 and train.inputs[name].shape[1] == y.shape[1]:
            return y[np.arange(y.shape[1]) < lengths[:, None]]
    return y.ravel()


def _even(counts: Array) -> Array:
    """Shares, none of them 0: a label that the training part lacks must not cost infinity."""
    return np.maximum(counts, 0.5) / np.maximum(counts, 0.5).sum()
