"""The outputs of every layer on some rows: how they are spread, which units are dead, which values are saturated."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from nnctl.data.dataset import Split
from nnctl.engine.arena import ShardCall
from nnctl.engine.cost_model import multiply_adds
from nnctl.engine.program import Program
from nnctl.engine.shard_pass import run_alone, run_step, start
from nnctl.nn.activations import Activation
from nnctl.reports.findings.document import Activations, LayerActivations
from nnctl.reports.findings.structure import histogram
from nnctl.reports.findings.thinning import number
from nnctl.training.batching import cast, make_batch
from nnctl.training.model import Model

Array = np.ndarray
MOST_ROWS, FEWEST_ROWS, MOST_VALUES = 256, 8, 200_000
WORK = 2e9  # multiply-adds that all rows may take
NEAR = 0.05  # of the range of a bounded activation: a value closer to a bound is saturated


def activations_of(model: Model, split: Split) -> Activations:
    """On the first rows of a split."""
    rows = int(min(split.rows, MOST_ROWS, max(FEWEST_ROWS, WORK / max(1, multiply_adds(model.program)))))
    found: list[LayerActivations] = []
    for name, y, mask in layer_outputs(model, split, rows):
        if isinstance(y, np.ndarray) and y.size:
            found.append(_layer(model, name, y, mask))
    return {"rows": rows, "layers": found}


def layer_outputs(model: Model, split: Split, rows: int) -> Iterator[tuple[str, Array, Array | None]]:
    """(layer, its output (rows, ...), which time steps are no padding or None), in order, outside of training. An array
    is valid until the next one is asked for."""
    program = Program(model.graph, seed=model.program.seed, dtype=model.program.dtype, initialize=False, fuse=())
    for key, w in program.named_weights().items():
        w[...] = model.program.view(key)
    batch = make_batch(cast(split, program.dtype), slice(0, rows), ahead=True)
    call = ShardCall(program.seed, program.dtype, training=False, keeps=False)
    call.begin(shard=0, first_row=0, batch_rows=rows, step=0)
    tensors = start(program, batch, slice(0, rows), call)
    for step, following in zip(program.steps, [*program.steps[1:], None], strict=True):
        run_alone(run_step(step, tensors, call))
        y = tensors.values[step.target]
        if y is not None and (following is None or following.number != step.number):
            yield model.graph.nodes[step.number].name, y, tensors.masks[step.target]


def _layer(model: Model, name: str, y: Array, mask: Array | None) -> LayerActivations:
    layer = next(node.layer for node in model.graph.nodes if node.name == name)
    function = applied(layer)
    if mask is not None and y.shape[:2] == mask.shape:
        y = y[mask]
    values = np.asarray(y, np.float64).ravel()
    values = values[:: -(-len(values) // MOST_VALUES)] if len(values) > MOST_VALUES else values
    finite = values[np.isfinite(values)]
    units = y.shape[-1] if y.ndim > 1 else 1
    return {
        "layer": name, "kind": layer.kind, "activation": function.kind if function else None,
        "shape": list(y.shape[1:]), "units": units,
        "mean": number(finite.mean()) if len(finite) else None, "std": number(finite.std()) if len(finite) else None,
        "zero_fraction": float(number((values == 0).mean()) or 0) if len(values) else 0.0,
        "dead_units": int(np.count_nonzero(~y.reshape(-1, units).any(axis=0))) if _can_die(function) else None,
        "saturated_fraction": _saturated(function, values),
        "histogram": histogram(finite) if len(finite) > 1 else None,
    }  # fmt: skip


def applied(layer: Any) -> Activation | None:
    """The activation that a layer's output comes from; None if there is none."""
    function = layer.outer_activation() or getattr(layer, "activation", None) or getattr(layer, "function", None)
    return function if isinstance(function, Activation) and not function.is_identity else None


def _can_die(function: Activation | None) -> bool:
    """Whether a unit that gives 0 for every row gets no gradient any more, as with ReLU."""
    return function is not None and function.is_plain_relu


def _saturated(function: Activation | None, values: Array) -> float | None:
    """The share of values near a bound of an elementwise activation that is bounded on both sides."""
    if function is None or not function.elementwise or not all(map(math.isfinite, function.bounds)):
        return None
    low, high = function.bounds
    near = NEAR * (high - low)
    return number(((values < low + near) | (values > high - near)).mean()) if len(values) else None
