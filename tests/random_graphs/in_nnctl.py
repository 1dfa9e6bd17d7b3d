"""A model's figures by nnctl, by the way a config takes: spec, graph, program, executor."""

import json
from dataclasses import replace

import numpy as np

from nnctl import config
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.fusions.names import FUSIONS
from nnctl.engine.graph import Graph, Node
from nnctl.engine.program import Program
from nnctl.nn.initializers import initializers
from nnctl.nn.layers import Layer, Weight
from nnctl.nn.losses import Loss
from random_graphs import arrays


class Probe(Layer):
    """y = x + shift of x's row, all shifts being 0: the gradient of `shift` is that of the input."""

    merges = True  # [x, the number of each row]
    passes_mask = True

    rows: int

    def output_shape(self, shapes):
        return shapes[0]

    def weights(self, shapes):
        return {"shift": Weight((self.rows, *shapes[0]), initializers.build("zeros"))}

    def forward(self, w, xs, call):
        x, row = xs
        return x + w["shift"][row], row

    def torch_forward(self, w, xs, call):
        x, row = xs
        return x + w["shift"][row]

    def backward(self, w, grads, row, dy, call):
        grads["shift"].fill(0)
        grads["shift"][row] = dy
        return [None, None]


class InnerProduct(Loss):
    """sum(y p) of each row."""

    def forward(self, y, p):
        return (y * p).reshape(len(p), -1).sum(axis=1), y

    def torch_forward(self, y, p, lengths=None):
        return (y * p).reshape(len(p), -1).sum(dim=1)

    def backward(self, y, dl):
        return y * dl.reshape(-1, *[1] * (y.ndim - 1))


def cast(x, dtype):
    return x.astype(dtype) if np.issubdtype(x.dtype, np.floating) else x


def spec_of(model):
    """The model as a config's spec."""
    losses = model["losses"] or dict.fromkeys(model["outputs"], "mse")
    return config.loads(json.dumps({
        "dataset": "iris", "optimizer": "sgd", "epochs": 1,
        "inputs": {name: {"shape": given["shape"]} for name, given in model["inputs"].items()},
        "layers": model["layers"], "outputs": model["outputs"],
        "loss": {name: losses[name] for name in model["outputs"]},
    }))  # fmt: skip


def numpy_executor(program, losses, loss_weights, **how):
    return Executor(program, losses, loss_weights, **how)


def prepare(model, *, probes=True, engine=numpy_executor, fuse=FUSIONS, dtype=np.float64, **how):
    """(program with the model's weights, executor, batch). probes: measure gradients of the inputs too. engine: makes
    the executor; how: more of its arguments."""
    described = spec_of(model)
    given = arrays.inputs(model)
    inputs = {name: tuple(x.shape[1:]) for name, x in given.items()}
    real = [name for name in given if probes and model["training"] and "words" not in model["inputs"][name]]
    nodes = [Node(name, Probe(rows=model["rows"]), (f"{name}_given", "row")) for name in real] + list(described.nodes)
    taken_shapes = {f"{name}_given" if name in real else name: shape for name, shape in inputs.items()}
    graph = Graph.build(nodes, taken_shapes | ({"row": ()} if real else {}), model["outputs"])
    program = Program(graph, dtype=dtype, initialize=False, fuse=fuse)
    for owner, weights in graph.weights.items():
        if owner in real:
            continue
        for index, name in enumerate(weights):
            w = program.view(f"{owner}/{name}")
            w[...] = arrays.weight(model, owner, index, name.rpartition("/")[2], w.shape)

    rows = model["rows"]
    taken = {f"{name}_given" if name in real else name: x for name, x in given.items()}
    if real:
        taken["row"] = np.arange(rows)
    shapes = {name: (rows, *graph.shapes[name]) for name in model["outputs"]}
    lengths = {
        f"{name}_given" if name in real else name: arrays.lengths(model, name)
        for name, how in model["inputs"].items() if how.get("lengths")
    }  # fmt: skip
    if model["losses"]:
        batch = Batch(taken, {name: arrays.target(model, name, shape) for name, shape in shapes.items()},
                      arrays.sample_weights(model), lengths)  # fmt: skip
        losses = {name: described.losses[name] for name in model["outputs"]}
    else:
        batch = Batch(taken, {name: rows * arrays.slopes(model, name, shape) for name, shape in shapes.items()},
                      lengths=lengths)  # fmt: skip
        losses = {name: InnerProduct() for name in model["outputs"]}
    executor = engine(program, losses, model["loss_weights"], **how)
    if dtype != np.float64:
        batch = replace(batch, **{part: {name: cast(x, dtype) for name, x in getattr(batch, part).items()}
                                  for part in ("inputs", "targets")},
                        weights=None if batch.weights is None else cast(batch.weights, dtype))  # fmt: skip
    return program, executor, batch


def gradients_of(executor):
    """By "node/name", in the variable's shape."""
    program, found = executor.program, executor.gradients
    if not isinstance(found, np.ndarray):  # the torch engine's, in the order of the variables
        return {key: g.cpu().numpy() for key, g in zip(program.spans, found.by_variable, strict=True)}
    return {key: program.view(key, found) for key in program.spans}


def figures(model, **how):
    """The model's figures (see the package), less those that a run without probes cannot tell."""
    program, executor, batch = prepare(model, **how)
    with executor:
        found = {}
        if not model["training"] or model["moving"]:
            predicted = executor.predict(batch)
            found |= {f"inference/{name}": y.copy() for name, y in predicted.outputs.items()}
        if not model["training"]:
            return found
        result = executor.train_step(batch, 0)
        gradients = gradients_of(executor)
        found |= {f"y/{name}": y for name, y in result.outputs.items()}
        found["loss"] = np.array(result.loss)
        for owner, weights in program.graph.weights.items():
            for index, name in enumerate(weights):
                key = f"{owner}/{name}"
                if name == "shift":
                    found[f"dx/{owner}"] = gradients[key]
                elif key in program.spans:
                    found[f"dw/{owner}/{index}"] = gradients[key]
                else:
                    found[f"state/{owner}/{index}"] = program.view(key)
        return arrays.settled(model, found)
