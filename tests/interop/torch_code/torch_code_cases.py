"""Models as generated PyTorch code and in the NumPy engine, for the tests beside."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from nnctl import config
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph, Node
from nnctl.engine.program import Program
from nnctl.interop.torch_code.builder import Builder
from nnctl.interop.torch_code.copied import needed_by
from nnctl.interop.torch_code.file import class_code, imports, load_code
from nnctl.nn.layers import layers
from nnctl.nn.losses import losses

sys.path.append(str(Path(__file__).parents[2] / "nn" / "layers"))  # the rows of every layer are there

CLOSE = 1e-5  # of an output's largest number, or of 1


def builder_of(program, lengths=(), fused=()):
    return Builder(program.graph, program.named_weights(), program.spans.keys(), set(lengths), set(fused))


def source_of(builder, dtype="float32"):
    """The generated file without what comes from the data and the config."""
    code = "\n".join(class_code(builder, "Net"))
    blocks = [*needed_by(code), code, load_code("Net", dtype)]
    return "\n\n\n".join(["\n".join(imports("\n".join(blocks))), *blocks]) + "\n"


def written(builder, folder, dtype="float32"):
    """The module, from files as the export writes them."""
    path = folder / "net.py"
    path.write_text(source_of(builder, dtype), encoding="utf-8")
    save_file(builder.state, path.with_suffix(".safetensors"))
    return runpy.run_path(str(path))["load"]()


def random_weights(program, seed=0):
    """Weights between -1 and 1, and variances around 1."""
    rng = np.random.default_rng(seed)
    for key, w in program.named_weights().items():
        w[...] = rng.uniform(-1, 1, w.shape)
        if key.endswith("moving_variance"):
            w[...] = 1 + w / 2


def of_one_layer(entry, shapes, *, dtype=np.float32):
    """The program of a layer as a config writes it, with random weights."""
    names = [f"in{number}" for number in range(len(shapes))]
    layer = layers.build(entry)
    graph = Graph.build(
        [Node("layer", layer, tuple(names))], dict(zip(names, map(tuple, shapes), strict=True)), ["layer"]
    )
    program = Program(graph, dtype=dtype)
    random_weights(program)
    return program


def by_numpy(program, inputs, lengths=None):
    """The outputs of the NumPy engine by name."""
    given = dict.fromkeys(program.graph.outputs, losses.build("mse"))
    rows = len(next(iter(inputs.values())))
    targets = {name: np.zeros((rows, *program.graph.shapes[name])) for name in program.graph.outputs}
    with Executor(program, given, threads=1) as executor:
        return {
            name: y.copy()
            for name, y in executor.predict(Batch(inputs, targets, lengths=lengths or {})).outputs.items()
        }


def by_torch(builder, module, inputs, lengths=None):
    """The outputs of the generated module by name."""
    import torch

    given = {builder.inputs[name]: torch.from_numpy(x) for name, x in inputs.items()}
    given |= {builder.lengths_of[name]: torch.from_numpy(n) for name, n in (lengths or {}).items()}
    with torch.no_grad():
        outputs = module(*(given[name] for name in builder.parameters))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return dict(zip(builder.graph.outputs, (y.numpy() for y in outputs), strict=True))


def agree(found, expected, close=CLOSE):
    """Fails where an output differs."""
    assert found.keys() == expected.keys()
    for name, y in expected.items():
        assert found[name].shape == y.shape, name
        np.testing.assert_allclose(found[name], y, rtol=0, atol=close * max(1, np.abs(y).max(initial=0)), err_msg=name)


def spec_of(inputs, entries, outputs):
    """A config. inputs: {name: shape}."""
    return config.loads(json.dumps({
        "dataset": "iris", "optimizer": "sgd", "epochs": 1, "layers": entries, "outputs": outputs,
        "inputs": {name: {"shape": list(shape)} for name, shape in inputs.items()},
        "loss": dict.fromkeys(outputs, "mse"),
    }))  # fmt: skip


def program_of(spec, inputs):
    """The config's program for such inputs, with random weights."""
    graph = Graph.build(spec.nodes, {name: x.shape[1:] for name, x in inputs.items()}, spec.outputs)
    program = Program(graph)
    random_weights(program)
    return program


def agree_on(program, inputs, folder, lengths=None):
    """Fails where the two differ on these inputs."""
    inputs = {name: x if x.dtype.kind == "i" else x.astype(np.float32) for name, x in inputs.items()}
    builder = builder_of(program, lengths or {})
    agree(by_torch(builder, written(builder, folder), inputs, lengths), by_numpy(program, inputs, lengths))
