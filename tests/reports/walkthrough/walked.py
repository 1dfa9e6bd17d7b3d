"""Models with random weights and one row each, for the tests of walkthroughs."""

import numpy as np

from nnctl import config
from nnctl.data.dataset import Target
from nnctl.engine.batch import Batch
from nnctl.training.model import Model

CLASSES = ("a", "b", "c")
HEAD = "Dense: {units: 3, activation: softmax}"
OPTIMIZER = "{adam: {learning_rate: 0.02}}"


def model_of(*layers, shape=(4,), loss="sparse_categorical_crossentropy", optimizer=OPTIMIZER, units=3, seed=3,
             targets=None, outputs=()):  # fmt: skip
    """A model of these layers (YAML) on one input; its weights, biases too, are random. targets: the shape of those of
    a row, if not one class or `units` numbers. outputs: names of layers, if not the last one."""
    text = "dataset: {path: none.npz, target: y}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)
    text += f"loss: {loss}\noptimizer: {optimizer}\nseed: {seed}\n"
    text += f"outputs: [{', '.join(outputs)}]\n" if outputs else ""
    spec = config.loads(text, "c.yaml")
    labels = spec.losses["output" if "output" in spec.losses else next(iter(spec.losses))].labels
    classes = None if labels in ("number", "binary") else CLASSES
    shape_of_y = () if labels in ("integer", "sequence") else (units,)
    target = Target(labels, ("y",), shape_of_y if targets is None else targets, classes)
    model = Model.build(spec, {"input": shape}, {name: target for name in spec.outputs})
    rng = np.random.default_rng(seed)
    model.program.parameters[...] = rng.normal(0, 0.5, len(model.program.parameters))
    for key in model.program.state_spans:
        if key.endswith("variance"):
            model.program.view(key)[...] = rng.uniform(0.5, 2, model.program.view(key).shape)
        elif key.endswith("mean"):
            model.program.view(key)[...] = rng.normal(0, 0.5, model.program.view(key).shape)
    return model


def row_of(model, y=1, length=None, seed=7):
    """A batch of one random row. y: its target. length: how many of its time steps are real."""
    shape = model.graph.shapes["input"]
    x = np.random.default_rng(seed).normal(size=(1, *shape)).astype(np.float32)
    [output] = model.graph.outputs
    lengths = {} if length is None else {"input": np.array([length])}
    return Batch({"input": x}, {output: np.array([y])}, lengths=lengths)
