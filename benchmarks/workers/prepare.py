"""Prepares what the peers of a measurement share: the rows as an .npz file, and the model as JSON.

    python prepare.py workload NAME FOLDER      random rows, and FOLDER/config.json for nnctl
    python prepare.py config PATH FOLDER        the rows as nnctl loads them

Runs as a process of its own, with nnctl's Python, so that the memory that the data need counts neither for the parent
(whose size would show in the peak memory of its children) nor for a peer. Writes FOLDER/rows.npz and FOLDER/model.json;
exits with 2, as nnctl does, if the data are not on this machine.

model.json: inputs {name: shape}, nodes (in order, each after its sources: name, kind, the arguments that are not Keras'
defaults, sources, shared, output shape, and `lengths`: the array that says which time steps of its input are padding),
outputs, losses, output_lengths, loss_weights, metrics, optimizer, batch, epochs, iterations (of an epoch), and parts:
for each part the names of its arrays.
"""

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from workloads import WORKLOADS, Workload

from nnctl import config as specs
from nnctl.data.dataset import Split
from nnctl.engine.graph import Graph
from nnctl.errors import DataError
from nnctl.training.class_weights import with_class_weight
from nnctl.training.model import load_data


def entry(declared) -> list:
    """[name, {arguments that are not defaults}] of a layer, loss, metric or optimizer."""
    written = declared.to_config()
    return [written, {}] if isinstance(written, str) else list(*written.items())


def padding(spec, given: set[str]) -> dict[str, str | None]:
    """For each tensor, the array of lengths that says where its padding begins: the input's, or that which an
    Embedding finds by its zeros; None where there is no padding or a layer's output no longer tells."""
    lengths: dict[str, str | None] = dict.fromkeys(given)
    lengths |= {name: name for name in given}
    for node in spec.nodes:
        layer, before = node.layer, lengths.get(node.sources[0])
        inner = getattr(layer, "layer", layer)
        if layer.makes_mask:
            before = node.sources[0]
        elif not layer.passes_mask and not getattr(inner, "return_sequences", False):
            before = None
        lengths[node.name] = before
    return lengths


def describe(spec, data, arrays: dict[str, np.ndarray]) -> dict:
    graph = Graph.build(spec.nodes, data.input_shapes, spec.outputs)
    counted = {name.removeprefix("train_lengths_") for name in arrays if name.startswith("train_lengths_")}
    lengths = padding(spec, counted)
    nodes = [
        {"name": node.name, "kind": node.layer.kind, "arguments": entry(node.layer)[1], "sources": node.sources,
         "shared": node.shared, "shape": graph.shapes[node.name], "lengths": lengths.get(node.sources[0])}
        for node in graph.nodes
    ]  # fmt: skip
    optimizer, _ = entry(spec.optimizer)
    return {
        "inputs": {name: graph.shapes[name] for name in graph.inputs},
        "nodes": nodes,
        "outputs": spec.outputs,
        "losses": [entry(spec.losses[output]) for output in spec.outputs],
        "output_lengths": [lengths.get(output) for output in spec.outputs],
        "loss_weights": [spec.loss_weights.get(output, 1.0) for output in spec.outputs],
        "metrics": [[entry(metric) for metric in spec.metrics.get(output, ())] for output in spec.outputs],
        "optimizer": [optimizer, spec.optimizer.arguments()],
        "batch": spec.batch_size or data.train.rows,
        "epochs": spec.epochs,
        "iterations": -(-data.train.rows // (spec.batch_size or data.train.rows)),  # of an epoch
    }


def arrays_of(part: Split, prefix: str, words: set[str]) -> dict[str, np.ndarray]:
    """A split's arrays, ready for use: pixels divided, float32. words: inputs of an Embedding that leaves out zeros."""
    arrays = {}
    for name, x in part.inputs.items():
        if name in part.divisors:
            x = x / np.float32(part.divisors[name])
        arrays[f"{prefix}_x_{name}"] = x.astype(np.float32) if x.dtype.kind == "f" else x
        if name in words:
            arrays[f"{prefix}_lengths_{name}"] = np.count_nonzero(x, axis=1)
    arrays |= {f"{prefix}_y_{name}": y for name, y in part.targets.items()}
    arrays |= {f"{prefix}_lengths_{name}": lengths for name, lengths in part.lengths.items()}
    if part.weights is not None:
        arrays[f"{prefix}_weights"] = part.weights
    return arrays


def config(path: str, folder: Path) -> None:
    spec = specs.load(path)
    try:
        data = load_data(spec)
    except DataError as error:
        sys.exit(print(str(error).splitlines()[0], file=sys.stderr) or 2)
    words = {node.sources[0] for node in spec.nodes if node.layer.makes_mask}
    parts = {"train": with_class_weight(data.train, spec, data.targets)}
    parts |= {name: part for name in ("validation", "test") if (part := getattr(data, name))}
    arrays: dict[str, np.ndarray] = {}
    for name, part in parts.items():
        arrays |= arrays_of(part, name, words)
    model = describe(spec, data, arrays)
    model["parts"] = {
        name: {
            "x": [f"{name}_x_{one}" for one in model["inputs"]],
            "y": [f"{name}_y_{one}" for one in spec.outputs],
            "lengths": {one: f"{name}_lengths_{one}" for one in model["inputs"] if f"{name}_lengths_{one}" in arrays},
            "weights": f"{name}_weights" if f"{name}_weights" in arrays else None,
        }
        for name in parts
    }
    write(folder, arrays, model)


def workload(given: Workload, folder: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(given.rows, *given.shape)).astype(np.float32)
    size = (given.rows, 8) if given.target == "labels" else given.rows
    y = rng.integers(1 if given.target == "labels" else 0, given.classes, size)
    text = {
        "dataset": {"path": str(folder / "rows.npz"), "target": "y", "split": {"validation": 0.0, "test": 0.0}},
        "layers": given.layers,
        "loss": "ctc" if given.target == "labels" else "sparse_categorical_crossentropy",
        "metrics": [] if given.target == "labels" else ["accuracy"],
        "optimizer": "adam",
        "epochs": 1,
        "batch_size": given.batch,
    }
    np.savez(folder / "rows.npz", x=x, y=y)
    (folder / "config.json").write_text(json.dumps(text), encoding="utf-8")  # JSON is YAML
    spec = specs.load(str(folder / "config.json"))
    model = describe(spec, load_data(spec), {})
    model["parts"] = {"train": {"x": ["x"], "y": ["y"], "lengths": {}, "weights": None}}
    write(folder, None, model)


def write(folder: Path, arrays: dict[str, np.ndarray] | None, model: dict) -> None:
    if arrays:
        np.savez(folder / "rows.npz", **arrays)
    (folder / "model.json").write_text(json.dumps(model), encoding="utf-8")


if __name__ == "__main__":
    what, name, into = sys.argv[1:]
    if what == "workload":
        workload(WORKLOADS[name], Path(into))
    else:
        config(name, Path(into))
