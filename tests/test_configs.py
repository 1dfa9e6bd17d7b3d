"""Every ready config reaches the result that its comment states.

The comment is, for example, `# Reaches: test accuracy >= 0.96`. A `; slow` after it marks a run that takes long on a
slow machine, and which only `pytest -m slow` includes. configs/README.md has the measured results.
"""

import operator
import re
from pathlib import Path

import pytest

from nnctl import config
from nnctl.data.catalog.download import find
from nnctl.training import runner

ROOT = Path(__file__).parents[1] / "configs"
CONFIGS = sorted(ROOT.rglob("*.yaml"))
COMPARE = {">=": operator.ge, "<=": operator.le}


def statement(path: Path) -> str:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# Reaches:")]
    assert len(lines) == 1, f"{path.name} needs one line '# Reaches: test METRIC >= NUMBER'"
    return lines[0]


def name(path: Path) -> str:
    """`iris`, or `optimizers/adam`, which `nnctl train` takes from any folder."""
    return path.relative_to(ROOT).with_suffix("").as_posix()


def params():
    for path in CONFIGS:
        slow = re.search(r"; slow\b", statement(path))
        yield pytest.param(path, id=name(path), marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize("path", list(params()))
def test_config_reaches_what_it_states(path, tmp_path):
    for data in ("fashion_mnist", "mnist"):
        if config.load(path).dataset.name == data and find(data) is None:
            pytest.skip(f"{data} is not on this machine")
    stated = re.findall(r"test (\w+) (>=|<=) ([\d.]+)", statement(path))
    assert stated, "the comment states no figure of the test part"

    ended = runner.train(config.load(path), folder=tmp_path / "run")

    assert ended.reason in ("done", "early stopping")
    for figure, sign, bound in stated:
        assert COMPARE[sign](ended.test[figure], float(bound)), (figure, ended.test[figure])


@pytest.mark.parametrize("path", CONFIGS, ids=[name(path) for path in CONFIGS])
def test_config_is_valid_and_found_by_name(path):
    assert config.load(name(path)).resolved == config.load(path).resolved
