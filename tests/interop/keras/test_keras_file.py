"""nnctl export --to keras: real Keras loads the file, and computes what nnctl computes."""

import json
import warnings
import zipfile

import numpy as np
import pytest
from cli.small_runs import nnctl as command
from contract import check_rows
from golden import not_in_keras
from interop.keras.models import (
    GOLDEN,
    MASKED,
    RANDOM,
    Case,
    both_directions,
    masked_graph,
    one_layer,
    padded,
    random_graph,
    random_names,
)
from interop.keras.real_keras import close, keras, outputs

import nnctl
from nnctl.engine.batch import Batch
from nnctl.engine.graph import Graph, Node
from nnctl.engine.program import Program
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


def in_file(folder):
    """The config of the model in the file."""
    with zipfile.ZipFile(folder / "model.keras") as archive:
        return json.loads(archive.read("config.json"))["config"]


def test_every_layer_has_a_row():
    check_rows(layers, ROWS, "ROWS in nnctl/interop/keras/layers.py", without=OWN)


@pytest.mark.parametrize("name", [name for name in GOLDEN.cases if layers.build(GOLDEN.cases[name]).kind not in OWN])
def test_a_layer(name, tmp_path):
    if name in TORCH:
        pytest.skip(TORCH[name])
    case = one_layer(name)
    for found, expected in zip(outputs(*in_keras(case, tmp_path)), case.outputs(), strict=True):
        close(found, expected)


@pytest.mark.parametrize("go_backwards", [False, True])
def test_bidirectional_without_a_backward_layer(go_backwards, tmp_path):
    case = both_directions(go_backwards)
    for found, expected in zip(outputs(*in_keras(case, tmp_path)), case.outputs(), strict=True):
        close(found, expected)
    [written] = in_file(tmp_path)["layers"][1:]
    inner, back = (written["config"][name]["config"] for name in ("layer", "backward_layer"))
    assert (inner["go_backwards"], back["go_backwards"]) == (go_backwards, not go_backwards)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MASKED.cases)
def test_a_graph_with_masks(name, tmp_path):
    case = masked_graph(name)
    for found, expected in zip(outputs(*in_keras(case, tmp_path)), case.outputs(), strict=True):
        close(found, expected)


@pytest.mark.filterwarnings("ignore")  # Keras tells of masks that end and of softmax over one unit
@pytest.mark.parametrize("number", range(len(RANDOM)), ids=random_names())
def test_a_random_graph(number, tmp_path):
    case = random_graph(RANDOM[number])
    for found, expected in zip(outputs(*in_keras(case, tmp_path)), case.outputs(), strict=True):
        close(found, expected)


# A config's layers and training, and what a user is told.
REFUSED = {
    "PositionEmbedding": [{"PositionEmbedding": {"sequence_length": 6, "name": "place"}}, "Flatten"],
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("to", ["keras", "keras-code"])
def test_a_layer_that_keras_does_not_have(kind, to, tmp_path):
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(0).random((20, 6, 2)), y=np.arange(20) % 2)
    trained({"layers": [*REFUSED[kind], {"Dense": {"units": 2, "activation": "softmax"}}],
             "loss": "sparse_categorical_crossentropy"}, tmp_path)  # fmt: skip
    done = command("export", tmp_path / "run", "--to", to)
    assert done.exit_code == 2 and f"layer 'place': Keras has no layer {kind}" in " ".join(done.output.split())
    assert not list((tmp_path / "run").glob("model.keras*"))


def trained(config, folder):
    """A run of one epoch on data.npz."""
    data = {"path": str(folder / "data.npz"), "target": "y"}
    return nnctl.train({"dataset": data, "epochs": 1, **config}, folder=folder / "run")


def test_an_optimizer_that_keras_does_not_have(tmp_path):
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(0).random((20, 3)), y=np.arange(20) % 2)
    trained({"layers": [{"Dense": {"units": 2, "activation": "softmax"}}], "optimizer": "radam",
             "loss": "sparse_categorical_crossentropy"}, tmp_path)  # fmt: skip
    done = command("export", tmp_path / "run", "--to", "keras")
    assert done.exit_code == 0
    assert "the model is not compiled: Keras has no optimizer 'radam'" in " ".join(done.output.split())
    assert not getattr(keras.saving.load_model(tmp_path / "run" / "model.keras"), "compiled", False)
    done = command("export", tmp_path / "run", "--to", "keras-code")
    assert done.exit_code == 2 and "Keras has no optimizer 'radam'" in " ".join(done.output.split())


def test_the_compiled_model_measures_and_trains_on(tmp_path):
    x = np.random.default_rng(0).random((60, 3)).astype(np.float32)
    y = (x.sum(axis=1) > 1.5).astype(int)
    np.savez(tmp_path / "data.npz", x=x, y=y)
    run = trained({
        "layers": [{"Dense": {"units": 4, "activation": "relu", "kernel_regularizer": "l2"}},
                   {"Dense": {"units": 1, "activation": "sigmoid"}}],
        "loss": "binary_crossentropy", "metrics": ["accuracy", "auc"],
        "optimizer": {"adam": {"learning_rate": {"CosineDecay": {"initial_learning_rate": 0.01, "decay_steps": 50}}}},
    }, tmp_path)  # fmt: skip
    assert command("export", tmp_path / "run", "--to", "keras").exit_code == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # such as of an optimizer whose state is missing
        model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    expected = run.evaluate(str(tmp_path / "data.npz"))
    found = model.evaluate(x, y, verbose=0, return_dict=True)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        close(np.array(found[name]), np.array(value))
    model.fit(x, y, epochs=3, verbose=0)
    assert model.evaluate(x, y, verbose=0, return_dict=True)["loss"] < expected["loss"]


def test_the_same_model_gives_the_same_bytes(tmp_path):
    nnctl.train("iris", epochs=1, folder=tmp_path / "run")
    for name in ("one", "two"):
        assert command("export", tmp_path / "run", "--to", "keras", "-o", tmp_path / f"{name}.keras").exit_code == 0
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()


@pytest.mark.parametrize("seed", range(12))
def test_layers_of_one_class_and_shape_keep_their_weights(seed, tmp_path):
    """A file numbers them in Keras' order, and a wrong order would load without an error."""
    rng = np.random.default_rng(seed)
    nodes, names, loose = [], ["a", "b"], {"a", "b"}
    for number in range(14):
        name = f"n{number}"
        taken = tuple(rng.choice(names, 2, replace=False)) if number % 3 == 2 else (str(rng.choice(names)),)
        layer = "Add" if len(taken) == 2 else {"Dense": {"units": 3, "activation": "tanh"}}
        shared = next((n.name for n in nodes if n.layer.kind == "Dense"), None) if number in (6, 10) else None
        nodes.append(Node(name, layers.build(layer), taken, shared if len(taken) == 1 else None))
        names.append(name)
        loose = (loose - set(taken)) | {name}
    outputs_ = [name for name in names if name in loose and name not in "ab"]
    inputs = {name: rng.normal(size=(4, 3)) for name in "ab" if any(name in node.sources for node in nodes)}
    program = Program(Graph.build(nodes, {name: (3,) for name in inputs}, outputs_), dtype=np.float64, seed=seed)
    case = Case(program, inputs, {})
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
