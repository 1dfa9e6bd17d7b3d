"""Models of nnctl for the tests: of the tables that other tests use, with their weights and inputs."""

import json
from dataclasses import dataclass

import numpy as np
from golden import read
from random_graphs import arrays, compare, in_nnctl

from nnctl import config
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph, Node
from nnctl.engine.program import Program
from nnctl.nn.layers import layers

GOLDEN = read("layers", "images", "sequences", "tokens")
RANDOM = [model for model, _ in compare.read()][::2]  # a hundred, in which every kind of layer occurs


@dataclass
class Case:
    """inputs: by name. lengths: by name of an input, the number of steps of each row that are not padding."""

    program: Program
    inputs: dict
    lengths: dict

    def outputs(self):
        """nnctl's outputs, in the order of the model's outputs."""
        batch = Batch(self.inputs, {}, lengths=self.lengths)
        with Executor(self.program, {}, threads=1) as executor:
            found = executor.predict(batch).outputs
        return [found[name] for name in self.program.graph.outputs]

    def masks(self):
        """nnctl's masks of the outputs, by name."""
        with Executor(self.program, {}, threads=1) as executor:
            return executor.predict(Batch(self.inputs, {}, lengths=self.lengths)).masks


def one_layer(case):
    """A layer of tests/golden, as a model."""
    xs = [GOLDEN[f"{case}/x/{i}"] for i in range(len(GOLDEN.under(f"{case}/x")))]
    inputs = {f"x{i}": x if x.dtype.kind == "i" else x.astype(np.float32) for i, x in enumerate(xs)}
    shapes = {name: x.shape[1:] for name, x in inputs.items()}
    graph = Graph.build([Node("layer", layers.build(GOLDEN.cases[case]), tuple(inputs))], shapes, ["layer"])
    program = Program(graph, dtype=np.float32, initialize=False)
    weights = GOLDEN.under(f"{case}/w") | {"moving_mean": 0.0, "moving_variance": 1.0} | GOLDEN.under(f"{case}/state")
    for name, w in program.named_weights().items():
        w[...] = weights[name.removeprefix("layer/")]
    return Case(program, inputs, {})


def both_directions(go_backwards):
    """A Bidirectional layer without a backward layer of its own."""
    layer = layers.build({"Bidirectional": {"layer": {"LSTM": {"units": 2, "go_backwards": go_backwards}}}})
    graph = Graph.build([Node("layer", layer, ("x",))], {"x": (5, 4)}, ["layer"])
    x = np.random.default_rng(0).normal(size=(3, 5, 4)).astype(np.float32)
    return Case(Program(graph, dtype=np.float32, seed=1), {"x": x}, {})


def random_graph(model):
    """A model of tests/random_graphs, in float64; the padding that only lengths tell is zero, as nnctl reads it."""
    program, executor, batch = in_nnctl.prepare(model, probes=False)
    executor.close()
    inputs = dict(batch.inputs)
    for name, lengths in batch.lengths.items():
        inputs[name] = np.where((np.arange(inputs[name].shape[1]) < lengths[:, None])[..., None], inputs[name], 0)
    return Case(program, inputs, dict(batch.lengths))


def padded(case, lowered):
    """The inputs as Keras' model takes them: the padding filled with what marks it."""
    given = dict(case.inputs)
    for name, value in lowered.padding.items():
        real = np.arange(given[name].shape[1]) < case.lengths[name][:, None]
        given[name] = np.where(real[..., None], given[name], value)
    return list(given.values())


def random_names():
    return [f"{number}-{'-'.join(sorted(set(arrays.kinds_of(model['layers']))))}"[:60]
            for number, model in enumerate(RANDOM)]  # fmt: skip


MASKED = read("masks")


def masked_graph(name):
    """A model of tests/golden/masks.py."""
    model = MASKED.cases[name]
    spec = config.loads(json.dumps({
        "dataset": "iris", "inputs": {key: {"shape": given["shape"]} for key, given in model["inputs"].items()},
        "layers": [named(entry, number, model) for number, entry in enumerate(model["layers"])], "loss": "mse",
    }))  # fmt: skip
    inputs = {key: MASKED[f"{name}/x/{key}"] for key in model["inputs"]}
    graph = Graph.build(spec.nodes, {key: x.shape[1:] for key, x in inputs.items()}, spec.outputs)
    program = Program(graph, dtype=np.float64, initialize=False)
    weights = MASKED.under(f"{name}/w") | MASKED.under(f"{name}/state")
    for key, w in program.named_weights().items():
        w[...] = weights.get(key, 1.0)
    return Case(program, inputs, {})


def named(entry, number, model):
    """An entry with the name that tests/golden/masks.py gives it; the first one takes the first input."""
    [(kind, arguments)] = entry.items() if isinstance(entry, dict) else [(entry, {})]
    wiring = {"name": f"layer{number}"} | ({"from": next(iter(model["inputs"]))} if number == 0 else {})
    return {kind: wiring | arguments}
