"""The trivial baseline: what always guessing the same would score. A model is worth what it beats this by."""

from __future__ import annotations

import numpy as np

from nnctl.data.parts import Data, Part
from nnctl.engine.executor import BatchResult
from nnctl.training.model import Model, Running, take

Array = np.ndarray


def baseline(model: Model, data: Data) -> dict[str, float]:
    """Figures, on the validation part (else test, else training), of predicting for every row the training
    part's class frequencies (so its majority class) or its mean."""
    part = data.validation or data.test or data.train
    outputs, losses = {}, {}
    batch = take(part, slice(None))
    total = 0.0
    for objective in model.executor.objectives:
        output = objective.head.name
        guess = _guess(model, data.train, output)
        p = np.broadcast_to(guess, (part.rows, *guess.shape)).astype(model.program.dtype)
        each = objective.loss.forward(batch.targets[output], p)[0]
        outputs[output] = p
        losses[output] = float(np.mean(each if batch.weights is None else each * batch.weights))
        total += objective.weight * losses[output]
    running = Running(model)
    running.add(batch, BatchResult(total, losses, outputs))
    return running.figures()


def _guess(model: Model, train: Part, output: str) -> Array:
    """The one prediction that is made for every row, of the output's shape."""
    y = train.targets[output]
    loss = model.spec.losses[output]
    if loss.labels == "integer":
        classes = model.graph.shapes[output][-1]
        mean = np.bincount(y.ravel(), minlength=classes) / y.size
    else:
        mean = y.mean(axis=0)
    if getattr(loss, "from_logits", False):
        mean = np.clip(mean, 1e-7, 1 - 1e-7)
        mean = np.log(mean / (1 - mean)) if loss.labels == "binary" else np.log(mean)
    return mean
