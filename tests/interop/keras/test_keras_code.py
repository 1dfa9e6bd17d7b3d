"""nnctl export --to keras-code: the script runs, and its model computes what nnctl computes."""

import runpy
import shutil
import subprocess

import numpy as np
import pytest
from cli.small_runs import nnctl as command
from interop.keras.models import (
    GOLDEN,
    MASKED,
    RANDOM,
    both_directions,
    masked_graph,
    one_layer,
    padded,
    random_graph,
    random_names,
)
from interop.keras.real_keras import close, keras, outputs
from interop.keras.test_keras_file import OWN, TORCH

import nnctl
from nnctl.engine.batch import Batch
from nnctl.interop.keras.lowering import lower
from nnctl.interop.keras_code.network import build_model_code
from nnctl.nn.layers import layers


def in_keras(case):
    """The model that the script's build_model makes, with the weights, and what it takes."""
    keras.backend.clear_session()
    lowered = lower(case.program, "model", tuple(case.lengths))
    names = {"keras": keras, "layers": keras.layers}
    exec("\n".join(build_model_code(lowered, case.program.dtype.name)), names)
    try:
        model = names["build_model"]()
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
    for name, layer in lowered.layers.items():
        if layer.weights:
            model.get_layer(name).set_weights(list(layer.weights.values()))
    return model, padded(case, lowered)


@pytest.mark.parametrize("name", [name for name in GOLDEN.cases if layers.build(GOLDEN.cases[name]).kind not in OWN])
def test_a_layer(name):
    if name in TORCH:
        pytest.skip(TORCH[name])
    case = one_layer(name)
    for found, expected in zip(outputs(*in_keras(case)), case.outputs(), strict=True):
        close(found, expected)


@pytest.mark.parametrize("go_backwards", [False, True])
def test_bidirectional_without_a_backward_layer(go_backwards):
    case = both_directions(go_backwards)
    for found, expected in zip(outputs(*in_keras(case)), case.outputs(), strict=True):
        close(found, expected)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MASKED.cases)
def test_a_graph_with_masks(name):
    case = masked_graph(name)
    for found, expected in zip(outputs(*in_keras(case)), case.outputs(), strict=True):
        close(found, expected)


@pytest.mark.filterwarnings("ignore")  # Keras tells of masks that end and of softmax over one unit
@pytest.mark.parametrize("number", range(len(RANDOM)), ids=random_names())
def test_a_random_graph(number):
    case = random_graph(RANDOM[number])
    for found, expected in zip(outputs(*in_keras(case)), case.outputs(), strict=True):
        close(found, expected)


@pytest.mark.parametrize("config", ["iris", "cars", "digits_cnn", "two_inputs_two_outputs", "siamese"])
def test_a_script_runs(config, tmp_path):
    run = nnctl.train(config, epochs=1, folder=tmp_path / "run")
    done = command("export", tmp_path / "run", "--to", "keras-code")
    assert done.exit_code == 0, done.output
    path = tmp_path / "run" / "model.keras.py"
    module = runpy.run_path(str(path))
    model = module["build_model"]()
    module["load_weights"](model)
    rng = np.random.default_rng(0)
    graph = run.model.graph
    xs = {name: rng.random((5, *graph.shapes[name]), dtype=np.float32) for name in graph.inputs}
    expected = run.model.executor.predict(Batch(xs, {})).outputs
    for found, name in zip(outputs(model, list(xs.values())), graph.outputs, strict=True):
        close(found, expected[name])
    module["compile_model"](model)
    history = module["train"](model).history
    assert np.isfinite(history["loss"]).all()
    check_style(path)


def check_style(path):
    if ruff := shutil.which("ruff"):
        for arguments in (["check", "--select", "E,F,I,UP,B"], ["format", "--check"]):
            done = subprocess.run([ruff, *arguments, "--isolated", str(path)], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout
