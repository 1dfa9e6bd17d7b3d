"""`nnctl export --to onnx`: the command, and a file that takes raw values and gives classes and probabilities."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

import nnctl
from nnctl import cli

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from nnctl.interop import onnx as onnx_file  # noqa: E402


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    return nnctl.train("iris", epochs=5, folder=tmp_path_factory.mktemp("onnx") / "iris")


def export(*arguments):
    return CliRunner().invoke(cli.program, ["export", *map(str, arguments), "--to", "onnx"])


def test_raw_values_in_classes_and_probabilities_out(iris, tmp_path):
    path = tmp_path / "iris.onnx"
    done = export(iris.folder, "-o", path)
    assert done.exit_code == 0, done.output
    rows = {name: np.array([[5.1], [6.0], [7.2]], np.float32) / n for n, name in enumerate(iris.features, 1)}
    species, probabilities = onnxruntime.InferenceSession(path).run(["species", "probabilities"], rows)
    given = {name: column[:, 0] for name, column in rows.items()}
    assert species.tolist() == iris.predict(given).tolist()
    assert np.allclose(probabilities, iris.predict_proba(given), atol=1e-5)


def test_the_lines_that_the_command_shows_run(iris, tmp_path):
    done = export(iris.folder, "-o", tmp_path / "shown.onnx")
    lines = done.stdout.splitlines()
    program = "\n".join(lines[lines.index("import numpy as np") :])
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.startswith("species ['")
    assert "probabilities [[" in said


def test_what_the_file_says_of_itself(iris, tmp_path):
    path = tmp_path / "iris.onnx"
    export(iris.folder, "-o", path)
    model = onnx.load(path)
    about = {each.key: each.value for each in model.metadata_props}
    assert (model.producer_name, model.producer_version) == ("nnctl", nnctl.__version__)
    assert model.doc_string.startswith("iris: trained with nnctl ")
    assert json.loads(about["classes"]) == {iris.outputs[0]: list(iris.classes)}
    assert json.loads(about["inputs"]) == list(iris.features)
    assert about["config"] == (iris.folder / "config.yaml").read_text(encoding="utf-8")
    assert model.graph.output[1].type.tensor_type.shape.dim[0].dim_param == "batch"


def test_without_preprocessing_the_tensors_are_the_models_own(iris, tmp_path):
    path = tmp_path / "plain.onnx"
    assert export(iris.folder, "-o", path, "--no-preprocessing").exit_code == 0
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    [name], [output] = iris.preprocessing.inputs, iris.outputs
    [found] = onnxruntime.InferenceSession(path).run([output], {name: x})
    assert found.shape == (5, 3) and np.allclose(found.sum(axis=1), 1, atol=1e-6)


def test_a_run_that_was_not_saved(tmp_path):
    run = nnctl.train("iris", epochs=1, save=False)
    onnx_file.export(run, tmp_path / "iris.onnx")
    about = onnxruntime.InferenceSession(tmp_path / "iris.onnx").get_modelmeta()
    assert about.graph_name == "model" and "dataset:" in about.custom_metadata_map["config"]


def test_an_existing_file_and_an_option_of_another_format(iris, tmp_path):
    path = tmp_path / "there.onnx"
    path.write_bytes(b"mine")
    done = export(iris.folder, "-o", path)
    assert done.exit_code == 2 and "the file already exists" in done.stderr and path.read_bytes() == b"mine"
    done = CliRunner().invoke(cli.program, ["export", str(iris.folder), "--to", "keras", "--no-preprocessing"])
    assert done.exit_code == 2 and "--to keras has no option --preprocessing" in done.stderr
