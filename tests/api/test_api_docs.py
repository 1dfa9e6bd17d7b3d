"""The programs of docs/api.md run."""

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
SAID = ("'setosa'", "done {'loss'", "['tree']", "70 losses, the last lower than the first")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
[SERVICE] = [block for block in BLOCKS if "fastapi" in block]


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if "fastapi" not in block], ids=["load", "train", "rows", "events"]
)
def test_a_program_runs(block, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "docs/api.md", "exec"), {"__name__": "program"})
    printed = capsys.readouterr().out
    assert any(said in printed for said in SAID)


def test_the_service_answers(tmp_path, monkeypatch):
    fastapi = pytest.importorskip("fastapi", reason="the example needs FastAPI")
    testclient = pytest.importorskip("fastapi.testclient")
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCKS[0], "docs/api.md", "exec"), {"__name__": "program"})
    scope = {"__name__": "program"}
    exec(compile(SERVICE, "docs/api.md", "exec"), scope)
    assert isinstance(scope["app"], fastapi.FastAPI)
    row = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
    assert testclient.TestClient(scope["app"]).post("/predict", json=[row]).json() == ["setosa"]
