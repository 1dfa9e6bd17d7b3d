"""The commands and programs of docs/serving.md run, and print what the page says."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import nnctl

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

TEXT = (Path(__file__).parents[3] / "docs" / "serving.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_from_training_to_ten_lines_of_onnxruntime(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in blocks("bash")[0].splitlines():
        if command.startswith("nnctl"):
            subprocess.run([sys.executable, "-m", *shlex.split(command)], check=True, capture_output=True)
    program = blocks("python")[0]
    assert len(program.splitlines()) == 10
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    [shown] = re.findall(r"print\(mpg\)  # \[(.*)\]", program)
    assert float(said.strip(" []\n")) == pytest.approx(float(shown), abs=0.2)
    car = {"cylinders": 4, "displacement": 97, "horsepower": None, "weight": 2130, "acceleration": 14.5}
    [expected] = nnctl.load("runs/cars").predict([car | {"year": 1970, "origin": "Japan"}])
    assert float(said.strip(" []\n")) == pytest.approx(expected, abs=1e-3)


def test_the_servers_files_are_well_formed():
    settings, _ = [json.loads(text) for text in blocks("json")]
    module, name = settings["implementation"].split(".")
    [program] = [text for text in blocks("python") if f"class {name}" in text]
    assert f"`{module}.py` passes" in TEXT
    for text in (program, blocks("python")[2]):
        compile(text, "docs/serving.md", "exec")
