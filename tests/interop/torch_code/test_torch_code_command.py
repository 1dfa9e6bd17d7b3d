"""nnctl export --to torch-code: a script and its weights, which need nothing of nnctl."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

import nnctl
from nnctl import cli

pytest.importorskip("torch")

# Runs the file as its own program, in a process that finds neither nnctl nor the current folder.
ALONE = """
import json, runpy, sys
sys.modules["nnctl"] = sys.modules["numpy.testing"] = None
module = runpy.run_path(sys.argv[1])
import torch
model = module["load"]()
x = torch.tensor(json.loads(sys.stdin.read()))
print(json.dumps(model(x).tolist()))
"""


def export(*arguments):
    return CliRunner().invoke(cli.program, ["export", *map(str, arguments), "--to", "torch-code"])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return nnctl.train("iris", epochs=2, folder=tmp_path_factory.mktemp("torch_code") / "iris")


def test_iris_runs_without_nnctl(run, tmp_path):
    path = tmp_path / "iris.py"
    done = export(run.folder, "-o", path)
    assert done.exit_code == 0, done.output
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    alone = subprocess.run([sys.executable, "-I", "-c", ALONE, path], input=json.dumps(x.tolist()), text=True,
                           capture_output=True, encoding="utf-8", check=True)  # fmt: skip
    w = run.model.program.named_weights()
    z = np.maximum(x @ w["dense/kernel"] + w["dense/bias"], 0) @ w["dense_1/kernel"] + w["dense_1/bias"]
    e = np.exp(z)
    np.testing.assert_allclose(json.loads(alone.stdout), e / e.sum(axis=1, keepdims=True), atol=1e-6)


def test_an_export_needs_no_torch(run, tmp_path):
    code = (
        "import sys; sys.modules['torch'] = None; import nnctl; from pathlib import Path;"
        "from nnctl.interop.torch_code import export; export(nnctl.load(sys.argv[1]), Path(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-c", code, run.folder, tmp_path / "iris.py"], check=True)
    assert (tmp_path / "iris.py").exists()


def test_the_script_predicts_made_up_rows(run, tmp_path):
    path = tmp_path / "iris.py"
    export(run.folder, "-o", path)
    done = subprocess.run([sys.executable, "-I", path], text=True, capture_output=True, encoding="utf-8", check=True)
    assert [line.split()[0] in run.classes for line in done.stdout.splitlines()] == [True, True]


def test_by_default_it_is_in_the_runs_folder(run):
    done = export(run.folder)
    assert done.exit_code == 0, done.output
    assert (run.folder / "model.torch.py").exists() and (run.folder / "model.torch.safetensors").exists()
    assert nnctl.load(run.folder).classes == run.classes


@pytest.mark.parametrize("name, message", [
    ("model.txt", "PyTorch code needs a file whose name ends in .py"),
    ("model.py", "the weights would be written over"),
])  # fmt: skip
def test_a_name_that_is_refused(run, name, message):
    before = (run.folder / "model.safetensors").read_bytes()
    done = export(run.folder, "-o", run.folder / name, "--force")
    assert done.exit_code == 2 and message in done.output
    assert (run.folder / "model.safetensors").read_bytes() == before


def test_weights_of_something_else_are_kept(run, tmp_path):
    (tmp_path / "other.safetensors").write_bytes(b"of something else")
    done = export(run.folder, "-o", tmp_path / "other.py")
    assert done.exit_code == 2 and "choose another name with -o" in done.output
    assert (tmp_path / "other.safetensors").read_bytes() == b"of something else"
