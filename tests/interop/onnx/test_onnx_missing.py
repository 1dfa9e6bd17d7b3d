"""`nnctl export --to onnx` where onnx is not installed."""

import sys

from click.testing import CliRunner

import nnctl
from nnctl import cli


def test_one_line_names_the_extra(tmp_path, monkeypatch):
    run = nnctl.train("iris", epochs=1, folder=tmp_path / "iris")
    monkeypatch.setitem(sys.modules, "onnx", None)  # an import of it fails, as if it were not there
    done = CliRunner().invoke(cli.program, ["export", str(run.folder), "--to", "onnx"])
    assert done.exit_code == 2
    assert done.stderr == "error: exporting to ONNX needs onnx: pip install 'nnctl[onnx]'\n"
    assert not (run.folder / "model.onnx").exists()
