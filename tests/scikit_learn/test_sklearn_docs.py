"""The program of docs/sklearn.md runs, and prints what its comments say."""

import re
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="nnctl.sklearn needs scikit-learn")

TEXT = (Path(__file__).parents[2] / "docs" / "sklearn.md").read_text(encoding="utf-8")


def test_the_example(capsys):
    [program] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(program, "docs/sklearn.md", "exec"), {"__name__": "program"})
    score, predicted, accuracy = capsys.readouterr().out.splitlines()
    assert float(score) > 0.95 and predicted == "[0 0 0]" and float(accuracy) > 0.9
