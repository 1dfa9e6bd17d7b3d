"""Loss and metrics over the batches so far."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.engine.batch import Batch, Targets
from nnctl.engine.executor_base import BatchResult
from nnctl.training.model_metrics import weights_of

if TYPE_CHECKING:
    from nnctl.training.model import Model

Array = np.ndarray


class MetricAccumulator:
    """Sums up losses and metrics batch by batch: `add` each batch's result, then ask for the `result`."""

    def __init__(self, model: Model):
        self._model = model
        self._several_outputs = len(model.spec.outputs) > 1
        self.rows = 0
        self.loss = 0.0  # sums over rows
        self.losses = dict.fromkeys(model.spec.outputs, 0.0)
        self.states = [each.metric.start() for each in model.metrics]

    def add(self, batch: Batch | Targets, result: BatchResult) -> None:
        """Takes in a batch and what the executor computed for it."""
        rows = batch.rows
        self.rows += rows
        self.loss += result.loss * rows
        if self._several_outputs:
            for name, loss in result.losses.items():
                self.losses[name] += loss * rows
        shared: dict[str, Any] = {}
        for each, state in zip(self._model.metrics, self.states, strict=True):
            output = each.output
            weights = weights_of(batch.weights, result.masks.get(output))
            each.update(state, batch.targets[output], result.outputs[output], weights, shared)

    def add_steps(self, losses: Array, rows: Array, y: Array, p: Array, weights: Array | None) -> None:
        """Takes in several batches of a model with one output: losses and numbers of rows by batch; targets,
        predictions and weights of all their rows."""
        self.rows += int(rows.sum())
        self.loss += float(np.dot(losses, rows))
        shared: dict[str, Any] = {}
        for each, state in zip(self._model.metrics, self.states, strict=True):
            each.update(state, y, p, weights_of(weights, None), shared)

    def result(self) -> dict[str, float]:
        """The loss, each output's loss where there are several, and the metrics, by name."""
        rows = max(1, self.rows)
        metrics = {"loss": self.loss / rows}
        if self._several_outputs:
            metrics |= {f"{name}_loss": loss / rows for name, loss in self.losses.items()}
        for each, state in zip(self._model.metrics, self.states, strict=True):
            # predictions that are NaN have no accuracy either, whatever a comparison with them gives
            undefined = math.isnan(self.losses[each.output] if self._several_outputs else self.loss)
            metrics[each.name] = math.nan if undefined else float(each.metric.result(state))
        return metrics

    def copy(self) -> MetricAccumulator:
        other = MetricAccumulator(self._model)
        other.rows, other.loss, other.losses = self.rows, self.loss, dict(self.losses)
        other.states = copy.deepcopy(self.states)
        return other
