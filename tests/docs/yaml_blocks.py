"""YAML blocks as models: a whole config as it is, a part of one merged into a base."""

from __future__ import annotations

import json
import math

from docs.blocks import ROOT, Block
from nnctl import config
from nnctl.config.yaml_reader import read
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.training.model import Model, load_data

ONE_UNIT = {"layers": [{"Dense": {"units": 1}}], "loss": "mse"}


def shaped(*shape: int) -> dict:
    """A base whose one input has this shape, without the batch axis."""
    return {"dataset": {"path": "data.npz"}, "inputs": {"input": {"shape": list(shape)}}, **ONE_UNIT}


# Bases by name, besides the ready configs (configs/iris.yaml is `iris`).
BASES = {
    "yes or no": {"layers": [{"Dense": {"units": 1, "activation": "sigmoid"}}], "loss": "binary_crossentropy"},
    "vectors": shaped(16),
    "sequences": shaped(10, 8),
    "images": shaped(28, 28, 1),
    "inputs": {"dataset": {"path": "data.npz"}, "loss": "mse"},  # for a block that names its inputs
}


def base(name: str) -> dict:
    ready = ROOT / "configs" / f"{name}.yaml"
    return BASES[name] if name in BASES else read(ready.read_text(encoding="utf-8"), name).data


def text_of(block: Block) -> str:
    """The whole config that a block stands for."""
    found = read(block.text, block.id).data
    if isinstance(found, dict) and "layers" in found and "dataset" in found:
        return block.text
    assert "base" in block.marks, f"{block.id} is part of a config: say above it which, <!-- base: NAME -->"
    return json.dumps(
        base(block.marks["base"]) | (found if isinstance(found, dict) else {"layers": found})
    )  # JSON is YAML


def build(text: str, name: str = "config") -> tuple[int, dict[str, tuple]]:
    """Builds the model that a config describes: the number of its parameters, and the shapes of its outputs."""
    spec = config.loads(text, name)
    shapes = {name: given.shape for name, given in spec.inputs.items() if given.shape is not None}
    if len(shapes) == len(spec.inputs) > 0:
        graph = Graph.build(spec.nodes, shapes, spec.outputs)
        weights = Program(graph, initialize=False).named_weights()
    else:
        data = load_data(spec)
        model = Model.build(spec, data.input_shapes, data.targets)
        graph, weights = model.graph, model.program.named_weights()
    return sum(math.prod(w.shape) for w in weights.values()), {name: graph.shapes[name] for name in graph.outputs}
