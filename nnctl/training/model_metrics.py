"""The metrics of a model: resolved for its outputs, named as in Keras, and in the unit of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl.config.types import Config
from nnctl.data.dataset import Target
from nnctl.errors import InputError
from nnctl.nn.metrics import Metric, resolve
from nnctl.nn.metrics.converted import Converted, in_own_unit

Array = np.ndarray


@dataclass(frozen=True)
class ModelMetric:
    """A metric and its name. weighted: by class weights and sample weights, rather than by padding alone."""

    name: str
    output: str
    metric: Metric | Converted
    weighted: bool = False

    def update(self, state: Any, y: Array, p: Array, weights: RowWeights, shared: dict[str, Any]) -> None:
        """Takes in a batch. shared: a dictionary for each batch, where metrics keep what others need, too."""
        update: Callable[..., None] = self.metric.update  # those that share take one more argument
        if self.metric.shares:
            update(state, y, p, weights(self.weighted), shared.setdefault(self.output, {}))
        else:
            update(state, y, p, weights(self.weighted))


RowWeights = Callable[[bool], Array | None]  # weighted or not -> (rows,) or (rows, steps), or None: all count the same


def weights_of(rows: Array | None, mask: Array | None) -> RowWeights:
    """The weight of each row or time step, for weighted metrics and for the others.

    rows: (rows,) weights or None. mask: (rows, steps), which steps are not padding, or None.
    """

    def chosen(weighted: bool) -> Array | None:
        if mask is None:
            return rows if weighted else None
        return mask * rows[:, None] if weighted and rows is not None else mask * 1.0

    return chosen


def model_metrics(spec: Config, shapes: Mapping[str, Any], targets: Mapping[str, Target],
                  logits: Callable[[str], bool]) -> tuple[ModelMetric, ...]:  # fmt: skip
    """The metrics of all outputs, then the weighted ones. shapes: by output, without the batch axis.

    Raises InputError for a metric that is not defined for an output.
    """
    found: list[ModelMetric] = []
    for key, given in (("metrics", spec.metrics), ("weighted_metrics", spec.weighted_metrics)):
        for output in spec.outputs:
            for metric in given.get(output, ()):
                name = _name(metric.kind, output if len(spec.outputs) > 1 else "", key == "weighted_metrics",
                             [each.name for each in found])  # fmt: skip
                loss = spec.losses[output]
                fitting: Metric | Converted
                try:
                    fitting = resolve(metric, loss.labels, shapes[output], logits(output), loss.margins)
                except InputError as error:
                    problem = error.problems[0]
                    raise InputError(problem.message, spec.where(key), problem.hint) from None
                if isinstance(fitting, Metric) and loss.labels == "number" and targets[output].scaled:
                    fitting = in_own_unit(fitting, targets[output].shift, targets[output].scale)
                found.append(ModelMetric(name, output, fitting, key == "weighted_metrics"))
    return tuple(found)


def scale_notes(spec: Config, targets: Mapping[str, Target]) -> list[str]:
    """A note for each output with a scaled target, whose loss has another unit than its metrics."""
    notes = []
    for output in spec.outputs:
        target = targets[output]
        if target.scaled and spec.losses[output].labels == "number":
            what = "the loss" if len(spec.outputs) == 1 else f"{output}_loss"
            names = ", ".join(f'"{column}"' for column in target.columns)
            notes.append(f"{what} is computed on the scaled target {names}; metrics are in the target's own unit")
    return notes


def target_names(targets: Mapping[str, Target]) -> dict[str, str]:
    """The name of each output's target: its column or array, if there is one output with one of them; else the
    output's own name."""
    if len(targets) == 1:
        return {output: target.columns[0] if len(target.columns) == 1 else output for output, target in targets.items()}
    return {output: output for output in targets}


def _name(kind: str, output: str, weighted: bool, taken: list[str]) -> str:
    """The first unused name, in Keras' order: precision, then (if weighted) weighted_precision, then precision_1."""
    prefix = f"{output}_" if output else ""
    return next(name for name in _names(prefix, kind, weighted) if name not in taken)


def _names(prefix: str, kind: str, weighted: bool) -> Iterator[str]:
    yield prefix + kind
    kind = f"weighted_{kind}" if weighted else kind
    if weighted:
        yield prefix + kind
    number = 1
    while True:
        yield f"{prefix}{kind}_{number}"
        number += 1
