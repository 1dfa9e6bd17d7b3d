"""Notes of `check` and `train` on what makes training worse and can be seen beforehand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnctl.counted import counted
from nnctl.data.dataset import Dataset
from nnctl.data.lazy_array import Rows, blocks
from nnctl.errors import DataError
from nnctl.nn.initializers import Constant
from nnctl.nn.layers.base import Layer
from nnctl.nn.optimizers import Optimizer
from nnctl.nn.schedules import Schedule
from nnctl.quoting import yaml_map
from nnctl.training.batch_plan import Plan
from nnctl.training.model import Model

FAR = 10.0  # a target with a mean or a standard deviation above this is far from 0 and 1
SEEN = 1_000_000  # numbers of a target that are examined
MUCH = 10  # a schedule this many times longer or shorter than the run is probably a mistake
WASTED = 1.1  # so is a run this many times as long as a schedule that ends at 0


def advice(model: Model, data: Dataset, plan: Plan) -> list[str]:
    """Notes on targets and the learning rate's schedule. Raises DataError for a target that its loss is not defined
    for."""
    return [*_target_notes(model, data), *schedule_notes(model.spec.optimizer, plan)]


def _target_notes(model: Model, data: Dataset) -> Iterator[str]:
    """Targets are examined as the loss sees them: a scaled one gets no note."""
    layers = {node.name: node.layer for node in model.graph.nodes}
    for output, loss in model.spec.losses.items():
        target = data.targets[output]
        if loss.labels != "number":
            continue
        least, mean, spread = _extent(data.train.targets[output])
        names = ", ".join(f'"{name}"' for name in target.columns)
        if loss.least_target is not None and least < loss.least_target:
            raise DataError(
                f"{loss.kind} needs targets of at least {loss.least_target:g}, but target {names} goes down to"
                f" {least:.4g}",
                hint=f"remove {target.columns[0]} from normalize, make its values positive, or use loss: mse",
            )
        usual = loss.expects() == "numbers" and not loss.scale_free
        if usual and max(abs(mean), spread) > FAR and not _starts_elsewhere(layers[output]):
            yield (
                f"target {names} has mean {mean:.4g} and standard deviation {spread:.4g}, far from 0 and 1, where"
                f" training starts: scale it with dataset: {yaml_map({'normalize': {target.columns[0]: 'standard'}})}"
            )


def _extent(y: np.ndarray | Rows) -> tuple[float, float, float]:
    """(least, mean, standard deviation) of a target's first numbers."""
    seen, values = 0, []
    for _, block in blocks(y):
        values.append(np.asarray(block, np.float64).ravel())
        seen += block.size
        if seen >= SEEN:
            break
    taken = np.concatenate(values)
    return float(taken.min()), float(taken.mean()), float(taken.std())


def _starts_elsewhere(layer: Layer) -> bool:
    """Whether the config itself sets where the predictions start: by a constant bias, or by rescaling them."""
    start = getattr(layer, "bias_initializer", None)
    return layer.kind == "Rescaling" or (isinstance(start, Constant) and start.value != 0)


def schedule_notes(optimizer: Optimizer, plan: Plan) -> list[str]:
    """A note if the schedule is far longer or far shorter than the run, or ends at 0 long before it."""
    schedule: object = optimizer.learning_rate
    if not isinstance(schedule, Schedule):
        return []
    argument, length = schedule.length()
    total = plan.epochs * plan.iterations_per_epoch
    if length > MUCH * total:
        what = "hardly starts"
    elif not schedule.repeats and length * (WASTED if optimizer.rate(total - 1) == 0 else MUCH) < total:
        what = "ends early"
    else:
        return []
    return [
        f"{schedule.kind} {what}: its {argument} is {length:,.10g}, the run has {counted(total, 'iteration')} "
        f"({counted(plan.epochs, 'epoch')} of {plan.iterations_per_epoch:,}); the learning rate goes from "
        f"{optimizer.rate(0):.3g} to {optimizer.rate(total - 1):.3g}"
    ]
