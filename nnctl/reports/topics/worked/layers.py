"""Layers: a small input, weights drawn by the layer's own initializers, and the output that the layer computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.engine.arena import ShardCall
from nnctl.engine.shard_pass import run_alone
from nnctl.nn.layers.base import Layer
from nnctl.reports.topics.declarations import flow
from nnctl.reports.topics.document import Example, Plot
from nnctl.reports.topics.worked.layer_inputs import IN_TRAINING, INPUTS, OF_A_BATCH
from nnctl.reports.topics.worked.numbers import assigned, bracketed, number
from nnctl.translation import _

_SEED = 7


def example(layer: Layer) -> Example | None:
    """The layer on a small input; None for a layer of a plug-in, of which no small input is known."""
    given = INPUTS.get(layer.kind)
    if given is None:
        return None
    arguments, inputs = given
    small = type(layer)(**arguments)
    training = layer.kind in IN_TRAINING
    xs = [np.array(x, np.float64) for x in (inputs if small.merges and small.fewest > 1 else [inputs])]
    if small.kind in OF_A_BATCH:
        weights, y = computed(small, xs, training=True)
    else:
        weights, y = computed(small, [x[None] for x in xs], training)
        y = y[0]
    lines = [line for name, x in zip(_names(len(xs)), xs, strict=True) for line in assigned(name, x)]
    for name, weight in weights.items():
        lines += assigned(name, weight)
    lines += _by_hand(layer.kind, weights, xs[0], y)
    intro = _introduction(layer.kind, arguments, weights, training)
    return {"intro": intro, "table": None, "lines": [*lines, *assigned("y", y)], "outcome": ""}


def plots(layer: Layer) -> list[Plot]:
    return []


def computed(layer: Layer, xs: list[np.ndarray], training: bool = False) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The weights and the output of a batch, in float64. xs: the inputs, each (rows, ...)."""
    shapes = [x.shape[1:] for x in xs]
    shape: Any = shapes if layer.merges else shapes[0]
    rng = np.random.default_rng(_SEED)
    weights = {
        name: np.round(weight.initializer.sample(weight.shape, rng, weight.fans), 2)
        for name, weight in layer.weights(shape).items()
    }
    call = ShardCall(_SEED, np.float64, training=training, keeps=False)
    call.begin(shard=0, first_row=0, batch_rows=len(xs[0]), step=0)
    call.enter(0, True, False, [None] * len(xs))
    result: Any = layer.forward(weights, xs if layer.merges else xs[0], call)
    y, _saved = run_alone(result) if layer.whole_batch else result
    y = y[0] if isinstance(y, list) else y  # without the states
    activation = layer.outer_activation()
    return weights, activation.value(y) if activation else y


def _names(count: int) -> list[str]:
    return ["x"] if count == 1 else [f"x_{i + 1}" for i in range(count)]


def _introduction(kind: str, arguments: dict[str, Any], weights: dict[str, Any], training: bool) -> str:
    if kind in OF_A_BATCH:
        text = _("A batch of three rows, in training:")
    elif training:
        text = _("One row, in training, with {arguments}:") if arguments else _("One row, in training:")
    elif weights:
        text = _("One row and the first weights:")
        if arguments:
            text = _("One row and the first weights, with {arguments}:")
    else:
        text = _("One row, with {arguments}:") if arguments else _("One row:")
    return text.format(arguments=flow(arguments))


def _by_hand(kind: str, weights: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> list[str]:
    """The sum behind the last output of a Dense layer."""
    if kind != "Dense":
        return []
    kernel, bias = weights["kernel"][:, -1], weights["bias"][-1]
    products = " + ".join(f"{bracketed(a)} * {bracketed(w)}" for a, w in zip(x, kernel, strict=True))
    return [f"y[{len(y) - 1}] = relu({products} + {number(bias)}) = {number(y[-1])}"]
