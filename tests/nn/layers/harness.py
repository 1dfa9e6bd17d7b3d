"""Runs one layer through the engine and returns everything that a test may check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl import kernels
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph, Node
from nnctl.engine.program import Program
from nnctl.nn.initializers import initializers
from nnctl.nn.layers import Layer, Weight, layers
from nnctl.nn.losses import Loss


class Shift(Layer):
    """y = x + shift, one shift a row: the gradient of `shift` is the gradient of the input."""

    rows: int

    def weights(self, shape):
        return {"shift": Weight((self.rows, *shape), initializers.build("zeros"))}

    def forward(self, w, x, call):
        return x + w["shift"], None

    def backward(self, w, grads, saved, dy, call):
        grads["shift"][...] = dy
        return dy


class InnerProduct(Loss):
    """sum(y p) of each row: its gradient is y, so that tests choose dL/dp freely."""

    def forward(self, y, p):
        return (y * p).reshape(len(p), -1).sum(axis=1), y

    def backward(self, y, dl):
        return y * dl.reshape(-1, *[1] * (y.ndim - 1))


@dataclass
class Ran:
    y: np.ndarray
    dx: list[np.ndarray]
    dw: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    loss: float
    program: Program
    executor: Executor
    batch: Batch


def prepare(entry: Any, xs, *, weights=None, r=None, dtype=np.float64, shard_rows=None, shifted=True, seed=0,
            compiled=False) -> Ran:  # fmt: skip
    """The layer `entry` (as a config writes it) on the inputs xs, not run yet.

    weights: {"kernel": array}, else drawn. r: dL/dy times the rows, else drawn. compiled: by Numba's kernels.
    """
    rows = len(xs[0])
    inputs = {f"x{i}": x.shape[1:] for i, x in enumerate(xs)}
    layer = layers.build(entry)
    moved = [i for i, x in enumerate(xs) if shifted and x.dtype.kind == "f"]  # token ids have no gradient
    nodes = [Node(f"in{i}", Shift(rows=rows), (f"x{i}",)) for i in moved]
    nodes.append(Node("layer", layer, tuple(f"in{i}" if i in moved else f"x{i}" for i in range(len(xs)))))
    graph = Graph.build(nodes, inputs, ["layer"])
    program = Program(graph, dtype=dtype, seed=seed)
    rng = np.random.default_rng(seed)
    for key, w in program.named_weights().items():
        name = key.removeprefix("layer/")
        if weights is not None and name in weights:
            w[...] = weights[name]
        elif key.startswith("layer/"):
            w[...] = rng.uniform(0.2, 1.2, w.shape)  # away from 0 and positive: a variance must be
    if r is None:
        r = rng.normal(size=(rows, *graph.shapes["layer"]))
    batch = Batch(
        {f"x{i}": x.astype(dtype) if x.dtype.kind == "f" else x for i, x in enumerate(xs)},
        {"layer": (r * rows).astype(dtype)},
    )
    executor = Executor(program, {"layer": InnerProduct()}, threads=2 if shard_rows else 1, shard_rows=shard_rows)
    executor.kernels = kernels.Kernels() if compiled else None
    return Ran(None, [], {}, {}, 0.0, program, executor, batch)


def run(entry: Any, xs, *, step=0, **how) -> Ran:
    """Forward and backward of sum(y r) in training."""
    ran = prepare(entry, xs, **how)
    result = ran.executor.train_step(ran.batch, step)
    return collect(ran, result)


def collect(ran: Ran, result) -> Ran:
    program, gradients = ran.program, ran.executor.gradients
    ran.y, ran.loss = result.outputs["layer"].copy(), result.loss
    for key in program.spans:
        gradient = program.view(key, gradients).copy()
        owner, name = key.split("/", 1)
        if owner == "layer":
            ran.dw[name] = gradient
        else:
            ran.dx.append(gradient)
    ran.state = {key.split("/", 1)[1]: program.view(key).copy() for key in program.state_spans}
    return ran


def inference(entry: Any, xs, **how) -> np.ndarray:
    ran = prepare(entry, xs, **how)
    return ran.executor.predict(ran.batch).outputs["layer"]


def central_difference(entry: Any, xs, *, eps=1e-6, probes=40, **how) -> list[tuple[str, float, float]]:
    """(weight, gradient by backward, gradient by (f(w + eps) - f(w - eps)) / 2 eps) for some entries of
    every trainable weight and input."""
    ran = run(entry, xs, **how)
    program, executor, batch = ran.program, ran.executor, ran.batch
    gradients = executor.gradients.copy()
    state = program.state.copy()
    rng = np.random.default_rng(1)
    found = []
    for key, span in program.spans.items():
        size = span.stop - span.start
        for i in rng.choice(size, min(size, probes), replace=False) + span.start:
            losses = []
            for sign in (1, -1):
                program.state[...] = state
                before = program.parameters[i]
                program.parameters[i] = before + sign * eps
                losses.append(executor.train_step(batch, 0).loss)
                program.parameters[i] = before
            found.append((key, float(gradients[i]), (losses[0] - losses[1]) / (2 * eps)))
    return found
