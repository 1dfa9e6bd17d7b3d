"""All numbers of a walkthrough as plain data, in full precision, for `explain RUN --row N --json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnctl.api import TrainedRun
from nnctl.reports.walkthrough.chosen_row import ChosenRow
from nnctl.reports.walkthrough.trace import Trace, TracedStep, trace
from nnctl.reports.walkthrough.update import update_of
from nnctl.training.model import Model

Array = np.ndarray


def as_data(run: TrainedRun, chosen: ChosenRow, traced: Trace, layer: str | None = None) -> dict[str, Any]:
    """Every tensor of the row without its batch axis, every weight and every gradient. layer: those of this layer."""
    model = run.model
    about: dict[str, Any] = {
        "run": str(run.folder),
        "row": chosen.row,
        "of": chosen.split,
        "rows": chosen.total,
        "name": chosen.name,
        "source": chosen.source,
    }
    if layer is not None:
        nodes = {node.name: number for number, node in enumerate(traced.program.graph.nodes)}
        return about | {"steps": [_step(step) for step in traced.steps if step.step.number == nodes[layer]]}
    found = about | {
        "inputs": {name: x[0] for name, x in traced.inputs.items()},
        "targets": {name: np.asarray(y)[0] for name, y in chosen.batch.targets.items()} if chosen.labelled else {},
        "steps": [_step(step) for step in traced.steps],
        "outputs": {name: p[0] for name, p in traced.outputs.items()},
    }
    if traced.losses:
        found |= {
            "losses": {each.name: each.value for each in traced.losses},
            "loss_weights": {each.name: each.objective.weight for each in traced.losses},
            "penalties": traced.penalties,
            "loss": traced.total,
            "gradients": traced.gradients,
            "optimizer": _update(model, chosen, traced),
        }
    return found


def _step(traced: TracedStep) -> dict[str, Any]:
    step: dict[str, Any] = {
        "name": traced.step.name,
        "layer": traced.layer.kind,
        "from": list(traced.names),
        "weights": traced.weights,
        "x": [x[0] for x in traced.x],
        "y": traced.y[0],
    }
    if traced.states:
        step["states"] = dict(zip(traced.layer.state_names(), (state[0] for state in traced.states), strict=True))
    if traced.mask is not None:
        step["mask"] = traced.mask[0]
    if traced.dy is not None:
        step["dy"] = traced.dy[0]
        step["dx"] = [None if dx is None else dx[0] for dx in traced.dx]
        step["gradients"] = traced.gradients
    return step


def _update(model: Model, chosen: ChosenRow, traced: Trace) -> dict[str, Any]:
    update = update_of(model, traced)

    def named(flat: Array) -> Mapping[str, Array]:
        return {key: traced.program.view(key, flat) for key in traced.program.spans}

    return {
        "name": update.optimizer.kind,
        "learning_rate": update.rate,
        "gradients": named(update.gradients),
        "slots": {name: named(slot) for name, slot in update.slots.items()},
        "weights": named(update.before),
        "new_weights": named(update.after),
        "loss_after": trace(model, chosen.batch, update.after).total,
    }
