"""docs/pytorch.md: the file that it shows is the one that is written, and its program runs."""

import re
from pathlib import Path

import pytest
from safetensors.numpy import save_file

from nnctl import config
from nnctl.interop.torch_code.data import Described
from nnctl.interop.torch_code.file import file_of
from nnctl.training.model import Model, load_data

pytest.importorskip("torch")
ROOT = Path(__file__).parents[3]
SHOWN, PROGRAM = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs" / "pytorch.md").read_text(encoding="utf-8"), re.DOTALL
)


def test_the_program_runs_with_the_file_that_is_shown(tmp_path, monkeypatch, capsys):
    spec = config.load("digits_cnn")
    data = load_data(spec)
    model = Model.build(spec, data.input_shapes, data.targets)
    file = file_of(model, Described(data.preprocessing), "digits_cnn.safetensors")
    assert re.sub(r"nnctl \S+\. It", "nnctl . It", file.text) == re.sub(r"nnctl \S+\. It", "nnctl . It", SHOWN)

    (tmp_path / "digits_cnn.py").write_text(file.text, encoding="utf-8")
    save_file(file.weights, tmp_path / "digits_cnn.safetensors")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(ROOT)
    exec(compile(PROGRAM, "docs/pytorch.md", "exec"), {"__name__": "program"})
    printed = capsys.readouterr().out
    first, second = (float(number) for number in re.findall(r"epoch \d: loss ([\d.]+)", printed))
    assert second < first
