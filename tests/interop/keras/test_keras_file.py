"""nnctl export --to keras: real Keras loads the file, and computes what nnctl computes."""

import numpy as np
import pytest
from cli.small_runs import nnctl as command
from contract import check_rows
from golden import not_in_keras
from interop.keras.models import GOLDEN, RANDOM, one_layer, padded, random_graph, random_names
from interop.keras.real_keras import close, keras, outputs

import nnctl
from nnctl.engine.batch import Batch
from nnctl.interop.keras.layers import ROWS
from nnctl.interop.keras.lowering import lower
from nnctl.interop.keras_file.archive import write_archive
from nnctl.nn.layers import layers

# What Keras computes otherwise on torch than on JAX and TensorFlow, which nnctl agrees with.
TORCH = {"AveragePooling2D_same": "Keras pads unevenly on torch, and takes the zeros into the mean"}
OWN = {layers.build(row.config).kind for row in not_in_keras.LAYERS.values()}


def in_keras(case, folder):
    """The model, exported and loaded again by Keras, and what it takes."""
    lowered = lower(case.program, "model", tuple(case.lengths))
    write_archive(folder / "model.keras", lowered)
    return keras.saving.load_model(folder / "model.keras"), padded(case, lowered)


def test_every_layer_has_a_row():
    check_rows(layers, ROWS, "ROWS in nnctl/interop/keras/layers.py", without=OWN)


@pytest.mark.parametrize("name", [name for name in GOLDEN.cases if layers.build(GOLDEN.cases[name]).kind not in OWN])
def test_a_layer(name, tmp_path):
    if name in TORCH:
        pytest.skip(TORCH[name])
    case = one_layer(name)
    for found, expected in zip(outputs(*in_keras(case, tmp_path)), case.outputs(), strict=True):
        close(found, expected)


@pytest.mark.filterwarnings("ignore")  # Keras tells of masks that end and of softmax over one unit
@pytest.mark.parametrize("number", range(len(RANDOM)), ids=random_names())
def test_a_random_graph(number, tmp_path):
    case = random_graph(RANDOM[number])
    for found, expected in zip(outputs(*in_keras(case, tmp_path)), case.outputs(), strict=True):
        close(found, expected)


def test_the_command(tmp_path):
    run = nnctl.train("iris", epochs=2, folder=tmp_path / "run")
    done = command("export", tmp_path / "run", "--to", "keras", "-o", tmp_path / "iris.keras")
    assert done.exit_code == 0, done.output
    model = keras.saving.load_model(tmp_path / "iris.keras")
    assert isinstance(model, keras.Sequential) and [layer.name for layer in model.layers] == ["dense", "dense_1"]
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    close(model.predict(x, verbose=0), run.model.executor.predict(Batch({"input": x}, {})).outputs["dense_1"])
