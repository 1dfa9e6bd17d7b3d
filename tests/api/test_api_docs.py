"""The programs of docs/api.md run."""

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("block", [block for block in BLOCKS if "fastapi" not in block], ids=["load", "train", "rows"])
def test_a_program_runs(block, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "docs/api.md", "exec"), {"__name__": "program"})
    printed = capsys.readouterr().out
    assert "'setosa'" in printed or "done {'loss'" in printed or printed == "['tree']\n"


def test_the_service_answers(tmp_path, monkeypatch):
    fastapi = pytest.importorskip("fastapi", reason="the example needs FastAPI")
    testclient = pytest.importorskip("fastapi.testclient")
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCKS[0], "docs/api.md", "exec"), {"__name__": "program"})
    scope = {"__name__": "program"}
    exec(compile(BLOCKS[-1], "docs/api.md", "exec"), scope)
    assert isinstance(scope["app"], fastapi.FastAPI)
    row = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
    assert testclient.TestClient(scope["app"]).post("/predict", json=[row]).json() == ["setosa"]
