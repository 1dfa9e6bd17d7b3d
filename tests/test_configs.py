"""Every ready config trains to the figure its comment states."""

import re
from pathlib import Path

import pytest

from nnctl import spec
from nnctl.training import runner

CONFIGS = Path(__file__).parents[1] / "configs"
# config: {figure on the test part: what it must reach}; the same figures stand in the file's comment
REACHES = {
    "iris": {"accuracy": 0.93},
    "wine": {"accuracy": 0.94},
    "breast_cancer": {"accuracy": 0.95},
    "diabetes": {"r2_score": 0.40},
    "cars": {"r2_score": 0.80},
    "digits": {"accuracy": 0.96},
    "two_inputs_two_outputs": {"mpg_r2_score": 0.75, "origin_accuracy": 0.75},
}


def test_every_config_is_in_the_table():
    assert {path.stem for path in CONFIGS.glob("*.yaml")} == set(REACHES)


@pytest.mark.parametrize("name", REACHES)
def test_config_reaches_what_it_states(name, tmp_path):
    path = CONFIGS / f"{name}.yaml"
    comment = next(line for line in path.read_text().splitlines() if line.startswith("# Reaches:"))
    stated = {figure: float(value) for figure, value in re.findall(r"test (\w+) >= ([\d.]+)", comment)}
    assert stated == REACHES[name]

    ended = runner.train(spec.load(path), folder=tmp_path / "run")

    assert ended.reason in ("done", "early stopping")
    for figure, least in stated.items():
        assert ended.test[figure] >= least
