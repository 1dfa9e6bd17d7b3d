"""nnctl export --to keras: real Keras loads the file, and computes what nnctl computes."""

import numpy as np
import pytest
from cli.small_runs import nnctl as command
from contract import check_rows
from golden import not_in_keras, read
from interop.keras.real_keras import close, keras, outputs

import nnctl
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph, Node
from nnctl.engine.program import Program
from nnctl.interop.keras.layers import ROWS
from nnctl.interop.keras.lowering import lower
from nnctl.interop.keras_file.archive import write_archive
from nnctl.nn.layers import layers

GOLDEN = read("layers", "images", "sequences", "tokens")
# What Keras computes otherwise on torch than on JAX and TensorFlow, which nnctl agrees with.
TORCH = {"AveragePooling2D_same": "Keras pads unevenly on torch, and takes the zeros into the mean"}
OWN = {layers.build(row.config).kind for row in not_in_keras.LAYERS.values()}


def in_keras(program, folder):
    """The program's model, exported and loaded again by Keras."""
    write_archive(folder / "model.keras", lower(program, "model"))
    return keras.saving.load_model(folder / "model.keras")


def predicted(program, xs):
    """nnctl's outputs, in the order of the model's outputs."""
    batch = Batch(dict(zip(program.graph.inputs, xs, strict=True)), {})
    with Executor(program, {}, threads=1) as executor:
        found = executor.predict(batch).outputs
    return [found[name] for name in program.graph.outputs]


def test_every_layer_has_a_row():
    check_rows(layers, ROWS, "ROWS in nnctl/interop/keras/layers.py", without=OWN)


@pytest.mark.parametrize("case", [case for case in GOLDEN.cases if layers.build(GOLDEN.cases[case]).kind not in OWN])
def test_a_layer(case, tmp_path):
    if case in TORCH:
        pytest.skip(TORCH[case])
    xs = [GOLDEN[f"{case}/x/{i}"].astype(np.float32) for i in range(len(GOLDEN.under(f"{case}/x")))]
    inputs = {f"x{i}": x.shape[1:] for i, x in enumerate(xs)}
    graph = Graph.build([Node("layer", layers.build(GOLDEN.cases[case]), tuple(inputs))], inputs, ["layer"])
    program = Program(graph, dtype=np.float32, initialize=False)
    weights = GOLDEN.under(f"{case}/w") | {"moving_mean": 0.0, "moving_variance": 1.0} | GOLDEN.under(f"{case}/state")
    for name, w in program.named_weights().items():
        w[...] = weights[name.removeprefix("layer/")]
    [expected] = predicted(program, xs)
    [found] = outputs(in_keras(program, tmp_path), xs)
    close(found, expected)


def test_the_command(tmp_path):
    run = nnctl.train("iris", epochs=2, folder=tmp_path / "run")
    done = command("export", tmp_path / "run", "--to", "keras", "-o", tmp_path / "iris.keras")
    assert done.exit_code == 0, done.output
    model = keras.saving.load_model(tmp_path / "iris.keras")
    assert isinstance(model, keras.Sequential) and [layer.name for layer in model.layers] == ["dense", "dense_1"]
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    close(model.predict(x, verbose=0), predicted(run.model.program, [x])[0])
